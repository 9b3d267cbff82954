//! Deterministic simulation testing for distributed systems.
//!
//! Runs a whole cluster in one thread on virtual time, injects faults, and checks invariants after every step. A [`Scenario`]
//! declares nodes, links, invariants and faults; a [`Seed`] decides everything else. Equal scenario, seed and code give an equal
//! run on every machine, so every failure can be repeated, minimized and kept as a regression test.
//!
//! Nodes are state machines without IO ([`Machine`]) or async functions ([`Node`]). With feature `tokio` the same async functions
//! run in production, over real sockets.
//!
//! # Where to start
//!
//! | to | see |
//! |---|---|
//! | write node code | [`Machine`], [`Node`] |
//! | describe a cluster | [`Scenario`]; [`SimulatedCluster`] for regions and shards |
//! | inject faults | [`Fault`], [`FaultPlan`], [`FaultProfile`]; from a test [`Sim::partition`], [`Sim::crash`] and others |
//! | check invariants | [`Scenario::always`], [`Scenario::eventually`], [`Scenario::observe`] |
//! | run many seeds | [`sweep`](Explore::sweep); [`campaign`](Explore::campaign) for worker processes or several failures |
//! | write a test | `#[cluster_sim::test]` |
//! | check determinism | [`check_determinism`](Explore::check_determinism), [`check_determinism_in_process`](Explore::check_determinism_in_process) |
//! | minimize a failure | [`shrink`](Explore::shrink) |
//! | keep and replay a failure | [`Reproducer`](explore::Reproducer), [`replay`](Explore::replay), [`check_regression`](Explore::check_regression) |
//! | find out what a run's time goes to | [`profile`](Explore::profile), [`Campaign::with_profile`](explore::Campaign::with_profile) |
//! | measure coverage | [`Scenario::sometimes`], [`Scenario::reachable`], [`Campaign::require_coverage`](explore::Campaign::require_coverage) |
//! | read a run | [`Scenario::record`], [`explain`] |
//!
//! The root has what almost every test needs, the [`prelude`] all of that at once. The rest stands in modules:
//!
//! | module | contents |
//! |---|---|
//! | [`node`] | code that runs on a node |
//! | [`net`] | links, cuts, fates and counts of messages |
//! | [`fault`] | faults and plans of them |
//! | [`check`] | rules, verdicts, the world that they inspect |
//! | [`scenario`] | budgets, seeds and errors of scenarios and clusters |
//! | [`report`] | the report of one run |
//! | [`explain`] | a run for a reader |
//! | [`explore`] | many runs |
//! | `tokio` | async nodes over real sockets |
//!
//! # Example
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
//!         effects.set_timer(Timer(0), Duration::from_secs(1));
//!     }
//!     fn view(&self) -> &u64 {
//!         &self.0
//!     }
//! }
//!
//! Scenario::new("counting")
//!     .machines("counter", 2, |_: &Boot| Counter(0))
//!     .always("no node counts past ten", |world| world.views::<u64>().all(|(_, count)| *count <= 10))
//!     .duration(Duration::from_secs(5))
//!     .run(Seed(7))
//!     .assert_ok();
//! ```
//!
//! Async nodes, connected by a session ([`Node::connect`], [`Node::listen`]), which delivers every message in order over a link
//! that loses a third of them:
//!
//! ```
//! use cluster_sim::prelude::*;
//!
//! async fn server(node: Node) {
//!     let listener = node.listen::<u64>("double");
//!     loop {
//!         let session = listener.accept().await;
//!         while let Ok(Some(number)) = session.recv().await {
//!             session.send(2 * number).await.expect("the client waits for the answer");
//!         }
//!     }
//! }
//!
//! async fn client(node: Node) {
//!     let session = node.connect::<u64>(0, "double").await.expect("n0 is the server");
//!     for number in 0..10 {
//!         session.send(number).await.expect("the server is up");
//!         assert_eq!(session.recv().await, Ok(Some(2 * number)));
//!     }
//! }
//!
//! let link = LinkModel { loss: Ratio::percent(33), ..LinkModel::default() };
//! let report = Scenario::new("doubling").nodes("server", 1, server).clients("client", 1, client).default_links(link).run(Seed(7));
//! report.assert_ok();
//! assert_eq!(report.traffic.sessions.delivered.messages, 20);
//! assert!(report.traffic.sessions.retransmissions > 0);
//! ```
//!
//! # Features
//!
//! Without features this crate has only what node code is written against. None is on by default.
//!
//! - `test-utils`: the simulator, for tests.
//! - `tracing`: `explain::LogLayer`, which stamps the log of simulated nodes with virtual time, node and task.
//! - `object-store`: `Node::object_store`, a client of simulated object stores behind the trait of the crate `object_store`.
//! - `tokio`: async nodes over real sockets; see `TokioCluster` and `TokioSetup`.
//!
//! # Determinism
//!
//! A run reads no environment, clock, thread or file of the machine. Only code that drives runs from outside uses them: sweeps,
//! determinism checks, minimization and artifacts. DETERMINISM.md lists what node code must not do.

pub mod prelude;

