//! The one door for people and CI: what `cargo xtask` does, as a library.
//!
//! [`check`] is the test command: a list of [`step::Step`]s, each run in order until one fails. [`mod@bench`] measures, and writes
//! the tables in `docs/benchmarks.md`. [`rows`] reads the names of the tests and writes the table of what they prove. The house rules in
//! `tests/tidy` read source through [`sources`] and [`tokens`] as well, so that both see the same files.
//!
//! Deliberately absent: the rules themselves. They are ordinary tests.

pub mod bench;
pub mod check;
pub mod command;
pub mod digests;
pub mod documents;
pub mod instructions;
pub mod nextest;
pub mod program;
pub mod prose;
pub mod rows;
pub mod size;
pub mod sources;
pub mod speed;
pub mod step;
pub mod tokens;
