//! The real twin: nodes on tokio, over real sockets.
//!
//! [`TokioCluster`] runs groups of nodes in one process, declared as in a scenario. [`TokioSetup`] starts single nodes of a
//! cluster that is spread over processes or hosts. Both return [`TokioNode`]s, which control the running nodes.
//!
//! # How a node runs
//!
//! - **Life.** A life is the list of the node's tasks, including those that serve its sockets. It ends when the main function
//!   returns or panics, or when its [`TokioNode`] is stopped or dropped. All tasks are then aborted, so each stops at its next
//!   await, and all handles of the node do nothing from then on. A task's panic is raised again in the code that awaits its
//!   handle, the main function's in the code that awaits [`TokioNode::ended`].
//! - **Random numbers.** They come from a seed, given or chosen by the operating system. `Node::roll` gives the rolls of a
//!   simulation with that seed. `Node::random` counts calls per node rather than per task, so its numbers vary between runs.
//! - **Datagrams.** One UDP socket per node. A packet holds a format number, the sender's id, the name of the port and the
//!   message, in postcard. Sends never wait: packets that the operating system refuses, and those longer than 65,507 bytes, are
//!   lost and counted in [`TokioNode::datagrams`]. A port keeps 256 received messages as bytes and the receiving task decodes
//!   them, so messages need not be `Send`. `Port::recv` takes part in tokio's cooperative budget and sleeps do not, so a deadline
//!   holds under a flood of messages.
//! - **Sessions.** One TCP connection each. After a greeting and one byte of answer both sides write frames: a message, a sign of
//!   life every 3 s, or the close. A connection that ends without a close frame is a reset, because operating systems close the
//!   connections of a crashed program as if it had closed them itself. An end buffers 64 messages to send and 64 received; it
//!   breaks after 15 s without a frame. Dropping an end closes it; if received messages are unread then, or arrive later, the
//!   other side is reset.
//! - **Disks.** A folder of the machine, given by `disks_in`. Operations run on tokio's blocking threads, those on one file in order; a
//!   sync is an fsync. The end of a life closes all files, and drops operations that have not begun.
//!
//! # Trust
//!
//! Nothing is encrypted, and a node is believed to be who it says it is. Put the sockets on a network that only the cluster can
//! reach.
//!
//! # Differences between the twins
//!
//! | subject | simulated | on tokio |
//! |---|---|---|
//! | time | virtual; code takes none | goes on while code runs |
//! | connecting to a node that is down | times out | refused, if the node's host is up |
//! | window of a session | exactly 64 unread messages | 64 at each end, and those in TCP's buffers |
//! | peer of an end that only receives crashes | never noticed: no keepalive is modelled | noticed within 15 s |
//! | peer's host vanishes after this end closed | the end times out | noticed only when TCP gives up |
//! | names of tasks | in reports, and in addresses of random choices | ignored |
//!
//! `tests/conformance` runs its claims, each an `async fn` over a [`Node`](crate::Node), in both twins.

mod cluster;
mod handle;
mod setup;

pub use cluster::{RunningCluster, TokioCluster, TokioClusterError};
pub use handle::{ReachError, TokioNode};
pub use setup::{StartError, TokioSetup};
