//! Directories and names: what node code sees, what is durable, and which changes are not.

use std::collections::{BTreeMap, BTreeSet};

use slab::Slab;

use super::file::File;
use crate::content::Content;
use crate::error::DiskErrorKind;
use crate::image::DiskImage;
use crate::operation::{DirEntry, EntryKind};
use crate::path::DiskPath;

/// The number of a file or directory on its disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Inode(pub(super) usize);

/// The names of a directory.
type Names = BTreeMap<Box<str>, Inode>;

/// A directory in the cache and on the medium.
#[derive(Debug, Clone, Default)]
pub(super) struct Directory {
    pub(super) current: Names,
    pub(super) durable: Names,
}

/// A file or directory, which names stand for.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    File(File),
    Directory(Directory),
}

/// A change of one name that is not durable.
#[derive(Debug, Clone)]
pub(super) struct NameChange {
    pub(super) directory: Inode,
    pub(super) name: Box<str>,
    /// The entry that it stands for from then on; `None` once it is removed.
    pub(super) to: Option<Inode>,
}

/// The files and directories of one disk.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub(super) entries: Slab<Entry>,
    /// Changes of names since the last sync of their directory, in order.
    pub(super) changes: Vec<NameChange>,
    /// The bytes that files have in the cache.
    used: u64,
}

/// The root directory.
pub(super) const ROOT: Inode = Inode(0);

impl Default for Tree {
    fn default() -> Self {
        let mut entries = Slab::new();
        entries.insert(Entry::Directory(Directory::default()));
        Self { entries, changes: Vec::new(), used: 0 }
    }
}

type Result<T> = std::result::Result<T, DiskErrorKind>;

impl Tree {
    pub(super) fn file(&self, inode: Inode) -> Option<&File> {
        match self.entries.get(inode.0) {
            Some(Entry::File(file)) => Some(file),
            _ => None,
        }
    }

    /// Changes a file, and keeps the count of bytes.
    pub(super) fn change<T>(&mut self, inode: Inode, change: impl FnOnce(&mut File) -> T) -> Option<T> {
        let Some(Entry::File(file)) = self.entries.get_mut(inode.0) else { return None };
        let before = file.current.len();
        let result = change(file);
        self.used = self.used - before + file.current.len();
        Some(result)
    }

    /// The bytes that files have in the cache.
    pub(super) fn used(&self) -> u64 {
        self.used
    }

    pub(super) fn directory(&self, inode: Inode) -> Result<&Directory> {
        match self.entries.get(inode.0) {
            Some(Entry::Directory(directory)) => Ok(directory),
            _ => Err(DiskErrorKind::NotADirectory),
        }
    }

    fn directory_mut(&mut self, inode: Inode) -> &mut Directory {
        match self.entries.get_mut(inode.0) {
            Some(Entry::Directory(directory)) => directory,
            _ => unreachable!("a changed name is in a directory"),
        }
    }

    /// Finds what a path stands for.
    pub(super) fn find(&self, path: &DiskPath) -> Result<Inode> {
        path.names().try_fold(ROOT, |at, name| self.directory(at)?.current.get(name).copied().ok_or(DiskErrorKind::NotFound))
    }

