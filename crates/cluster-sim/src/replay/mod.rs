//! Showing a run again: decisions, and the file that holds all there is to know of a failing run.

mod decision;

pub use decision::Decision;
