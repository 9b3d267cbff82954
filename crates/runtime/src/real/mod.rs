//! The real twin: the clock, the tasks and the entropy of a node that runs on tokio.
//!
//! Start at [`TokioLife`], one life of such a node: everything it runs hangs on it, and ends with it.

mod entropy;
mod life;
mod sleep;

pub use entropy::NoEntropy;
pub use life::TokioLife;
pub use sleep::TokioSleep;
