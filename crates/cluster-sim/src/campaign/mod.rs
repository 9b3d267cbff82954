//! Driving runs from outside.

mod sweep;

pub use sweep::Sweep;
