//! The floor: the workloads by hand, with nothing that an event does not need. No hosts, no links, no faults, no isolation of
//! panics; a queue, a clock, timers that are moved rather than removed, and a chained hash of what happened.
//!
//! [`machines`] is a loop over state machines, [`tasks`] the same nodes as futures on an executor of one page.

pub(crate) mod addressed;
pub(crate) mod calendar;
pub(crate) mod chance;
pub(crate) mod clockwork;
pub(crate) mod executor;
pub(crate) mod machines;
pub(crate) mod run;
pub(crate) mod tasks;
pub(crate) mod wheel;
