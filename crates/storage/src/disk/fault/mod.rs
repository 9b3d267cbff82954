//! Faults of disks: rules begin, act on operations and end; damage is done at once.
//!
//! | file | contents |
//! |---|---|
//! | `control.rs` | rules begin and end |
//! | `execute.rs` | an operation under rules: errors, failed and lying syncs, lost, misdirected and stale bytes |
//! | `serve.rs` | the queue of operations that wait for a stall or a limit |
//! | `damage.rs` | bit rot, damaged files, an older state, an empty disk |
//! | `flip.rs` | flips bits |

mod control;
mod damage;
mod execute;
mod flip;
mod serve;

pub use damage::DiskSnapshot;
