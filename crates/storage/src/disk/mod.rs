//! The simulated twin: the disks of all nodes, as one device.
//!
//! | file | contents |
//! |---|---|
//! | `model.rs` | [`DiskModel`]: times and sizes, as data |
//! | `sectors.rs` | sets of sectors of a file |
//! | `file.rs` | a file: what node code reads, what is durable, and which sectors differ |
//! | `namespace.rs` | names as data: those in the cache, durable ones, and changes that are not durable |
//! | `tree.rs` | the tree of files and directories, and operations on it |
//! | `commit.rs` | makes names, and the lengths that go through their journal, durable |
//! | `rules.rs` | [`CrashRules`]: the promises about unsynced writes, as data |
//! | `crash/` | decides what a crash leaves |
//! | `node_disk.rs` | the disk of one node: executes operations |
//! | `open_files.rs` | a table by the numbers of open files |
//! | `in_flight.rs` | operations that were submitted and not answered |
//! | `device.rs` | [`Disks`]: the disks of all nodes, as one device |
//! | `turns.rs` | the order and the addresses of the operations of one life |
//! | `submit.rs` | submits operations, and says when they are answered |
//! | `answer.rs` | executes operations whose time has come, and hands over the answers |
//! | `state.rs` | the state of a disk, for rules |
//! | `seen.rs` | files as they were when a rule read them last |
//! | `life.rs` | the end of a life: what was in flight takes effect, and a crash decides |
//! | `fault_rules/` | the rules in force on a disk, and the operations that wait for them |
//! | `fault/` | faults: rules act on operations, damage is done at once |
//!
//! An operation takes effect when it is answered, at one event. One that a crash interrupts counts as submitted and not synced: it
//! may have taken effect, as any write since the last sync.

mod answer;
mod commit;
mod crash;
mod device;
mod fault;
mod fault_rules;
mod file;
mod in_flight;
mod life;
mod model;
mod namespace;
mod node_disk;
mod open_files;
mod rules;
mod sectors;
mod seen;
mod state;
mod submit;
mod tree;
mod turns;

pub use crash::crash_choice_text;
pub use device::Disks;
pub use fault::DiskSnapshot;
pub use fault_rules::{DiskRule, Rot, RuleCounts, RuleId};
pub use in_flight::{HostDone, OpKey};
pub use model::{CompiledDisk, DiskModel, DiskTimes};
pub use rules::{CrashRules, LengthOrder, NameOrder};
