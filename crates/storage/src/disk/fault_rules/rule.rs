//! A rule as data, and while it is in force.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cluster_sim_runtime::Address;
use cluster_sim_types::{Ratio, VirtualInstant};

use crate::content::Content;
use crate::disk::namespace::Inode;
use crate::error::DiskErrorKind;
use crate::operation::DiskOpKind;
use crate::path::DiskPath;

/// A fault of a disk while the rule is in force.
///
/// A path selects a file, or all below a directory; the root selects all. A share is the probability for each operation.
#[derive(Debug, Clone, PartialEq)]
pub enum DiskRule {
    /// Operations fail without an effect.
    Fail {
        /// The kinds of operations; empty for all but closes.
        operations: BTreeSet<DiskOpKind>,
        /// The files.
        path: DiskPath,
        /// How many of them.
        share: Ratio,
        /// With which error.
        error: DiskErrorKind,
        /// Whether all selected operations on a path fail once one has.
        sticky: bool,
    },
    /// The disk has that many bytes left.
    Full {
        /// The bytes.
        free: u64,
    },
    /// Syncs fail, and what they did not make durable counts as synced.
    FailSync {
        /// The files.
        path: DiskPath,
        /// How many syncs of what is unsynced.
        share: Ratio,
    },
    /// Syncs succeed and make nothing durable.
    LieAboutSync {
        /// The files.
        path: DiskPath,
    },
    /// Reads answer with flipped bits.
    RotOnRead {
        /// The files.
        path: DiskPath,
        /// How many reads.
        share: Ratio,
        /// The shape of the rot.
        rot: Rot,
    },
    /// Writes land at, and reads come from, another sector.
    Misdirect {
        /// The files, also those where misdirected writes land.
        path: DiskPath,
        /// How many reads and writes.
        share: Ratio,
    },
    /// Writes succeed and leave the old bytes.
    LoseWrites {
        /// The files.
        path: DiskPath,
        /// How many writes.
        share: Ratio,
    },
    /// Reads answer from before the last write.
    ReadStale {
        /// The files.
        path: DiskPath,
        /// How many reads.
        share: Ratio,
    },
    /// Operations take longer.
    Slow {
        /// By what their time is multiplied; at least 1.
        factor: u32,
        /// Time added after that.
        extra: Duration,
    },
    /// Operations wait until the rule ends.
    Stall,
    /// Operations wait in a queue that is served at a rate.
    Limit {
        /// Operations per second.
        operations: Option<u64>,
        /// Bytes read and written per second.
        bytes: Option<u64>,
    },
}

/// The shape of flipped bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rot {
    /// The bits that flip; at most those of the burst.
    pub bits: u32,
    /// The adjacent bytes in which they are; at most a sector.
    pub burst: u32,
}

/// Names a rule that is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleId(pub(in crate::disk) u64);

/// The operations that a rule hit so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleCounts {
    /// Operations that it did its thing to.
    pub fired: u64,
    /// Those whose answer, its time, or bytes of the disk differ for it.
    pub effective: u64,
}

/// A rule in force.
#[derive(Debug)]
pub(in crate::disk) struct Rule {
    pub(in crate::disk) id: RuleId,
    pub(in crate::disk) what: DiskRule,
    /// Tells its choices from those of other rules.
    pub(in crate::disk) address: Address,
    pub(in crate::disk) counts: RuleCounts,
    /// The paths that fail until the end, of a sticky rule.
    pub(in crate::disk) failed: BTreeSet<Box<str>>,
    /// The files before the last write to each, of a rule about stale reads.
    pub(in crate::disk) versions: BTreeMap<Inode, Content>,
    /// When the next operation may pass, of a limit.
    pub(in crate::disk) free_at: VirtualInstant,
    /// The bytes that all files together may have, of a full disk.
    pub(in crate::disk) capacity: u64,
}

impl Rule {
    pub(in crate::disk) fn new(id: RuleId, what: DiskRule, address: Address, now: VirtualInstant) -> Self {
        let (counts, failed, versions) = Default::default();
        Self { id, what, address, counts, failed, versions, free_at: now, capacity: u64::MAX }
    }

    /// Counts an operation that the rule did its thing to.
    pub(in crate::disk) fn fired(&mut self, is_effective: bool) {
        self.counts.fired += 1;
        self.counts.effective += u64::from(is_effective);
    }
}

impl DiskRule {
    /// Names its kind, to address choices by.
    pub(in crate::disk) const fn name(&self) -> &'static str {
        match self {
            Self::Fail { .. } => "fail",
            Self::Full { .. } => "full",
            Self::FailSync { .. } => "fail sync",
            Self::LieAboutSync { .. } => "lie about sync",
            Self::RotOnRead { .. } => "rot on read",
            Self::Misdirect { .. } => "misdirect",
            Self::LoseWrites { .. } => "lose writes",
            Self::ReadStale { .. } => "read stale",
            Self::Slow { .. } => "slow",
            Self::Stall => "stall",
            Self::Limit { .. } => "limit",
        }
    }

    /// The files that it selects; the root for all.
    pub(in crate::disk) fn path(&self) -> &str {
        match self {
            Self::Fail { path, .. }
            | Self::FailSync { path, .. }
            | Self::LieAboutSync { path }
            | Self::RotOnRead { path, .. }
            | Self::Misdirect { path, .. }
            | Self::LoseWrites { path, .. }
            | Self::ReadStale { path, .. } => path.as_str(),
            Self::Full { .. } | Self::Slow { .. } | Self::Stall | Self::Limit { .. } => "",
        }
    }
}

/// Whether a path is `selected`, or below it.
pub(in crate::disk) fn is_below(path: &str, selected: &str) -> bool {
    selected.is_empty() || path.strip_prefix(selected).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
