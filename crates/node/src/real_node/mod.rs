//! A node that runs on tokio, as its [`Node`](crate::Node) sees it. `real` starts such nodes.

mod context;
mod observer;

pub(crate) use context::{HandleError, NodeContext};
pub use observer::Observation;
pub(crate) use observer::Observer;
