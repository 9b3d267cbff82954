//! Showing a run again: decisions, and the file that holds all there is to know of a failing run.

mod decision;
mod story;

pub use decision::Decision;
pub use story::Story;
