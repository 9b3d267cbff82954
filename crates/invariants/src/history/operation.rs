//! One operation of a client; of the crate of shared types, since a run keeps its calls as operations.

pub use cluster_sim_types::{Completion, Moment, Operation, Process};
