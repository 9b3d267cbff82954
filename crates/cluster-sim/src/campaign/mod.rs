//! Driving runs from outside.

mod replaying;
mod shrink;
mod sweep;
mod twice;
mod watchdog;
mod workers;

pub use replaying::Replay;
pub use shrink::{ShrinkBounds, ShrinkProgress, Shrunk};
pub use sweep::Sweep;
pub use twice::{Twice, TwiceError};
