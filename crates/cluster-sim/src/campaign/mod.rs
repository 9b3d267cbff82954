//! Driving runs from outside.

mod sweep;
mod watchdog;

pub use sweep::Sweep;
