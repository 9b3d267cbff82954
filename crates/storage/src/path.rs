//! Paths on a disk.

use std::fmt;
use std::sync::Arc;

use crate::error::DiskErrorKind;

/// The longest name of a file or directory, in bytes; that of most file systems.
pub const MAX_NAME: usize = 255;

/// The longest path, in bytes; that of most systems.
pub const MAX_PATH: usize = 4_096;

/// A path from the root of a disk: names separated by `/`; empty for the root itself.
///
/// A leading `/` is left out, and there is no `.`, no `..` and no empty name, so equal places have equal paths.
///
/// ```
/// use cluster_sim_storage::{DiskErrorKind, DiskPath};
///
/// let path = DiskPath::parse("/wal/00.log").unwrap();
/// assert_eq!(path.to_string(), "wal/00.log");
/// assert_eq!(path.names().collect::<Vec<_>>(), ["wal", "00.log"]);
/// assert_eq!(DiskPath::parse("../secret"), Err(DiskErrorKind::OutsideDisk));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiskPath(Arc<str>);

impl DiskPath {
    /// Reads a path.
    ///
    /// # Errors
    /// [`OutsideDisk`](DiskErrorKind::OutsideDisk) if it has a name `..`, [`InvalidPath`](DiskErrorKind::InvalidPath) if it has an
    /// empty name, a `.` or a zero byte, [`NameTooLong`](DiskErrorKind::NameTooLong) beyond [`MAX_NAME`] or [`MAX_PATH`].
    pub fn parse(text: &str) -> Result<Self, DiskErrorKind> {
        let text = text.strip_prefix('/').unwrap_or(text);
        if text.len() > MAX_PATH {
            return Err(DiskErrorKind::NameTooLong);
        }
        for name in text.split('/').filter(|_| !text.is_empty()) {
            match name {
                ".." => return Err(DiskErrorKind::OutsideDisk),
                "" | "." => return Err(DiskErrorKind::InvalidPath),
                _ if name.contains('\0') => return Err(DiskErrorKind::InvalidPath),
                _ if name.len() > MAX_NAME => return Err(DiskErrorKind::NameTooLong),
                _ => {}
            }
        }
        Ok(Self(text.into()))
    }

    /// Returns the text, without a leading `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Iterates over the names, from the root on; none for the root.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|name| !name.is_empty())
    }

    /// Returns the last name; empty for the root.
    #[cfg(feature = "test-utils")]
    pub(crate) fn last(&self) -> &str {
        self.split_last().map_or("", |(_, name)| name)
    }

    /// Splits off the last name; `None` for the root.
    pub fn split_last(&self) -> Option<(&str, &str)> {
        match self.0.rsplit_once('/') {
            Some(split) => Some(split),
            None if self.0.is_empty() => None,
            None => Some(("", &self.0)),
        }
    }
}

impl fmt::Display for DiskPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_empty() { "/" } else { &self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_outside_the_disk_or_too_long_is_refused() {
        let long = "n".repeat(300);
        let deep = "d/".repeat(MAX_PATH / 2) + "last";
        let refused = |text: &str| DiskPath::parse(text).unwrap_err();
        assert_eq!(["..", "a/../b", "/.."].map(refused), [DiskErrorKind::OutsideDisk; 3]);
        assert_eq!(["a//b", "a/./b", "a/", "a\0"].map(refused), [DiskErrorKind::InvalidPath; 4]);
        assert_eq!([long.as_str(), &deep].map(refused), [DiskErrorKind::NameTooLong; 2]);
        assert!(DiskPath::parse(&"n".repeat(MAX_NAME)).is_ok());
    }

    #[test]
    fn a_path_splits_into_its_directory_and_its_name() {
        let split = |text| DiskPath::parse(text).unwrap().split_last().map(|(dir, name)| format!("{dir}|{name}"));
        assert_eq!(["a/b/c", "a", "/"].map(split), [Some("a/b|c".to_owned()), Some("|a".to_owned()), None]);
    }
}
