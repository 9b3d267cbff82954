//! What code that runs on a node is written against.
//!
//! A protocol is a [`Machine`]: it is handed an [`Input`], answers with [`Effects`], and touches neither clock, network nor dice
//! of its own. Nothing in it names the simulator, so that any driver can carry out its effects. The simulated one is here, with
//! feature `test-utils`; one over real sockets is not here yet.
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
mod seat;
mod select;

#[cfg(feature = "test-utils")]
pub use async_host::{AsyncHost, Main, MainFactory};
pub use channel::{Closed, OneshotReceiver, OneshotSender, Receiver, Sender, TrySendError, channel, oneshot};
pub use cluster_sim_runtime::{Entropy, Roll};
pub use cluster_sim_transport::{Label, Message, Received, ResetReason};
pub use cluster_sim_vocabulary::{Fact, Incarnation, LocalInstant, NodeId, Ratio, Region, Shard, WallTime};
pub use effects::{Effect, Effects, Timer};
pub use machine::{Input, Machine};
#[cfg(feature = "test-utils")]
pub use machine_host::{MachineFactory, MachineHost};
pub use node::{Aborted, Elapsed, Interval, JoinHandle, Node, Port, Receive, Sleep, yield_now};
pub use seat::Seat;
#[doc(hidden)]
pub use select::{select_parts, select_start};