    /// Finds the directory of a path, and the last name.
    pub(super) fn parent<'p>(&self, path: &'p DiskPath) -> Result<(Inode, &'p str)> {
        let (directory, name) = path.split_last().ok_or(DiskErrorKind::IsADirectory)?;
        let inode = self.find(&DiskPath::parse(directory)?)?;
        self.directory(inode)?;
        Ok((inode, name))
    }

    pub(super) fn is_directory(&self, inode: Inode) -> bool {
        matches!(self.entries.get(inode.0), Some(Entry::Directory(_)))
    }

    fn set_name(&mut self, directory: Inode, name: &str, to: Option<Inode>) {
        let names = &mut self.directory_mut(directory).current;
        match to {
            Some(inode) => drop(names.insert(name.into(), inode)),
            None => drop(names.remove(name)),
        }
        self.changes.push(NameChange { directory, name: name.into(), to });
    }

    /// Creates a file or directory under a free name.
    pub(super) fn create(&mut self, path: &DiskPath, entry: Entry) -> Result<Inode> {
        let (directory, name) = self.parent(path)?;
        if self.directory(directory)?.current.contains_key(name) {
            return Err(DiskErrorKind::AlreadyExists);
        }
        let inode = Inode(self.entries.insert(entry));
        self.set_name(directory, name, Some(inode));
        Ok(inode)
    }

    /// Removes the name of a file or of an empty directory.
    pub(super) fn remove(&mut self, path: &DiskPath) -> Result<()> {
        let (directory, name) = self.parent(path)?;
        let inode = *self.directory(directory)?.current.get(name).ok_or(DiskErrorKind::NotFound)?;
        if self.directory(inode).is_ok_and(|directory| !directory.current.is_empty()) {
            return Err(DiskErrorKind::DirectoryNotEmpty);
        }
        self.set_name(directory, name, None);
        Ok(())
    }

    /// Gives a file or directory another name. A file of that name is replaced, and an empty directory by a directory.
    pub(super) fn rename(&mut self, from: &DiskPath, to: &DiskPath) -> Result<()> {
        let (directory, name) = self.parent(from)?;
        let inode = *self.directory(directory)?.current.get(name).ok_or(DiskErrorKind::NotFound)?;
        let (new_directory, new_name) = self.parent(to)?;
        let replaced = self.directory(new_directory)?.current.get(new_name).copied();
        if replaced == Some(inode) {
            return Ok(());
        }
        match replaced {
            Some(old) if self.is_directory(old) && !self.is_directory(inode) => return Err(DiskErrorKind::IsADirectory),
            Some(old) if !self.is_directory(old) && self.is_directory(inode) => return Err(DiskErrorKind::NotADirectory),
            Some(old) if self.directory(old).is_ok_and(|old| !old.current.is_empty()) => {
                return Err(DiskErrorKind::DirectoryNotEmpty);
            }
            _ => {}
        }
        if self.is_directory(inode) && to.as_str().strip_prefix(from.as_str()).is_some_and(|rest| rest.starts_with('/')) {
            return Err(DiskErrorKind::InvalidPath);
        }
        self.set_name(new_directory, new_name, Some(inode));
        self.set_name(directory, name, None);
        Ok(())
    }

    /// Lists the names of a directory.
    pub(super) fn list(&self, path: &DiskPath) -> Result<Vec<DirEntry>> {
        let directory = self.directory(self.find(path)?)?;
        let kind = |inode| if self.is_directory(inode) { EntryKind::Directory } else { EntryKind::File };
        let entries = directory.current.iter();
        Ok(entries.map(|(name, inode)| DirEntry { name: name.to_string(), kind: kind(*inode) }).collect())
    }

    /// Makes the names of a directory durable.
    pub(super) fn sync_directory(&mut self, inode: Inode) {
        let (synced, rest) = std::mem::take(&mut self.changes).into_iter().partition(|change| change.directory == inode);
        self.changes = rest;
        self.persist(synced);
    }

    /// Makes changes of names durable, in order.
    pub(super) fn persist(&mut self, changes: Vec<NameChange>) {
        for NameChange { directory, name, to, .. } in changes {
            let Some(Entry::Directory(directory)) = self.entries.get_mut(directory.0) else { continue };
            match to {
                Some(inode) => drop(directory.durable.insert(name, inode)),
                None => drop(directory.durable.remove(&name)),
            }
        }
    }

    /// Drops files and directories that nothing names any more, besides those that are open.
    pub(super) fn collect(&mut self, open: impl IntoIterator<Item = Inode>) {
        let mut named: BTreeSet<Inode> = open.into_iter().chain([ROOT]).collect();
        let mut found: Vec<Inode> = named.iter().copied().collect();
        found.extend(self.changes.iter().filter_map(|change| change.to));
        while let Some(inode) = found.pop() {
            named.insert(inode);
            if let Ok(directory) = self.directory(inode) {
                let inside = directory.current.values().chain(directory.durable.values());
                found.extend(inside.filter(|inode| !named.contains(*inode)));
            }
        }
        self.entries.retain(|inode, _| named.contains(&Inode(inode)));
        self.used = self.entries.iter().map(|(_, entry)| if let Entry::File(file) = entry { file.current.len() } else { 0 }).sum();
    }

    /// The files that `names` and `content` select of each directory and file.
    pub(super) fn image(&self, names: fn(&Directory) -> &Names, content: fn(&File) -> &Content) -> DiskImage {
        let mut image = DiskImage::default();
        let mut left = vec![(String::new(), ROOT)];
        while let Some((path, inode)) = left.pop() {
            match self.entries.get(inode.0) {
                Some(Entry::File(file)) => image.insert(&path, content(file).clone()),
                Some(Entry::Directory(directory)) => {
                    let prefix = if path.is_empty() { path } else { path + "/" };
                    left.extend(names(directory).iter().map(|(name, inode)| (format!("{prefix}{name}"), *inode)));
                }
                None => {}
            }
        }
        image
    }
}
