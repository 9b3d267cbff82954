//! What code that runs on a node is written against.
//!
//! A protocol is a [`Machine`]: it is handed an [`Input`], answers with [`Effects`], and touches neither clock, network nor dice
//! of its own. Nothing in it names the simulator, so that any driver can carry out its effects. The simulated one is here, with
//! feature `test-utils`; one over real sockets is not here yet.
//!
//! An `async fn` is handed a [`Node`], which has two twins: with feature `test-utils` it runs in a simulation, with feature `tokio` on
//! tokio and over real sockets. Start there at `TokioCluster` or `TokioSetup`.
//!
//! Deliberately absent: the simulator. A crate of machines depends on this one and never on `cluster-sim`.

#[cfg(feature = "test-utils")]
mod async_host;
mod channel;
mod effects;
mod machine;
#[cfg(feature = "test-utils")]
mod machine_host;
mod node;
mod node_info;
#[cfg(feature = "tokio")]
mod real;
mod select;

#[cfg(feature = "test-utils")]
pub use async_host::{AsyncHost, Main, MainFactory};
pub use channel::{OneshotReceiver, OneshotSender, Receiver, SendError, Sender, TrySendError, channel, oneshot};
pub use cluster_sim_runtime::{Entropy, Roll};
#[cfg(feature = "tokio")]
pub use cluster_sim_transport::{AddressBook, BindError, DatagramCounts, TokioSockets};
pub use cluster_sim_transport::{ConnectError, Label, Message, Received, ResetReason, SessionReset, SessionSendError};
pub use cluster_sim_types::{Fact, Incarnation, LocalInstant, NodeId, Ratio, Region, Shard, WallTime};
pub use effects::{Effect, Effects, Timer};
pub use machine::{Input, Machine};
#[cfg(feature = "test-utils")]
pub use machine_host::{MachineFactory, MachineHost};
pub use node::{Elapsed, Interval, JoinError, JoinHandle, Listener, Node, Port, Recv, Session, Sleep, yield_now};
pub use node_info::NodeInfo;
#[cfg(feature = "tokio")]
pub use real::{Observation, ReachError, RunningCluster, StartError, TokioCluster, TokioClusterError, TokioNode, TokioSetup};
#[doc(hidden)]
pub use select::{select_parts, select_start};
