//! The real twin: nodes that run on tokio, over real sockets.
//!
//! [`TokioCluster`] runs groups of nodes in one process, declared as in a scenario. [`TokioSetup`] runs the nodes of a cluster that is spread
//! over processes and machines, one by one. Either way a running node is a [`TokioNode`], and what happens to it happens by that.

mod cluster;
mod context;
mod observer;
mod running;
mod setup;

pub use cluster::{RunningCluster, TokioCluster, TokioClusterError};
pub(crate) use context::NodeContext;
pub use observer::Observation;
pub use running::{ReachError, TokioNode};
pub use setup::{StartError, TokioSetup};
