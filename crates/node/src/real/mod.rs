//! The real twin: nodes that run on tokio, over real sockets.
//!
//! [`RealCluster`] runs groups of nodes in one process, declared as in a scenario. [`RealSetup`] runs the nodes of a cluster that is spread
//! over processes and machines, one by one. Either way a running node is a [`RealNode`], and what happens to it happens by that.

mod cluster;
mod observer;
mod own;
mod running;
mod setup;

pub use cluster::{RealCluster, RealClusterError, RunningCluster};
pub use observer::Shown;
pub(crate) use own::Own;
pub use running::{ReachError, RealNode};
pub use setup::{RealSetup, StartError};
