//! The floor: the workloads as plain Rust, with nothing that an event does not need.
//!
//! It has a queue, a clock, timers that are moved instead of removed, and a chained digest of events; no hosts, no links, no faults, no
//! isolation of panics. [`machines`] is a loop over state machines, [`tasks`] has the nodes as futures on an executor of one page.

pub(crate) mod addressed;
pub(crate) mod calendar;
pub(crate) mod chance;
pub(crate) mod clockwork;
pub(crate) mod executor;
pub(crate) mod machines;
pub(crate) mod run;
pub(crate) mod tasks;
pub(crate) mod wheel;
