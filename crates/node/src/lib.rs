//! What code that runs on a node is written against.
//!
//! A protocol is a [`Machine`]: it is handed an [`Input`], answers with [`Effects`], and touches neither clock, network nor dice
//! of its own. Nothing in it names the simulator, so that any driver can carry out its effects. The simulated one is here, with
//! feature `test-utils`; one over real sockets is not here yet.
//!
//! An `async fn` is handed a [`Node`], which has two twins: with feature `test-utils` it runs in a simulation, with feature `tokio` on
//! tokio and over real sockets. Start there at `RealCluster` or `RealSetup`.
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
#[cfg(feature = "tokio")]
mod real;
mod seat;
mod select;

#[cfg(feature = "test-utils")]
pub use async_host::{AsyncHost, Main, MainFactory};
pub use channel::{Closed, OneshotReceiver, OneshotSender, Receiver, Sender, TrySendError, channel, oneshot};
pub use cluster_sim_runtime::{Entropy, Roll};
#[cfg(feature = "tokio")]
pub use cluster_sim_transport::{AddressBook, BindError, DatagramCounts, TokioSockets};
pub use cluster_sim_transport::{ConnectError, Label, Message, Received, ResetReason, SessionReset, SessionSendError};
pub use cluster_sim_types::{Fact, Incarnation, LocalInstant, NodeId, Ratio, Region, Shard, WallTime};
pub use effects::{Effect, Effects, Timer};
pub use machine::{Input, Machine};
#[cfg(feature = "test-utils")]
pub use machine_host::{MachineFactory, MachineHost};
pub use node::{Aborted, Elapsed, Interval, JoinHandle, Listener, Node, Port, Receive, Session, Sleep, yield_now};
#[cfg(feature = "tokio")]
pub use real::{ReachError, RealCluster, RealClusterError, RealNode, RealSetup, RunningCluster, Shown, StartError};
pub use seat::Seat;
#[doc(hidden)]
pub use select::{select_parts, select_start};
