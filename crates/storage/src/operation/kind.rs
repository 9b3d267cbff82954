//! The kinds of operations.

use serde::{Deserialize, Serialize};

/// The kind of a [`DiskOp`](super::DiskOp), to select operations by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DiskOpKind {
    /// [`DiskOp::Open`](super::DiskOp::Open)
    Open,
    /// [`DiskOp::Close`](super::DiskOp::Close)
    Close,
    /// [`DiskOp::Read`](super::DiskOp::Read)
    Read,
    /// [`DiskOp::Write`](super::DiskOp::Write)
    Write,
    /// [`DiskOp::Append`](super::DiskOp::Append)
    Append,
    /// [`DiskOp::SetLen`](super::DiskOp::SetLen)
    SetLen,
    /// [`DiskOp::Sync`](super::DiskOp::Sync)
    Sync,
    /// [`DiskOp::CreateDir`](super::DiskOp::CreateDir)
    CreateDir,
    /// [`DiskOp::Rename`](super::DiskOp::Rename)
    Rename,
    /// [`DiskOp::Remove`](super::DiskOp::Remove)
    Remove,
    /// [`DiskOp::List`](super::DiskOp::List)
    List,
    /// [`DiskOp::Metadata`](super::DiskOp::Metadata)
    Metadata,
    /// [`DiskOp::SyncDir`](super::DiskOp::SyncDir)
    SyncDir,
    /// [`DiskOp::Space`](super::DiskOp::Space)
    Space,
}

impl DiskOpKind {
    /// All kinds, each at the place of its number.
    #[cfg(feature = "test-utils")]
    pub(super) const ALL: [Self; 14] = [
        Self::Open,
        Self::Close,
        Self::Read,
        Self::Write,
        Self::Append,
        Self::SetLen,
        Self::Sync,
        Self::CreateDir,
        Self::Rename,
        Self::Remove,
        Self::List,
        Self::Metadata,
        Self::SyncDir,
        Self::Space,
    ];

    /// Returns the name of the operation, such as `append`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Close => "close",
            Self::Read => "read",
            Self::Write => "write",
            Self::Append => "append",
            Self::SetLen => "set length of",
            Self::Sync => "sync",
            Self::CreateDir => "create directory",
            Self::Rename => "rename",
            Self::Remove => "remove",
            Self::List => "list",
            Self::Metadata => "read metadata of",
            Self::SyncDir => "sync directory",
            Self::Space => "read space of",
        }
    }
}