pub use cluster_sim_invariants::{Invariant, Verdict, World};
pub use cluster_sim_node::{Boot, Effects, Input, Machine, Message, Node, Timer, select};
pub use cluster_sim_runtime::Seed;
pub use cluster_sim_types::{LocalInstant, NodeId, Ratio, VirtualInstant};

#[cfg(feature = "test-utils")]
pub use cluster_sim_explore::Explore;
#[cfg(feature = "test-utils")]
pub use cluster_sim_macros::test;
#[cfg(feature = "test-utils")]
pub use cluster_sim_simulation::{Fault, FaultPlan, FaultProfile, Outcome, Report, Scenario, Sim, SimulatedCluster};
#[cfg(feature = "test-utils")]
pub use cluster_sim_transport::{LinkModel, NetworkPartition};

/// The API of code that runs on a node: machines, async nodes, ports, sessions, tasks, channels.
pub mod node {
    pub use cluster_sim_node::{
        Boot, Call, ClockReadings, ConnectError, Content, DirEntry, Disk, DiskError, DiskErrorKind, DiskImage, DiskOp, DiskOpKind,
        DiskOutput, DiskPath, DiskResult, Effect, Effects, Elapsed, Entropy, EntropyRng, EntryKind, EntryLog, File, FileId, Hosted,
        Input, Interval, JoinError, JoinHandle, Journal, JournalError, JournalEvent, JournalOptions, JournalReader, JournalRecord,
        Label, Listener, Machine, MachineJournal, MachineLog, Message, Metadata, MissedTickBehavior, Node, NodeInfo,
        OneshotReceiver, OneshotSender, OpenOptions, Port, Protocol, ProtocolEvent, ProtocolIdentity, ProtocolOutbox, Received,
        Receiver, Recovered, Recv, ResetReason, Roll, SendError, Sender, Session, SessionReset, SessionSendError, Sleep, Space,
        SyncEvidence, Timer, TimerQueue, TornTail, TrySendError, channel, failpoint, oneshot, run_protocol, select, timers,
        yield_now,
    };
    pub use cluster_sim_runtime::{Address, Stream};
    pub use cluster_sim_types::{
        CallFact, CoveragePoint, Fact, Incarnation, LocalInstant, NodeId, Rack, Region, Shard, WallTime, Zone,
    };
}

/// Hash maps and sets of node code, which iterate in the order of insertion.
pub mod collections {
    pub use cluster_sim_node::collections::{HashMap, HashSet};
}

/// Links, cuts, and what became of messages.
pub mod net {
    pub use cluster_sim_runtime::Distribution;
    #[cfg(feature = "test-utils")]
    pub use cluster_sim_transport::{
        Fate, FateRecord, INBOX_CAPACITY, Impairment, InvalidLink, LinkModel, LinkOrder, NetworkPartition, StaleDelivery,
    };
    pub use cluster_sim_types::{InvalidRatio, LossCause, LossKind, Ratio, SessionTraffic, Traffic, Volume};
}

/// Faults, plans of them, and profiles from which a seed draws a plan.
#[cfg(feature = "test-utils")]
pub mod fault {
    pub use cluster_sim_simulation::{
        AfterStep, Claim, ClockFault, Clocks, DiskFault, DomainFault, Fault, FaultDomain, FaultKind, FaultPlan, FaultProfile,
        FaultRecord, InvalidProfile, LinkFault, MessageHold, NetworkFault, NodeFault, ObjectRequests, ObjectStoreFault, PlanError,
        ProcessFault, ScheduledFault, Trigger,
    };
    pub use cluster_sim_types::SignedDuration;
}

/// Disks of simulated nodes: their times and sizes, and the effects of a crash on them.
#[cfg(feature = "test-utils")]
pub mod disk {
    pub use cluster_sim_storage::{CrashRules, DiskModel, DiskTimes, LengthOrder, NameOrder};
}

/// Object stores: their models, and the client that node code uses them by.
#[cfg(any(feature = "test-utils", feature = "object-store"))]
pub mod object_store {
    #[cfg(feature = "object-store")]
    pub use cluster_sim_node::{ObjectClientOptions, ObjectRequestError, RequestFailure, RetryPolicy, SimObjectStore};
    #[cfg(feature = "test-utils")]
    pub use cluster_sim_storage::{InvalidObjectStore, ObjectDamage, ObjectStoreModel, ObjectTimes, PrefixModel, Visibility};
    pub use cluster_sim_storage::{ObjectErrorKind, ObjectOpKind};
}

/// Rules over a cluster: invariants, verdicts, and the read-only world that they inspect.
pub mod check {
    /// Histories: the calls and answers of clients, and whether a correct system could have answered so.
    pub use cluster_sim_invariants::history;
    pub use cluster_sim_invariants::{
        DiskView, Evidence, EvidenceTable, IntoVerdict, Invariant, ObjectsView, Observed, Verdict, Violation, World,
    };
    pub use cluster_sim_types::{
        CallFact, CallLogs, CallReader, Change, ClockReading, CoveragePoint, DiskLayer, DiskState, Fact, FileChange, Health,
        LoggedCalls, ObjectState, SeenFiles,
    };
}

