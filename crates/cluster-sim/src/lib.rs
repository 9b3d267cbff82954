//! Runs a whole distributed system in one thread on virtual time, breaks it, and says what did not hold.
//!
//! A [`Scenario`] says what runs, what must hold and what goes wrong; a [`Seed`] decides everything else. One run of it is a [`Sim`], a
//! whole cluster in one thread on virtual time; what it showed is a [`Report`].
//!
//! | to | start at |
//! |---|---|
//! | write node code | [`Node`] for an `async fn`, [`Machine`] for a protocol without IO |
//! | describe a cluster | [`Scenario`], or [`SimulatedCluster`] for regions and shards |
//! | break it | [`Fault`], [`FaultPlan`], [`FaultProfile`], or [`Sim::partition`] and its kin by hand |
//! | say what must hold | [`Scenario::always`], [`Scenario::eventually`], [`Scenario::observe`] |
//! | run many seeds | [`Scenario::sweep`], or [`Scenario::campaign`] in processes, or for several failures |
//! | make a test of it | the attribute `#[cluster_sim::test]` |
//! | see whether it is deterministic | [`Scenario::check_determinism`], [`Scenario::check_determinism_in_process`] |
//! | find the smallest case of a failure | [`Scenario::shrink`] |
//! | keep it in a file and show it again | [`Reproducer`], [`Scenario::replay`], [`Scenario::check_regression`] |
//! | know what a sweep went through | [`Scenario::sometimes`], [`Scenario::reachable`], [`Campaign::require_coverage`] |
//! | see what happened in one of them | [`Scenario::record`], and [`explain`] for a page, a pull request, a pipeline |
//!
//! Without feature `test-utils` only the seams are here: what node code is written against. With feature `tokio` async nodes run in
//! production too, over real sockets: start at `TokioCluster` or `TokioSetup`.
//!
//! Deliberately absent: the environment, the machine's clock, threads and files. What a run needs is in its scenario and its seed. Only what
//! drives runs from outside, a sweep, the comparison of two runs, the search for a smaller case, uses threads, processes,
//! real time, and files for what is kept of a failure.
//!
//! ```
//! use std::time::Duration;
//! use cluster_sim::prelude::*;
//!
//! struct Counter(u64);
//!
//! impl Machine for Counter {
//!     type Message = ();
//!     type View = u64;
//!     fn step(&mut self, _: LocalInstant, _: Input<()>, effects: &mut Effects<()>) {
//!         self.0 += 1;
//!         effects.arm(Timer(0), Duration::from_secs(1));
//!     }
//!     fn view(&self) -> &u64 {
//!         &self.0
//!     }
//! }
//!
//! Scenario::new("counting")
//!     .machines("counter", 2, |_: &NodeInfo| Counter(0))
//!     .always("nobody counts past ten", |world| world.views::<u64>().all(|(_, count)| *count <= 10))
//!     .lasting(Duration::from_secs(5))
//!     .run(Seed(7))
//!     .assert_ok();
//! ```
//!
//! The same door for async nodes; here they speak in a session ([`Node::connect`], [`Node::listen`]), which carries every message across a
//! link that loses a third of them:
//!
//! ```
//! use cluster_sim::prelude::*;
//!
//! async fn server(node: Node) {
//!     let listener = node.listen::<u64>("double");
//!     loop {
//!         let session = listener.accept().await;
//!         while let Ok(Some(number)) = session.receive().await {
//!             session.send(2 * number).await.expect("the client waits for the answer");
//!         }
//!     }
//! }
//!
//! async fn client(node: Node) {
//!     let session = node.connect::<u64>(0, "double").await.expect("n0 is the server");
//!     for number in 0..10 {
//!         session.send(number).await.expect("the server is there");
//!         assert_eq!(session.receive().await, Ok(Some(2 * number)));
//!     }
//! }
//!
//! let link = LinkModel { loss: Ratio::new(0.33).unwrap(), ..LinkModel::default() };
//! let report = Scenario::new("doubling").nodes("server", 1, server).clients("client", 1, client).default_links(link).run(Seed(7));
//! report.assert_ok();
//! assert_eq!(report.traffic.sessions.delivered.messages, 20);
//! assert!(report.traffic.sessions.retransmissions > 0);
//! ```

