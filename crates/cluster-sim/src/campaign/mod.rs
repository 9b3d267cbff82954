//! Driving runs from outside.

mod sweep;
mod twice;
mod watchdog;
mod workers;

pub use sweep::Sweep;
pub use twice::{Twice, TwiceError};
