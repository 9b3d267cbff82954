//! A disk at one moment.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::content::Content;
use crate::journal::OpenJournals;

/// The files of a disk at one moment, by path, read-only.
///
/// A machine finds it when it boots, and rules read it. Shares its pages with the disk.
///
/// A test makes one to boot a machine without a driver:
///
/// ```
/// use cluster_sim_storage::DiskImage;
///
/// let image = DiskImage::default().with("wal/0", b"abc");
/// assert_eq!(image.read("wal/0"), Some(b"abc".to_vec()));
/// assert_eq!(image.read("/wal/1"), None);
/// assert_eq!(image.list("wal").collect::<Vec<_>>(), ["wal/0"]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct DiskImage {
    files: BTreeMap<String, Content>,
    /// Made by the first journal that is read from it.
    journals: OnceLock<OpenJournals>,
}

impl PartialEq for DiskImage {
    fn eq(&self, other: &Self) -> bool {
        self.files == other.files
    }
}

impl Eq for DiskImage {}

impl DiskImage {
    /// Adds a file.
    #[must_use]
    pub fn with(mut self, path: &str, bytes: &[u8]) -> Self {
        self.insert(path, Content::of(bytes));
        self
    }

    pub(crate) fn insert(&mut self, path: &str, content: Content) {
        self.files.insert(without_root(path).to_owned(), content);
    }

    /// Returns the content of a file; `None` if there is none of that path.
    pub fn file(&self, path: &str) -> Option<&Content> {
        self.files.get(without_root(path))
    }

    /// Returns the bytes of a file; `None` if there is none of that path.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.file(path).map(Content::to_vec)
    }

    /// Lists the paths of the files below a directory, in order; `/` for all.
    pub fn list<'a>(&'a self, directory: &'a str) -> impl Iterator<Item = &'a str> {
        let directory = without_root(directory);
        let below =
            move |path: &&str| directory.is_empty() || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'));
        self.files.keys().map(String::as_str).filter(below)
    }

    /// The directories whose journals were read from it and are open.
    #[doc(hidden)]
    pub fn open_journals(&self) -> &OpenJournals {
        self.journals.get_or_init(OpenJournals::default)
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

fn without_root(path: &str) -> &str {
    path.strip_prefix('/').unwrap_or(path)
}
