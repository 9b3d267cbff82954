//! The tasks of `cargo xtask`, as a library.
//!
//! [`check`] runs a list of [`step::Step`]s in order until one fails. [`mod@bench`] measures, and writes the tables in `docs/benchmarks.md`.
//! [`rows`] reads the names of the tests and writes a table of the rows that they prove for each [`specification`]. The style rules in `tests/tidy` also read source
//! through [`sources`], [`tokens`] and [`prose`], so that both see the same files.
//!
//! Deliberately absent: the rules themselves. They are ordinary tests.

pub mod bench;
pub mod callgrind;
pub mod check;
pub mod command;
pub mod digests;
pub mod documents;
pub mod environment;
pub mod instructions;
pub mod nextest;
pub mod program;
pub mod prose;
pub mod rows;
pub mod seams;
pub mod size;
pub mod sources;
pub mod specification;
pub mod speed;
pub mod step;
pub mod sweeps;
pub mod systems;
pub mod tokens;
pub mod touched;
