//! [`FaultKind`]: the kinds of faults that a profile draws.

use serde::{Deserialize, Serialize};

/// Writes the enum and the list of all its variants.
macro_rules! fault_kinds {
    ($($(#[$doc:meta])* $kind:ident,)*) => {
        /// A kind of fault that a [`FaultProfile`](super::FaultProfile) draws.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum FaultKind {
            $($(#[$doc])* $kind,)*
        }

        impl FaultKind {
            /// Every kind.
            pub const ALL: [Self; [$(stringify!($kind)),*].len()] = [$(Self::$kind,)*];
        }
    };
}

fault_kinds! {
    /// Cuts of three shapes: one node from all others, the same one-way, all on two random sides.
    ///
    /// In a scenario with regions also a whole region from all others.
    Cut,
    /// Crashes of a node.
    Crash,
    /// Crashes of a node that restarts within 10 ms, so that answers to the life before meet the next one.
    QuickRestart,
    /// Pauses of a node.
    Pause,
    /// Loss on a class of links, 1 to 100 percent.
    Loss,
    /// Delay of all messages on a class of links, 10 to 640 ms.
    Delay,
    /// Copies on a class of links, of 1 to 100 percent of the messages.
    Duplicate,
    /// Reordering on a class of links, of 1 to 100 percent of the messages.
    Reorder,
    /// Loss or delay on all links of one node, from it or both ways.
    NodeLinks,
    /// Loss or delay on one link, in one direction.
    OneLink,
    /// Resets of all sessions of a node. Drawn only if asked for, since it does nothing in a system without sessions.
    SessionReset,
    /// Steps of a wall clock, and offsets for the length of the fault: 10 ms to 5 minutes, forward or back.
    ///
    /// Drawn only if asked for, as all kinds of clocks: they do nothing to nodes that read no clock.
    ClockStep,
    /// Drift of clocks by 10 ppm to 10 percent, constant or changing.
    ///
    /// Of the wall clock, the monotonic one, or both.
    ClockDrift,
    /// Clocks of a node that are frozen.
    ClockFreeze,
    /// A wall clock that jumps to and fro, by 10 ms to 5 minutes.
    ClockStrobe,
    /// Clocks with a resolution of 10 to 640 ms.
    CoarseClock,
    /// Timers that fire late or put off, by up to 10 to 640 ms.
    LateTimers,
    /// Crashes of a node at a declared failpoint. Drawn only if asked for.
    Failpoint,
    /// Operations of a disk that fail with an error: 1 to 100 percent, half of the time sticky. As all faults of disks, drawn only if asked for.
    DiskError,
    /// A disk that is full after 64 bytes to 64 KiB.
    DiskFull,
    /// Syncs that fail, whose pages are clean afterwards.
    SyncError,
    /// Disks 2 to 128 times as slow, or 10 to 640 ms slower.
    SlowDisk,
    /// Disks that answer nothing for a while.
    DiskStall,
    /// Disks that serve 16 to 2,048 operations per second, or 1 KiB to 1 MiB.
    DiskLimit,
    /// Syncs that succeed and make nothing durable.
    LyingSync,
    /// Flipped bits in 1 to 100 percent of the synced sectors.
    BitRot,
    /// Flipped bits in the answers to 1 to 100 percent of the reads.
    RotOnRead,
    /// Reads from and writes to another sector.
    Misdirect,
    /// Writes that succeed and change nothing.
    LostWrite,
    /// Reads from before the last write.
    StaleRead,
    /// Crashes after which the disk is as it was some time before.
    Rollback,
    /// Crashes after which the disk is empty.
    Reformat,
    /// Requests to stop, with a deadline. As all faults of processes, drawn only if asked for.
    GracefulStop,
    /// Nodes whose steps take 10 us to 20 ms.
    Slow,
    /// Tasks of async nodes that are dropped at an await: at 1 to 100 percent of their polls.
    CancelTasks,
    /// Equal random numbers for the lives of a group that begin meanwhile.
    EqualRandom,
    /// Crashes of a node of one of its next messages.
    PoisonMessage,
    /// Crashes of a node with an operation of its disk in flight.
    CrashInIo,
    /// Crashes of all nodes of a rack, a zone or a region at once, where no bound or claim is against it.
    DomainLoss,
    /// Restarts of all nodes of a group, one after the other.
    RollingRestart,
    /// Crashes of a node at 1 to 100 percent of the operations of its disk, in each of its lives.
    RandomCrashInIo,
    /// Requests to an object store that are refused: 1 to 100 percent.
    ///
    /// As all faults of object stores, drawn only if asked for.
    ObjectError,
    /// Answers of an object store that are lost, of what was done at once, late or twice.
    ObjectLostAnswer,
    /// Object stores 2 to 128 times as slow, or 10 to 640 ms slower.
    SlowObjects,
    /// Requests to an object store that wait for the end of the fault.
    ObjectStall,
    /// Object stores that serve 1 to 128 requests per second.
    ObjectThrottle,
    /// Pages of 1 to 8 entries.
    ObjectPages,
    /// Reads and lists of an object store as it was 80 ms to 5 s before.
    ObjectLag,
    /// Wrong bytes or tags in 1 to 100 percent of the reads.
    ObjectDamage,
    /// Writes to an object store that succeed and change nothing.
    ObjectLostWrite,
    /// Deleted objects that come back 80 ms to 5 s later.
    ObjectResurrect,
    /// 1 to 100 percent of the objects, gone.
    ObjectExpire,
}

impl FaultKind {
    /// The kinds of clock faults.
    pub const OF_CLOCKS: [Self; 6] =
        [Self::ClockStep, Self::ClockDrift, Self::ClockFreeze, Self::ClockStrobe, Self::CoarseClock, Self::LateTimers];

    /// The kinds of faults of processes, and of several nodes as one event.
    pub const OF_PROCESSES: [Self; 9] = [
        Self::GracefulStop,
        Self::Slow,
        Self::CancelTasks,
        Self::EqualRandom,
        Self::PoisonMessage,
        Self::CrashInIo,
        Self::DomainLoss,
        Self::RollingRestart,
        Self::RandomCrashInIo,
    ];

    pub(super) fn is_of_processes(self) -> bool {
        Self::OF_PROCESSES.contains(&self)
    }

    pub(super) fn is_of_clocks(self) -> bool {
        Self::OF_CLOCKS.contains(&self)
    }

    /// The faults of disks that tell: errors, and answers that come late.
    ///
    /// A node that keeps what it promised survives any number of them.
    pub fn disk_honest() -> impl Iterator<Item = Self> {
        [Self::DiskError, Self::DiskFull, Self::SyncError, Self::SlowDisk, Self::DiskStall, Self::DiskLimit].into_iter()
    }

    /// The faults of disks that lose or change what was promised, without an error.
    ///
    /// Beyond the claims of most systems: no node survives these alone, only copies on other nodes and checksums help.
    pub fn disk_dishonest() -> impl Iterator<Item = Self> {
        [
            Self::LyingSync,
            Self::BitRot,
            Self::RotOnRead,
            Self::Misdirect,
            Self::LostWrite,
            Self::StaleRead,
            Self::Rollback,
            Self::Reformat,
        ]
        .into_iter()
    }

    pub(super) fn damages_disks(self) -> bool {
        Self::disk_dishonest().any(|kind| kind == self)
    }

    /// Whether it hits the disk of a node.
    pub(super) fn is_of_disks(self) -> bool {
        Self::disk_honest().chain(Self::disk_dishonest()).any(|kind| kind == self)
    }

    /// The faults of object stores that tell.
    ///
    /// Errors, lost answers, and answers that come late or in shorter pages. A system that repeats what it must, and only that, survives any number of them.
    pub fn object_store() -> impl Iterator<Item = Self> {
        [Self::ObjectError, Self::ObjectLostAnswer, Self::SlowObjects, Self::ObjectStall, Self::ObjectThrottle, Self::ObjectPages]
            .into_iter()
    }

    /// The faults of object stores that break what S3 promises, without an error.
    pub fn object_store_dishonest() -> impl Iterator<Item = Self> {
        [Self::ObjectLag, Self::ObjectDamage, Self::ObjectLostWrite, Self::ObjectResurrect, Self::ObjectExpire].into_iter()
    }

    /// Whether it hits an object store.
    pub(super) fn is_of_object_stores(self) -> bool {
        Self::object_store().chain(Self::object_store_dishonest()).any(|kind| kind == self)
    }

    /// The kinds of the default profile.
    pub(super) fn common() -> impl Iterator<Item = Self> {
        let is_asked_for = |kind: Self| {
            matches!(kind, Self::SessionReset | Self::Failpoint)
                || kind.is_of_clocks()
                || kind.is_of_disks()
                || kind.is_of_processes()
                || kind.is_of_object_stores()
        };
        Self::ALL.into_iter().filter(move |kind| !is_asked_for(*kind))
    }
}
