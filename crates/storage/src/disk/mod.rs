//! The simulated twin: the disks of all nodes, as one device.
//!
//! | file | contents |
//! |---|---|
//! | `model.rs` | [`DiskModel`]: times and sizes, as data |
//! | `file.rs` | a file: what node code reads, what is durable, and which sectors differ |
//! | `tree.rs` | directories and names, what of them is durable, and which changes are not |
//! | `crash.rs` | what a crash leaves |
//! | `node_disk.rs` | the disk of one node: executes operations |
//! | `in_flight.rs` | operations that were submitted and not answered |
//! | `device.rs` | [`Disks`]: submits operations, answers them in virtual time, and hears of crashes |
//!
//! An operation takes effect when it is answered, at one event. One that a crash interrupts counts as submitted and not synced: it
//! may have taken effect, as any write since the last sync.

mod crash;
mod device;
mod file;
mod in_flight;
mod model;
mod node_disk;
mod tree;

pub use device::Disks;
pub use in_flight::{HostDone, OpKey};
pub use model::{DiskModel, DiskTimes};
