//! The disk of a node as a check sees it.

use std::fmt;
use std::ops::Range;

use cluster_sim_types::{DiskLayer, DiskState, FileChange, SeenFiles};

/// The disk of a node as a check sees it: read-only, after a step, also while the node is down.
///
/// Paths are relative to the root of the disk, with `/` between names. *Current* is the state that the node reads; *durable* the
/// state that is left if all that is unsynced is lost, names included.
///
/// ```
/// use cluster_sim_invariants::World;
/// use cluster_sim_types::NodeId;
///
/// /// Whether a record is safe on the disk of that node.
/// fn is_safe(world: &World<'_>, node: NodeId, offset: u64, record: &[u8]) -> bool {
///     let disk = world.disk(node);
///     disk.and_then(|disk| disk.durable_at("wal/0", offset, record.len())).is_some_and(|bytes| bytes == record)
/// }
/// ```
#[derive(Clone, Copy)]
pub struct DiskView<'a> {
    state: &'a dyn DiskState,
}

impl<'a> DiskView<'a> {
    pub(crate) fn new(state: &'a dyn DiskState) -> Self {
        Self { state }
    }

    /// Returns the bytes of a file as the node reads them; `None` if there is none of that path.
    pub fn current(&self, path: &str) -> Option<Vec<u8>> {
        self.state.read(DiskLayer::Cache, path, 0, usize::MAX)
    }

    /// Returns the durable bytes of a file; `None` if no durable name leads to one.
    pub fn durable(&self, path: &str) -> Option<Vec<u8>> {
        self.state.read(DiskLayer::Medium, path, 0, usize::MAX)
    }

    /// Returns up to `length` bytes from `offset` on as the node reads them, fewer at the end.
    pub fn current_at(&self, path: &str, offset: u64, length: usize) -> Option<Vec<u8>> {
        self.state.read(DiskLayer::Cache, path, offset, length)
    }

    /// Returns up to `length` durable bytes from `offset` on, fewer at the end.
    pub fn durable_at(&self, path: &str, offset: u64, length: usize) -> Option<Vec<u8>> {
        self.state.read(DiskLayer::Medium, path, offset, length)
    }

    /// Returns the length of a file in bytes as the node reads it.
    pub fn current_len(&self, path: &str) -> Option<u64> {
        self.state.len(DiskLayer::Cache, path)
    }

    /// Returns the durable length of a file in bytes.
    pub fn durable_len(&self, path: &str) -> Option<u64> {
        self.state.len(DiskLayer::Medium, path)
    }

    /// Lists the paths of the files that the node finds, in order.
    pub fn paths(&self) -> Vec<String> {
        self.state.paths(DiskLayer::Cache)
    }

    /// Lists the paths of the files whose names are durable, in order.
    pub fn durable_paths(&self) -> Vec<String> {
        self.state.paths(DiskLayer::Medium)
    }

    /// Lists the files whose names are durable, with their durable bytes, in order of their paths.
    ///
    /// Code that reads a disk reads what a crash would leave of it, such as `Recovered::of` the records of a journal.
    pub fn durable_files(self) -> impl Iterator<Item = (String, Vec<u8>)> {
        self.durable_paths().into_iter().filter_map(move |path| self.durable(&path).map(|bytes| (path, bytes)))
    }

    /// Lists the files in a directory that have a wanted name, with their bytes as the node reads them.
    ///
    /// They are in order of their names; none is in a directory below. It is faster than [`paths`](Self::paths), which lists the whole
    /// disk.
    pub fn current_files_in(&self, directory: &str, wanted: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
        self.state.files(DiskLayer::Cache, directory, &wanted)
    }

    /// Lists the durable files in a directory that have a wanted name, with their durable bytes.
    ///
    /// They are in order of their names; none is in a directory below. It is faster than [`durable_files`](Self::durable_files), which
    /// reads the whole disk.
    pub fn durable_files_in(&self, directory: &str, wanted: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
        self.state.files(DiskLayer::Medium, directory, &wanted)
    }

    /// Lists the durable files of a directory that changed since the last call with this `seen`.
    ///
    /// They are in order of their names, and the first call lists all of them. A rule that keeps what it read reads only what is new:
    /// a page that did not change is compared by its address, any other byte by byte. The disk copies a page that it changes after it
    /// was seen.
    ///
    /// ```
    /// use cluster_sim_invariants::{DiskView, SeenFiles};
    ///
    /// /// Returns the records that became durable since the last call, of one byte each, in a log that is only appended to.
    /// fn appended(disk: &DiskView<'_>, seen: &mut SeenFiles) -> Vec<u8> {
    ///     let changes = disk.durable_changes("wal", seen);
    ///     let changed = changes.iter().filter_map(|change| disk.durable_at(&format!("wal/{}", change.name), change.kept?, usize::MAX));
    ///     changed.flatten().collect()
    /// }
    /// ```
    pub fn durable_changes(&self, directory: &str, seen: &mut SeenFiles) -> Vec<FileChange> {
        self.state.changes(DiskLayer::Medium, directory, seen)
    }

    /// Lists the ranges of bytes of a file that a crash may change, by whole sectors, in order.
    ///
    /// Empty for a file without unsynced data, and where there is none of that path.
    pub fn unsynced(&self, path: &str) -> Vec<Range<u64>> {
        self.state.unsynced(path).unwrap_or_default()
    }

    /// Whether no crash can take the name from the file, or give it another one.
    pub fn is_name_durable(&self, path: &str) -> bool {
        self.state.is_name_durable(path)
    }
}

impl fmt::Debug for DiskView<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DiskView").field("paths", &self.paths()).finish()
    }
}
