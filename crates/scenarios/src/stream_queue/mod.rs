//! The stream queue: S01–S12, and all faults at once.
//!
//! | file | scenarios |
//! |---|---|
//! | `single_node.rs` | S01–S04 |
//! | `multi_node.rs` | S05–S08 |
//! | `failures.rs` | S09–S12, each on one broker and on three where that makes sense |
//! | `swarm.rs` | all faults that each seed draws |
//! | `queue.rs` | the nodes and the rules of all |
//! | `general.rs` | scenario files |
//! | `planted.rs`, `system.rs` | planted bugs; the queue in the registry |

mod chance;
mod failures;
mod general;
mod multi_node;
pub mod planted;
pub mod queue;
mod single_node;
mod swarm;
mod system;

pub use failures::{s09_group_offsets, s10_burst, s11_slow_consumer, s12_long_absence};
pub use multi_node::{s05_replication, s06_one_crashes, s07_partition, s08_store_outage};
pub use single_node::{s01_baseline, s02_concurrent_producers, s03_disk_full, s04_crash_and_restart};
pub use swarm::swarm;
pub use system::StreamQueueSystem;
