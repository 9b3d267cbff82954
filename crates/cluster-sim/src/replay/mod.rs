//! Showing a run again: decisions, and the file that holds all there is to know of a failing run.

mod case;
mod decision;
mod error;
mod reproducer;

pub use case::Case;
pub use decision::Decision;
pub use error::ReproducerError;
pub use reproducer::{BuildInfo, REPRODUCER_FORMAT, Reproducer, ScenarioSource};
