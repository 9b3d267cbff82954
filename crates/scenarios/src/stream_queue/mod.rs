//! The stream queue: S01–S12, and all faults at once.
//!
//! | file | content |
//! |---|---|
//! | `system.rs` | the queue in the registry; S01–S12, which are the files `scenarios/s01.json` to `s12.json` |
//! | `general.rs` | the declaration of its scenario files |
//! | `swarm.rs` | all faults that each seed draws |
//! | `queue.rs` | the nodes and the rules of all |
//! | `planted.rs`, `chance.rs` | planted bugs, and the choices of their seeds |

mod chance;
mod general;
pub mod planted;
pub mod queue;
mod swarm;
mod system;

pub use swarm::swarm;
pub use system::{StreamQueueSystem, numbered, numbered_on};
