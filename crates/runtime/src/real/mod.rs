//! The real twin: clock, tasks and entropy of a node on tokio.
//!
//! Start at [`TokioLife`], one life of such a node. It lists the node's tasks, those that serve its sockets included, and aborts
//! them when it ends.

mod entropy;
mod life;
mod sleep;

pub use entropy::NoEntropy;
pub use life::TokioLife;
pub use sleep::TokioSleep;
