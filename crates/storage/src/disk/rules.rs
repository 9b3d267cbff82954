//! The promises of a file system and its device about unsynced writes, as data.

use serde::{Deserialize, Serialize};

/// How changes of names reach the medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameOrder {
    /// Each change by itself, in any order; a sync of a directory is about that directory alone.
    ///
    /// A rename of a file is two changes: the new name appears, the old one goes. A directory always moves at once.
    #[default]
    Independent,
    /// Through a journal: in order, a rename at once, and each sync makes all earlier changes durable.
    Journaled,
}

/// How the length of a file reaches the medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LengthOrder {
    /// Apart from its data.
    ///
    /// A file may have the new length without the bytes, or the bytes and the old length.
    #[default]
    Apart,
    /// Through the journal of names, after the data that it covers.
    ///
    /// Without [`NameOrder::Journaled`] as `AfterData`.
    Journaled,
    /// After the data that it covers, and apart from names.
    ///
    /// A new file whose name is durable may be empty.
    AfterData,
}

/// The effects that a crash may have on what was not synced.
///
/// Whatever the rules, synced data of synced names stays, and each unsynced sector is decided by itself: writes reorder freely
/// between two syncs.
///
/// | | names | length | torn sectors | garbage |
/// |---|---|---|---|---|
/// | [`strict_posix`](Self::strict_posix) | independent | apart | yes | yes |
/// | [`ext4_ordered`](Self::ext4_ordered) | journaled | journaled | no | no |
/// | [`xfs_like`](Self::xfs_like) | journaled | after data | no | no |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct CrashRules {
    /// How changes of names reach the medium.
    pub names: NameOrder,
    /// How lengths reach it.
    pub lengths: LengthOrder,
    /// Whether a part of a sector may be written: the first bytes, the last ones, or some.
    pub torn_sectors: bool,
    /// Whether a sector that was being written may have bytes that no node wrote.
    pub garbage: bool,
    /// Whether garbage stays within the bytes that were written since the last sync.
    ///
    /// SQLite's "powersafe overwrite". Without it a log loses synced records of the sector that it appends to.
    pub powersafe_overwrite: bool,
}

impl Default for CrashRules {
    /// [`strict_posix`](Self::strict_posix).
    fn default() -> Self {
        Self::strict_posix()
    }
}

impl CrashRules {
    /// Allows all that POSIX does not forbid: code that survives it survives any file system.
    ///
    /// The one promise besides synced data: a name that a rename replaced has the old file or the new one.
    pub const fn strict_posix() -> Self {
        Self {
            names: NameOrder::Independent,
            lengths: LengthOrder::Apart,
            torn_sectors: true,
            garbage: true,
            powersafe_overwrite: true,
        }
    }

    /// ext4 as mounted with `data=ordered,nodelalloc`, on a device that writes sectors whole.
    ///
    /// Names and lengths go through one journal in order, data of a grown file before its length; overwritten data is old or new
    /// by sector. With delayed allocation, the default of ext4, lengths are as in [`xfs_like`](Self::xfs_like).
    pub const fn ext4_ordered() -> Self {
        Self {
            names: NameOrder::Journaled,
            lengths: LengthOrder::Journaled,
            torn_sectors: false,
            garbage: false,
            powersafe_overwrite: true,
        }
    }

    /// A journal of names with delayed allocation, as XFS has it, on a device that writes sectors whole.
    ///
    /// The length follows the data: a file that was renamed over another without a sync may be empty. Holes are
    /// zeros.
    pub const fn xfs_like() -> Self {
        Self { lengths: LengthOrder::AfterData, ..Self::ext4_ordered() }
    }

    /// Whether lengths are changes of the journal.
    pub(super) fn journals_lengths(self) -> bool {
        self.names == NameOrder::Journaled && self.lengths == LengthOrder::Journaled
    }

    pub(super) fn journals_names(self) -> bool {
        self.names == NameOrder::Journaled
    }
}
