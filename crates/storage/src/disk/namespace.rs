//! Names of files and directories as data: those in the cache, durable ones, and changes that are not durable.

use std::collections::BTreeMap;

use crate::path::DiskPath;

/// The number of a file or directory on its disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Inode(pub(super) usize);

/// The root directory.
pub(super) const ROOT: Inode = Inode(0);

/// The names of a directory.
pub(super) type Names = BTreeMap<Box<str>, Inode>;

/// A directory in the cache and on the medium.
#[derive(Debug, Clone, Default)]
pub(super) struct Directory {
    pub(super) current: Names,
    pub(super) durable: Names,
}

/// A change of one name that is not durable.
#[derive(Debug, Clone)]
pub(super) struct NameChange {
    pub(super) directory: Inode,
    /// The path, which ends with the name.
    pub(super) path: DiskPath,
    /// The entry that it stands for from then on; `None` once it is removed.
    pub(super) to: Option<Inode>,
    /// Whether it is the second half of a rename that happens at once.
    pub(super) is_joined: bool,
}

/// A change of a disk's names or of a journaled length that is not durable.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Name(NameChange),
    /// A file got another length, where lengths go through the journal.
    Length {
        inode: Inode,
        length: u64,
        grows: bool,
    },
}

impl Change {
    pub(super) fn is_name(&self) -> bool {
        matches!(self, Self::Name(_))
    }

    /// Whether it is kept if and only if the change before it is.
    pub(super) fn is_joined(&self) -> bool {
        matches!(self, Self::Name(NameChange { is_joined: true, .. }))
    }

    pub(super) fn is_in(&self, directory: Inode) -> bool {
        matches!(self, Self::Name(change) if change.directory == directory)
    }
}
