//! The state of a disk, as rules read it.

use std::any::Any;
use std::fmt;
use std::ops::Range;

/// One of the two states of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiskLayer {
    /// The state that the node reads: everything written so far.
    Cache,
    /// The state that is left if all that is unsynced is lost.
    Medium,
}

/// A file that is not as it was when it was compared last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Its name in the directory.
    pub name: String,
    /// The bytes before this offset are as they were; `None` if there is no file of that name any more.
    pub kept: Option<u64>,
}

/// The files of a directory as they were when they were compared last; none at first.
///
/// Each kind of disk keeps them in a form of its own.
#[derive(Default)]
pub struct SeenFiles(Option<Box<dyn Any + Send>>);

impl SeenFiles {
    /// Returns the files in the form `T` of a disk; makes an empty one if there are none in that form.
    pub fn of<T: Any + Send + Default>(&mut self) -> &mut T {
        if !self.0.as_ref().is_some_and(|files| files.is::<T>()) {
            self.0 = Some(Box::new(T::default()));
        }
        self.0.as_mut().and_then(|files| files.downcast_mut()).expect("it is of that type")
    }
}

impl fmt::Debug for SeenFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SeenFiles").field("is_empty", &self.0.is_none()).finish()
    }
}

/// A source of the state of one disk: a simulated disk, or a recording of one.
pub trait DiskState {
    /// Lists the paths of the files, in order.
    fn paths(&self, layer: DiskLayer) -> Vec<String>;

    /// Returns the length of a file in bytes; `None` if there is none of that path.
    fn len(&self, layer: DiskLayer, path: &str) -> Option<u64>;

    /// Returns up to `length` bytes of a file, fewer at the end; `None` if there is none of that path.
    fn read(&self, layer: DiskLayer, path: &str, offset: u64, length: usize) -> Option<Vec<u8>>;

    /// Lists the files in a directory that have a wanted name, with their bytes, in order of their names.
    ///
    /// None of them is in a directory below it. Without such a directory there are no files.
    fn files(&self, layer: DiskLayer, directory: &str, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Vec<u8>)>;

    /// Lists the files in a directory that differ from `seen`, and takes them over there.
    ///
    /// They are in order of their names. None of them is in a directory below it. Without such a directory there are no files.
    fn changes(&self, layer: DiskLayer, directory: &str, seen: &mut SeenFiles) -> Vec<FileChange>;

    /// Lists the ranges of bytes of a file in the cache that a crash may change, in order.
    ///
    /// They begin and end at sectors or at the end of the file. `None` if there is no file of that path.
    fn unsynced(&self, path: &str) -> Option<Vec<Range<u64>>>;

    /// Whether the path stands for one file in both layers.
    fn is_name_durable(&self, path: &str) -> bool;
}
