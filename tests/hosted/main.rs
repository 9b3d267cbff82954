//! Protocols of other authors, hosted as their users would host them.
//!
//! Each has a folder: a user writes `glue.rs` to run the crate in a simulation, and `rules.rs` to say when it works.

mod foca;
mod raft;
