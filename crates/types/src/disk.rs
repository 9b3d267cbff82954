//! The state of a disk, as rules read it.

use std::ops::Range;

/// One of the two states of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiskLayer {
    /// The state that the node reads: everything written so far.
    Cache,
    /// The state that is left if all that is unsynced is lost.
    Medium,
}

/// A source of the state of one disk: a simulated disk, or a recording of one.
pub trait DiskState {
    /// Lists the paths of the files, in order.
    fn paths(&self, layer: DiskLayer) -> Vec<String>;

    /// Returns the length of a file in bytes; `None` if there is none of that path.
    fn len(&self, layer: DiskLayer, path: &str) -> Option<u64>;

    /// Returns up to `length` bytes of a file, fewer at the end; `None` if there is none of that path.
    fn read(&self, layer: DiskLayer, path: &str, offset: u64, length: usize) -> Option<Vec<u8>>;

    /// Lists the ranges of bytes of a file in the cache that a crash may change, in order.
    ///
    /// They begin and end at sectors or at the end of the file. `None` if there is no file of that path.
    fn unsynced(&self, path: &str) -> Option<Vec<Range<u64>>>;

    /// Whether the path stands for one file in both layers.
    fn is_name_durable(&self, path: &str) -> bool;
}