/// Scenarios and clusters: their budgets, seeds, and what is wrong with one that cannot run.
#[cfg(feature = "test-utils")]
pub mod scenario {
    pub use cluster_sim_runtime::{Budget, InvalidSeed, Seed, SeedSchedule};
    pub use cluster_sim_simulation::{
        CallError, ClusterBuilder, ClusterError, Domain, NotConverged, RestartPolicy, Scenario, ScenarioError, ScenarioSize, Sim,
        SimulatedCluster,
    };
}

/// The report of one run as data, with all that stands in it.
#[cfg(feature = "test-utils")]
pub mod report {
    pub use cluster_sim_invariants::Violation;
    pub use cluster_sim_runtime::{Digest, Exhausted, Record, RecordKind};
    pub use cluster_sim_simulation::{
        AssumptionExceeded, CheckKind, CheckReport, CheckWork, Difference, DifferingEvent, Divergence, DivergenceKind, FaultLine,
        FaultRecord, Finding, NodeRestart, OtherRun, Outcome, PanicFinding, PanicSite, Report,
    };
    pub use cluster_sim_types::Traffic;
}

/// A run for a reader: recordings, and a page, JSON lines, JUnit, Markdown and node logs of them.
///
/// The documentation of [`cluster_sim_explain`] says which output is for whom.
#[cfg(feature = "test-utils")]
pub mod explain {
    #[cfg(feature = "tracing")]
    pub use cluster_sim_explain::LogLayer;
    pub use cluster_sim_explain::{
        SuiteCase, events_jsonl, history_page, html, junit, junit_of_suite, markdown, node_logs, printable,
    };
    pub use cluster_sim_simulation::{
        Event, EventKind, EventMessage, FailureSummary, Key, LeftOut, NodeView, Recording, Sent, Span, SpanKind, TaskEnd,
    };
}

/// Many runs: sweeps, determinism checks, minimization, replays, coverage.
#[cfg(feature = "test-utils")]
pub mod explore {
    pub use cluster_sim_explore::{
        ArtifactContext, Artifacts, BuildInfo, Campaign, Case, ChildError, ChildExit, Coverage, DeterminismCheck, DeterminismError,
        Explore, FailpointCoverage, Failure, FaultCoverage, InvalidSeedRange, Minimized, Progress, REPRODUCER_FORMAT, Replay,
        Reproducer, ReproducerError, RunProgress, RunningSeed, ScenarioSource, SeedRange, ShrinkBounds, ShrinkProgress, Sweep,
        Trial, shell_quoted,
    };
    pub use cluster_sim_runtime::Choice;
    pub use cluster_sim_simulation::{Decision, Profile, ProfilePart, ProfileSubject};

    /// Called by the expansion of [`test`](crate::test); not part of the API.
    #[doc(hidden)]
    pub use cluster_sim_explore::test_macro;
}

/// Async nodes on tokio, over real sockets.
#[cfg(feature = "tokio")]
pub mod tokio {
    pub use cluster_sim_node::{
        AddressBook, BindError, DatagramCounts, Observation, ReachError, RunningCluster, StartError, TokioCluster,
        TokioClusterError, TokioNode, TokioSetup, TokioSockets,
    };
}

/// Compiles and runs the code of the README.
#[cfg(all(doctest, feature = "test-utils"))]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// Compiles and runs the code about triggers.
#[cfg(all(doctest, feature = "test-utils"))]
#[doc = include_str!("../../../docs/triggers.md")]
struct Triggers;

/// Compiles and runs the code about object stores.
#[cfg(all(doctest, feature = "test-utils", feature = "object-store"))]
#[doc = include_str!("../../../docs/object-store.md")]
struct ObjectStores;

/// Compiles and runs the code of the guide, one type for each page so that a failing test names its page.
#[cfg(all(doctest, feature = "test-utils"))]
mod guide {
    #[doc = include_str!("../../../docs/guide/README.md")]
    struct FrontPage;

    #[doc = include_str!("../../../docs/guide/first-machine.md")]
    struct FirstMachine;

    #[doc = include_str!("../../../docs/guide/first-async-node.md")]
    struct FirstAsyncNode;

    #[doc = include_str!("../../../docs/guide/faults.md")]
    struct Faults;

    #[doc = include_str!("../../../docs/guide/rules.md")]
    struct Rules;

    #[doc = include_str!("../../../docs/guide/failing-seed.md")]
    struct FailingSeed;

    #[doc = include_str!("../../../docs/guide/regions-and-shards.md")]
    struct RegionsAndShards;

    #[doc = include_str!("../../../docs/guide/determinism.md")]
    struct Determinism;

    #[cfg(feature = "tokio")]
    #[doc = include_str!("../../../docs/guide/tokio.md")]
    struct Tokio;

    #[cfg(feature = "tokio")]
    #[doc = include_str!("../../../docs/guide/disks.md")]
    struct Disks;

    #[doc = include_str!("../../../docs/guide/histories.md")]
    struct Histories;

    #[doc = include_str!("../../../docs/guide/recipes.md")]
    struct Recipes;
}
