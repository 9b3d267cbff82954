//! The API for code that runs on a node, in a simulation or on tokio.
//!
//! Code for a node is written in one of two styles, which can talk to each other over the same ports:
//!
//! - A [`Machine`] is a pure state machine. A driver passes it one [`Input`] at a time, and it answers with [`Effects`]. It reads
//!   no clock, socket or random source of its own.
//! - An `async fn run(node: Node)` uses its [`Node`] for time, tasks, random numbers, datagram [`Port`]s and [`Session`]s.
//!
//! Neither names the simulator, so the code under test is the code that is deployed. Features choose who drives it:
//!
//! | feature | machines | async nodes |
//! |---|---|---|
//! | `test-utils` | `MachineGroup`, in a simulation | `AsyncGroup`, in a simulation |
//! | `tokio` | no driver yet | `TokioCluster` or `TokioSetup`, over real sockets |
//!
//! With both features on, each `Node` is either simulated or real and behaves as that twin. With neither, this crate and all
//! crates written against it still compile, but no `Node` can be created.
//!
//! # Where to start
//!
//! `machine.rs` and `effects/` are the state machine style. `node/` is the async style: clock, tasks, ports and sessions.
//! `channel/` and [`select!`] serve async code. `real/` starts nodes on tokio and lists where the twins differ.
//!
//! # Deliberately absent
//!
//! The simulator. **Architecture Invariant:** this crate and the reference systems never name `cluster-sim`; a user's own system
//! needs no more than they do. `tests/tidy` checks it.

#[cfg(feature = "test-utils")]
mod async_host;
mod boot;
mod channel;
pub mod collections;
mod effects;
mod machine;
#[cfg(feature = "test-utils")]
mod machine_host;
mod machine_journal;
mod machine_log;
mod node;
mod node_info;
#[cfg(any(feature = "test-utils", feature = "object-store"))]
mod object_store;
mod operations;
mod protocol;
#[cfg(feature = "tokio")]
mod real;
#[cfg(feature = "tokio")]
mod real_node;
mod select;
mod timer;
mod timer_queue;

#[cfg(feature = "test-utils")]
#[doc(hidden)]
pub use async_host::{AsyncGroup, Main, MainFactory};
pub use boot::Boot;
pub use channel::{OneshotReceiver, OneshotSender, Receiver, SendError, Sender, TrySendError, channel, oneshot};
pub use cluster_sim_runtime::{Entropy, EntropyRng, Roll};
pub use cluster_sim_storage::{
    Content, DirEntry, DiskError, DiskErrorKind, DiskImage, DiskOp, DiskOpKind, DiskOutput, DiskPath, DiskResult, EntryKind,
    EntryLog, FileId, JournalEngine, JournalError, JournalEvent, JournalOptions, JournalReader, JournalRecord, Metadata,
    OpenOptions, Recovered, RepeatedChange, Space, SyncEvidence, TornTail,
};
#[cfg(feature = "tokio")]
pub use cluster_sim_transport::{AddressBook, BindError, DatagramCounts, TokioSockets};
pub use cluster_sim_transport::{ConnectError, Label, Message, Received, ResetReason, SessionReset, SessionSendError};
pub use cluster_sim_types::{CallFact, Fact, Incarnation, LocalInstant, NodeId, Rack, Ratio, Region, Shard, WallTime, Zone};
pub use effects::{Effect, Effects};
pub use machine::{Input, Machine};
#[cfg(feature = "test-utils")]
#[doc(hidden)]
pub use machine_host::{MachineFactory, MachineGroup};
pub use machine_journal::MachineJournal;
pub use machine_log::MachineLog;
pub use node::{
    Call, Disk, Elapsed, File, Interval, JoinError, JoinHandle, Journal, Listener, MissedTickBehavior, Node, Port, Recv, Session,
    Sleep, yield_now,
};
pub use node_info::NodeInfo;
#[cfg(feature = "test-utils")]
#[doc(hidden)]
pub use object_store::serve_objects;
#[cfg(feature = "object-store")]
pub use object_store::{ObjectClientOptions, ObjectRequestError, RequestFailure, RetryPolicy, SimObjectStore};

pub use operations::{OperationLog, Operations};
pub use protocol::{ClockReadings, Hosted, Protocol, ProtocolEvent, ProtocolIdentity, ProtocolOutbox, run_protocol};
#[cfg(feature = "tokio")]
pub use real::{ReachError, RunningCluster, StartError, TokioCluster, TokioClusterError, TokioNode, TokioSetup};
#[cfg(feature = "tokio")]
pub use real_node::Observation;
#[doc(hidden)]
pub use select::{select_parts, select_start};
pub use timer::Timer;
pub use timer_queue::TimerQueue;
