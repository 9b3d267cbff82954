//! Faults of disks: errors, lies, rot, misplaced bytes, older states, slow devices.
//!
//! | file | content |
//! |---|---|
//! | `traits.rs` | which node they hit, whether they damage its disk or crash it |
//! | `disk_family.rs` | their names, parts and durations |
//! | `resolve.rs` | names become numbers; what is impossible is refused |
//! | `act.rs` | their effect and their end |
//! | `disk_draws.rs` | those that profiles draw |

mod act;
mod disk_draws;
mod disk_family;
mod resolve;
#[cfg(test)]
mod tests;
mod traits;

use std::collections::BTreeSet;
use std::time::Duration;

use cluster_sim_runtime::nanoseconds;
use cluster_sim_storage::{DiskErrorKind, DiskOpKind};
use cluster_sim_types::Ratio;
use serde::{Deserialize, Serialize};

use super::Fault;

#[cfg(test)]
pub(super) use tests::one_of_each;

/// A fault of a node's disk.
///
/// A path names a file, or a directory for all below it; `/` names all, and is the default. A share is the probability for each
/// operation, and 1 by default. A duration that is absent lasts until the fault phase ends.
///
/// A fault counts as [fired](crate::FaultRecord::fired) the operations that it did its thing to, and as
/// [effect](crate::FaultRecord::effect) those whose answer, its time, or bytes of the disk differ for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum DiskFault {
    /// Operations fail without an effect.
    #[serde(rename = "disk_error")]
    Fail {
        /// The node.
        node: String,
        /// The kinds of operations; empty for all but closes.
        #[serde(default)]
        operations: BTreeSet<DiskOpKind>,
        /// The files.
        #[serde(default = "root")]
        path: String,
        /// How many of these operations.
        #[serde(default = "all")]
        share: Ratio,
        /// `Io`, `StorageFull`, `TooManyOpenFiles` or `NotPermitted`.
        error: DiskErrorKind,
        /// Whether all these operations on a path fail once one has, until the fault ends.
        #[serde(default)]
        sticky: bool,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// The disk takes some more bytes and is full then.
    ///
    /// A write that does not fit leaves its first part.
    #[serde(rename = "disk_full")]
    Full {
        /// The node.
        node: String,
        /// The bytes that it still takes; removed files give theirs back.
        free: u64,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Syncs answer EIO once, and what was unsynced counts as synced from then on.
    ///
    /// The cache holds the new bytes, the medium the old ones: the next sync succeeds and makes nothing of that durable.
    #[serde(rename = "sync_error")]
    FailSync {
        /// The node.
        node: String,
        /// The files and directories.
        #[serde(default = "root")]
        path: String,
        /// How many syncs of what is unsynced.
        #[serde(default = "all")]
        share: Ratio,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Syncs succeed and make nothing durable; a sync after the end does.
    LyingSync {
        /// The node.
        node: String,
        /// The files and directories.
        #[serde(default = "root")]
        path: String,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Bits of synced sectors flip, on the medium and in what the cache holds of them.
    BitRot {
        /// The node.
        node: String,
        /// The files.
        #[serde(default = "root")]
        path: String,
        /// How many sectors of 512 bytes.
        #[serde(default = "all")]
        share: Ratio,
        /// The bits that flip in a sector.
        bits: u32,
        /// The adjacent bytes in which they are, from 1 to 512.
        burst: u32,
    },
    /// Reads answer with flipped bits; the file stays as it is.
    RotOnRead {
        /// The node.
        node: String,
        /// The files.
        #[serde(default = "root")]
        path: String,
        /// How many reads.
        #[serde(default = "all")]
        share: Ratio,
        /// The bits that flip in an answer.
        bits: u32,
        /// The adjacent bytes in which they are, from 1 to 512.
        burst: u32,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Writes land in another sector of these files, and reads come from one.
    Misdirect {
        /// The node.
        node: String,
        /// The files.
        #[serde(default = "root")]
        path: String,
        /// How many reads and writes.
        #[serde(default = "all")]
        share: Ratio,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Writes succeed and leave the bytes that were there; a file that grew has zeros.
    LostWrite {
        /// The node.
        node: String,
        /// The files.
        #[serde(default = "root")]
        path: String,
        /// How many writes.
        #[serde(default = "all")]
        share: Ratio,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Reads answer with the file as it was before the last write to it since the fault began.
    StaleRead {
        /// The node.
        node: String,
        /// The files.
        #[serde(default = "root")]
        path: String,
        /// How many reads.
        #[serde(default = "all")]
        share: Ratio,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// At the end the node crashes, restarts, and finds its disk as it was durable at the beginning.
    Rollback {
        /// The node.
        node: String,
        /// How long the node writes what it will have lost.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// A file is cut off, in the cache and on the medium.
    #[serde(rename = "truncate_file")]
    Truncate {
        /// The node.
        node: String,
        /// The file.
        path: String,
        /// The bytes that are left.
        length: u64,
    },
    /// A file is gone, in the cache and on the medium.
    #[serde(rename = "remove_file")]
    Remove {
        /// The node.
        node: String,
        /// The file.
        path: String,
    },
    /// A file has random bytes at its end, in the cache and on the medium.
    AppendGarbage {
        /// The node.
        node: String,
        /// The file.
        path: String,
        /// How many bytes.
        bytes: u32,
    },
    /// Operations that are submitted take longer; of several such faults the slowest counts.
    #[serde(rename = "slow_disk")]
    Slow {
        /// The node.
        node: String,
        /// By what their time is multiplied; at least 1.
        #[serde(default = "once")]
        factor: u32,
        /// Time added to each.
        #[serde(rename = "extra_ns", with = "nanoseconds", default)]
        extra: Duration,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Operations take effect and are answered once it ends, in their order.
    #[serde(rename = "disk_stall")]
    Stall {
        /// The node.
        node: String,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Operations wait in a queue that is served at a rate; the queue is served at once when it ends.
    #[serde(rename = "disk_limit")]
    Limit {
        /// The node.
        node: String,
        /// The operations per second; absent for any number.
        #[serde(default)]
        operations_per_second: Option<u64>,
        /// The bytes read and written per second; absent for any number.
        #[serde(default)]
        bytes_per_second: Option<u64>,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// The node crashes, and restarts with its name and an empty disk.
    Reformat {
        /// The node.
        node: String,
        /// Time until it restarts; absent for until the fault phase ends.
        #[serde(rename = "down_for_ns", with = "nanoseconds::optional", default)]
        down_for: Option<Duration>,
    },
}

fn root() -> String {
    "/".to_owned()
}

const fn all() -> Ratio {
    Ratio::ONE
}

const fn once() -> u32 {
    1
}

impl DiskFault {
    /// Fails a share of all operations on all files of a node with EIO.
    pub fn fail(node: impl Into<String>, share: Ratio, duration: impl Into<Option<Duration>>) -> Self {
        let (operations, path, error) = (BTreeSet::new(), root(), DiskErrorKind::Io);
        Self::Fail { node: node.into(), operations, path, share, error, sticky: false, duration: duration.into() }
    }

    /// Leaves that many bytes on the disk of a node.
    pub fn full(node: impl Into<String>, free: u64, duration: impl Into<Option<Duration>>) -> Self {
        Self::Full { node: node.into(), free, duration: duration.into() }
    }
}

impl From<DiskFault> for Fault {
    fn from(fault: DiskFault) -> Self {
        Self::Disk(fault)
    }
}
