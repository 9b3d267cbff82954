//! What a person and a machine see of one run.

mod endings;
mod recording;
mod render;
mod stories;
mod verdicts;
