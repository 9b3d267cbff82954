//! The state of a partition, which the entries of its replication log change and nothing else.
//!
//! | file | contents |
//! |---|---|
//! | `command.rs` | [`Command`]: an entry of the log |
//! | `state.rs` | [`PartitionState`]: applies commands; [`Outcome`] |
//! | `producers.rs` | the last batches of producers: a retry has no second effect |
//! | `manifest.rs`, `shipped.rs` | the segments in the object store |
//! | `refusal.rs`, `bounds.rs` | [`Refusal`]: why a command has no effect; the most that a state holds |
//! | `checkpoint.rs` | [`Checkpoint`]: the state on the disk |
//! | `state_hash.rs` | a hash that is kept up with each change |
//!
//! A replica that lost its memory reads its checkpoint and applies the entries after it: that gives the state from before.

mod bounds;
mod checkpoint;
mod command;
mod manifest;
mod producers;
mod refusal;
mod shipped;
mod state;
mod state_hash;

pub use bounds::{
    BATCH_BYTES_MAX, BATCH_RECORDS_MAX, BATCHES_MAX, GROUP_BYTES_MAX, GROUPS_MAX, KEY_BYTES_MAX, MANIFEST_MAX, PRODUCERS_MAX,
    SEGMENT_BYTES_MAX,
};
pub use checkpoint::{Checkpoint, read_checkpoint, write_checkpoint};
pub use command::{Command, UNNUMBERED};
pub use refusal::Refusal;
pub use shipped::Shipped;
pub(crate) use state::check_batch;
pub use state::{Outcome, PartitionState};