#[cfg(feature = "test-utils")]
mod campaign;
#[cfg(feature = "test-utils")]
mod cluster;
#[cfg(feature = "test-utils")]
mod event;
#[cfg(feature = "test-utils")]
pub mod explain;
#[cfg(feature = "test-utils")]
mod fault;
#[cfg(feature = "test-utils")]
mod replay;
#[cfg(feature = "test-utils")]
mod report;
#[cfg(feature = "test-utils")]
mod scenario;
#[cfg(feature = "test-utils")]
mod sim;

pub mod prelude;

pub use cluster_sim_invariants::{Evidence, IntoVerdict, Invariant, Observed, Verdict, Violation, World};
pub use cluster_sim_node::{
    ConnectError, Effect, Effects, Elapsed, Input, Interval, JoinError, JoinHandle, Label, Listener, Machine, Message, Node,
    NodeInfo, OneshotReceiver, OneshotSender, Port, Received, Receiver, Recv, ResetReason, SendError, Sender, Session,
    SessionReset, SessionSendError, Sleep, Timer, TrySendError, channel, oneshot, select, yield_now,
};
pub use cluster_sim_runtime::{Address, Distribution, Entropy, InvalidSeed, Roll, Seed, SeedSchedule, Stream};
pub use cluster_sim_types::{
    Change, CoveragePoint, Fact, Health, Incarnation, InvalidRatio, LocalInstant, LossCause, LossKind, NodeId, Ratio, Region,
    SessionTraffic, Shard, Traffic, VirtualInstant, Volume, WallTime,
};

/// What the attribute [`test`] expands to; not for use by hand.
#[cfg(feature = "test-utils")]
#[doc(hidden)]
pub use campaign::test_macro;
#[cfg(feature = "test-utils")]
pub use campaign::{
    ArtifactContext, Artifacts, Campaign, Coverage, DeterminismCheck, DeterminismError, Failure, FaultCoverage, InvalidSeedRange,
    Minimized, Progress, Replay, SeedRange, ShrinkBounds, ShrinkProgress, Sweep,
};
#[cfg(feature = "test-utils")]
pub use cluster::{ClusterBuilder, ClusterError, NotConverged, SimulatedCluster};
#[cfg(feature = "test-utils")]
pub use cluster_sim_macros::test;
#[cfg(feature = "tokio")]
pub use cluster_sim_node::{
    AddressBook, BindError, DatagramCounts, Observation, ReachError, RunningCluster, StartError, TokioCluster, TokioClusterError,
    TokioNode, TokioSetup, TokioSockets,
};
#[cfg(feature = "test-utils")]
pub use cluster_sim_runtime::{Budget, Choice, Digest, Exhausted, Record, RecordKind, TaskName, WaitingTask};
#[cfg(feature = "test-utils")]
pub use cluster_sim_transport::{
    Fate, FateRecord, INBOX_CAPACITY, InvalidLink, LinkModel, LinkOrder, NetworkPartition, StaleDelivery,
};
#[cfg(feature = "test-utils")]
pub use fault::{Fault, FaultPlan, FaultProfile, PlanError, ScheduledFault};
#[cfg(feature = "test-utils")]
pub use replay::{BuildInfo, Case, Decision, REPRODUCER_FORMAT, Reproducer, ReproducerError, ScenarioSource};
#[cfg(feature = "test-utils")]
pub use report::{
    CheckKind, CheckReport, Difference, DifferingEvent, Divergence, DivergenceKind, FaultRecord, Finding, OtherRun, Outcome,
    PanicFinding, PanicSite, Report,
};
#[cfg(feature = "test-utils")]
pub use scenario::{Scenario, ScenarioError};
#[cfg(feature = "test-utils")]
pub use sim::{CallError, Sim};

/// The code in the README, compiled and run by doc tests.
#[cfg(all(doctest, feature = "test-utils"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
