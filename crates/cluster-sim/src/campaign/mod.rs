//! Driving runs from outside.

mod shrink;
mod sweep;
mod twice;
mod watchdog;
mod workers;

pub use shrink::{ShrinkBounds, ShrinkProgress, Shrunk};
pub use sweep::Sweep;
pub use twice::{Twice, TwiceError};
