//! The tree of files and directories, and operations on it.

use std::collections::BTreeSet;

use slab::Slab;

use super::file::File;
use super::namespace::{Change, Directory, Inode, NameChange, Names, ROOT};
use super::rules::CrashRules;
use crate::content::Content;
use crate::error::DiskErrorKind;
use crate::image::DiskImage;
use crate::operation::{DirEntry, EntryKind};
use crate::path::DiskPath;

/// A file or directory, which names stand for.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    File(File),
    Directory(Directory),
}

/// The files and directories of one disk.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub(super) entries: Slab<Entry>,
    /// Changes that no sync has made durable, in order.
    pub(super) changes: Vec<Change>,
    pub(super) rules: CrashRules,
    /// The bytes that files have in the cache.
    used: u64,
}

type Result<T> = std::result::Result<T, DiskErrorKind>;

impl Tree {
    /// Creates a disk with an empty root directory.
    pub(super) fn new(rules: CrashRules) -> Self {
        let mut entries = Slab::new();
        entries.insert(Entry::Directory(Directory::default()));
        Self { entries, changes: Vec::new(), rules, used: 0 }
    }

    /// Returns its names with files of equal lengths that hold zeros, which no operation can tell by its error.
    pub(super) fn without_bytes(&self) -> Self {
        let mut tree = Self { entries: Slab::new(), changes: Vec::new(), rules: self.rules, used: self.used };
        let emptied = |entry: &Entry| match entry {
            Entry::File(file) => Entry::File(File::of_zeros(file.current.len())),
            Entry::Directory(directory) => Entry::Directory(directory.clone()),
        };
        tree.entries = self.entries.iter().map(|(inode, entry)| (inode, emptied(entry))).collect();
        tree
    }

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
        let after = file.current.len();
        self.used = self.used - before + after;
        if before != after && self.rules.journals_lengths() {
            self.journal_length(inode, before, after);
        }
        Some(result)
    }

    /// Changes a file in a way that is no change of its length in the cache.
    pub(super) fn change_unjournaled<T>(&mut self, inode: Inode, change: impl FnOnce(&mut File) -> T) -> Option<T> {
        match self.entries.get_mut(inode.0) {
            Some(Entry::File(file)) => Some(change(file)),
            _ => None,
        }
    }

    /// Adds a length to the journal. Growth after growth is one change.
    fn journal_length(&mut self, inode: Inode, before: u64, after: u64) {
        let grows = after > before;
        if let Some(Change::Length { inode: last, length, grows: true }) = self.changes.last_mut()
            && *last == inode
            && grows
        {
            *length = after;
            return;
        }
        if !grows {
            // The bytes that it cuts off are gone from the cache: no earlier length may claim them any more.
            let mut floor = self.file(inode).map_or(0, |file| file.durable.len());
            for change in &mut self.changes {
                match change {
                    Change::Length { inode: of, length, .. } if *of == inode => {
                        floor = floor.min(*length);
                        *length = (*length).min(after.max(floor));
                    }
                    _ => {}
                }
            }
        }
        self.changes.push(Change::Length { inode, length: after, grows });
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
        let (directory, name) = path.split_last().ok_or(DiskErrorKind::InvalidPath)?;
        let inode = self.find(&DiskPath::parse(directory)?)?;
        self.directory(inode)?;
        Ok((inode, name))
    }

    pub(super) fn is_directory(&self, inode: Inode) -> bool {
        matches!(self.entries.get(inode.0), Some(Entry::Directory(_)))
    }

    fn set_name(&mut self, directory: Inode, path: &DiskPath, to: Option<Inode>, is_joined: bool) {
        let names = &mut self.directory_mut(directory).current;
        match to {
            Some(inode) => drop(names.insert(path.last().into(), inode)),
            None => drop(names.remove(path.last())),
        }
        self.changes.push(Change::Name(NameChange { directory, path: path.clone(), to, is_joined }));
    }

    /// Creates a file or directory under a free name.
    pub(super) fn create(&mut self, path: &DiskPath, entry: Entry) -> Result<Inode> {
        if path.split_last().is_none() {
            return Err(DiskErrorKind::AlreadyExists);
        }
        let (directory, name) = self.parent(path)?;
        if self.directory(directory)?.current.contains_key(name) {
            return Err(DiskErrorKind::AlreadyExists);
        }
        let inode = Inode(self.entries.insert(entry));
        self.set_name(directory, path, Some(inode), false);
        Ok(inode)
    }

    /// Removes the name of a file or of an empty directory.
    pub(super) fn remove(&mut self, path: &DiskPath) -> Result<()> {
        let (directory, name) = self.parent(path)?;
        let inode = *self.directory(directory)?.current.get(name).ok_or(DiskErrorKind::NotFound)?;
        if self.directory(inode).is_ok_and(|directory| !directory.current.is_empty()) {
            return Err(DiskErrorKind::DirectoryNotEmpty);
        }
        self.set_name(directory, path, None, false);
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
        let is_below = |path: &DiskPath, above: &DiskPath| {
            path.as_str().strip_prefix(above.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        if self.is_directory(inode) && is_below(to, from) {
            return Err(DiskErrorKind::InvalidPath);
        }
        match replaced {
            // It has at least the entry that is renamed, and Linux says so even if that is a file.
            Some(_) if is_below(from, to) => return Err(DiskErrorKind::DirectoryNotEmpty),
            Some(old) if self.is_directory(old) && !self.is_directory(inode) => return Err(DiskErrorKind::IsADirectory),
            Some(old) if !self.is_directory(old) && self.is_directory(inode) => return Err(DiskErrorKind::NotADirectory),
            Some(old) if self.directory(old).is_ok_and(|old| !old.current.is_empty()) => {
                return Err(DiskErrorKind::DirectoryNotEmpty);
            }
            _ => {}
        }
        let is_joined = self.rules.journals_names() || self.is_directory(inode);
        self.set_name(new_directory, to, Some(inode), false);
        self.set_name(directory, from, None, is_joined);
        Ok(())
    }

    /// Lists the names of a directory.
    pub(super) fn list(&self, path: &DiskPath) -> Result<Vec<DirEntry>> {
        let directory = self.directory(self.find(path)?)?;
        let kind = |inode| if self.is_directory(inode) { EntryKind::Directory } else { EntryKind::File };
        let entries = directory.current.iter();
        Ok(entries.map(|(name, inode)| DirEntry { name: name.to_string(), kind: kind(*inode) }).collect())
    }

    /// Drops files and directories that nothing names any more, besides those that are open.
    pub(super) fn collect(&mut self, open: impl IntoIterator<Item = Inode>) {
        let mut named: BTreeSet<Inode> = open.into_iter().chain([ROOT]).collect();
        let mut found: Vec<Inode> = named.iter().copied().collect();
        found.extend(self.changes.iter().filter_map(|change| match change {
            Change::Name(change) => change.to,
            Change::Length { .. } => None,
        }));
        while let Some(inode) = found.pop() {
            named.insert(inode);
            if let Ok(directory) = self.directory(inode) {
                let inside = directory.current.values().chain(directory.durable.values());
                found.extend(inside.filter(|inode| !named.contains(*inode)));
            }
        }
        self.entries.retain(|inode, _| named.contains(&Inode(inode)));
        self.recount();
    }

    /// Counts the bytes that files have in the cache.
    pub(super) fn recount(&mut self) {
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
