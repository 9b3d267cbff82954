//! A plain model of a disk, independent of the simulated one: bytes, dirty sectors, names.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim_storage::{DiskError, DiskErrorKind, DiskOp, DiskOutput, DiskResult, FileId};

use crate::names::{Names, Numbers};

const SECTOR: usize = 512;

#[derive(Debug, Clone, Default)]
struct File {
    current: Vec<u8>,
    durable: Vec<u8>,
    dirty: BTreeSet<usize>,
    is_length_dirty: bool,
}

/// Files in one directory.
#[derive(Debug, Clone, Default)]
pub(crate) struct ModelDisk {
    files: Vec<File>,
    /// The paths of files.
    names: Names,
    /// The path of the directory, if it exists.
    directories: Names,
    open: BTreeMap<FileId, usize>,
    /// The bytes that all files together may have; unlimited if absent.
    pub(crate) capacity: Option<usize>,
    /// The next operation of this name fails so.
    pub(crate) fail: Option<(&'static str, DiskErrorKind)>,
    /// The operation after that many others fails.
    pub(crate) fail_after: Option<u64>,
    /// All operations so far, by name.
    pub(crate) log: Vec<&'static str>,
}

impl ModelDisk {
    pub(crate) fn execute(&mut self, op: &DiskOp) -> DiskResult {
        self.log.push(op.name());
        let result = match self.fail {
            Some((name, kind)) if name == op.name() => {
                self.fail = None;
                self.fail(op);
                Err(kind)
            }
            _ if self.fail_after == Some(0) => {
                self.fail_after = None;
                self.fail(op);
                Err(DiskErrorKind::Io)
            }
            _ => {
                self.fail_after = self.fail_after.map(|left| left - 1);
                self.try_execute(op)
            }
        };
        result.map_err(|kind| DiskError::new(kind, op.name(), "a file of the model"))
    }

    /// A sync that fails leaves its sectors or names clean, and writes nothing; a write that fails writes half.
    fn fail(&mut self, op: &DiskOp) {
        match op {
            DiskOp::Sync { file } => {
                let file = &mut self.files[self.open[file]];
                file.dirty.clear();
                file.is_length_dirty = false;
            }
            DiskOp::SyncDir { path } => self.names_in(path).dirty.clear(),
            DiskOp::Write { file, offset, data } => self.write(self.open[file], *offset as usize, &data[..data.len() / 2]),
            _ => {}
        }
    }

    fn names_in(&mut self, directory: &str) -> &mut Names {
        if directory == "/" { &mut self.directories } else { &mut self.names }
    }

    fn write(&mut self, inode: usize, offset: usize, data: &[u8]) {
        let file = &mut self.files[inode];
        let end = offset + data.len();
        if file.current.len() < end {
            file.current.resize(end, 0);
            file.is_length_dirty = true;
        }
        file.current[offset..end].copy_from_slice(data);
        file.dirty.extend(offset / SECTOR..end.div_ceil(SECTOR));
    }

    fn try_execute(&mut self, op: &DiskOp) -> Result<DiskOutput, DiskErrorKind> {
        match op {
            DiskOp::CreateDir { path } if self.directories.current.contains_key(path) => return Err(DiskErrorKind::AlreadyExists),
            DiskOp::CreateDir { path } => self.directories.set(path, Some(0)),
            DiskOp::SyncDir { path } => self.names_in(path).sync(),
            DiskOp::Open { file, path, options } => {
                let creates = format!("{options:?}").contains("create: true");
                let inode = match self.names.current.get(path) {
                    Some(inode) => *inode,
                    None if creates => {
                        self.files.push(File::default());
                        self.names.set(path, Some(self.files.len() - 1));
                        self.files.len() - 1
                    }
                    None => return Err(DiskErrorKind::NotFound),
                };
                if format!("{options:?}").contains("truncate: true") {
                    self.set_len(inode, 0);
                }
                self.open.insert(*file, inode);
            }
            DiskOp::Close { file } => drop(self.open.remove(file)),
            DiskOp::Write { file, offset, data } => {
                let inode = self.open[file];
                let used = self.used();
                let grows = (*offset as usize + data.len()).saturating_sub(self.files[inode].current.len());
                let free = self.capacity.map_or(usize::MAX, |capacity| capacity.saturating_sub(used));
                if grows > free {
                    self.write(inode, *offset as usize, &data[..data.len() - (grows - free)]);
                    return Err(DiskErrorKind::StorageFull);
                }
                self.write(inode, *offset as usize, data);
            }
            DiskOp::SetLen { file, length } => self.set_len(self.open[file], *length as usize),
            DiskOp::Sync { file } => {
                let file = &mut self.files[self.open[file]];
                for sector in std::mem::take(&mut file.dirty) {
                    persist(file, sector);
                }
                if std::mem::take(&mut file.is_length_dirty) {
                    file.durable.resize(file.current.len(), 0);
                }
            }
            DiskOp::Rename { from, to } => {
                let inode = *self.names.current.get(from).ok_or(DiskErrorKind::NotFound)?;
                self.names.set(to, Some(inode));
                self.names.set(from, None);
            }
            DiskOp::Remove { path } if self.directories.current.contains_key(path) => {
                if !self.names.current.is_empty() {
                    return Err(DiskErrorKind::DirectoryNotEmpty);
                }
                self.directories.set(path, None);
            }
            DiskOp::Remove { path } if self.names.current.contains_key(path) => self.names.set(path, None),
            DiskOp::Remove { .. } => return Err(DiskErrorKind::NotFound),
            other => panic!("a journal has no use for {other:?}"),
        }
        Ok(DiskOutput::Done)
    }

    fn set_len(&mut self, inode: usize, length: usize) {
        let file = &mut self.files[inode];
        let before = file.current.len();
        if before == length {
            return;
        }
        file.current.resize(length, 0);
        file.is_length_dirty = true;
        file.dirty.extend(length.min(before) / SECTOR..length.max(before).div_ceil(SECTOR));
    }

    /// The bytes that all files together have.
    pub(crate) fn used(&self) -> usize {
        self.names.current.values().map(|inode| self.files[*inode].current.len()).sum()
    }

    /// Ends the life without a loss of power: the cache survives.
    pub(crate) fn stop(&mut self) {
        self.open.clear();
    }

    /// Loses the cache: each dirty sector, length and name is old, new or, for sectors, torn or garbage.
    pub(crate) fn crash(&mut self, numbers: &mut Numbers) {
        self.open.clear();
        for file in &mut self.files {
            let mode = numbers.below(6);
            let dirty = std::mem::take(&mut file.dirty);
            let cut = numbers.below(dirty.len() as u64 + 1) as usize;
            let is_length_kept = std::mem::take(&mut file.is_length_dirty)
                && match mode {
                    0 => false,
                    1 => true,
                    _ => numbers.below(2) == 0,
                };
            let length = if is_length_kept { file.current.len() } else { file.durable.len() };
            for (place, sector) in dirty.into_iter().enumerate() {
                let keeps = match mode {
                    0 => false,
                    1 => true,
                    2 => place < cut,
                    3 => place >= cut,
                    _ => numbers.below(2) == 0,
                };
                match (keeps, if mode == 5 { numbers.below(4) } else { 0 }) {
                    (_, 1) => tear(file, sector, numbers),
                    (_, 2) => garble(file, sector, numbers),
                    (true, _) => persist(file, sector),
                    (false, _) => {}
                }
            }
            file.durable.resize(length, 0);
            file.current.clone_from(&file.durable);
        }
        self.names.crash(numbers);
        self.directories.crash(numbers);
        if self.directories.current.is_empty() {
            self.names = Names::default();
        }
    }

    /// Loses all that no sync has made durable.
    pub(crate) fn lose_cache(&mut self) {
        self.open.clear();
        for file in &mut self.files {
            file.dirty.clear();
            file.is_length_dirty = false;
            file.current.clone_from(&file.durable);
        }
        for names in [&mut self.names, &mut self.directories] {
            names.dirty.clear();
            names.current.clone_from(&names.durable);
        }
        if self.directories.current.is_empty() {
            self.names = Names::default();
        }
    }

    /// The names in the directory, and their bytes.
    pub(crate) fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let name = |path: &String| path.rsplit('/').next().unwrap_or_default().to_owned();
        self.names.current.iter().map(|(path, inode)| (name(path), self.files[*inode].current.clone())).collect()
    }
}

/// Makes a sector durable as it is in the cache.
fn persist(file: &mut File, sector: usize) {
    let range = sector * SECTOR..((sector + 1) * SECTOR).min(file.current.len());
    if !range.is_empty() {
        file.durable.resize(file.durable.len().max(range.end), 0);
        file.durable[range.clone()].copy_from_slice(&file.current[range]);
    }
}

/// Makes some bytes of a sector durable.
fn tear(file: &mut File, sector: usize, numbers: &mut Numbers) {
    let range = sector * SECTOR..((sector + 1) * SECTOR).min(file.current.len());
    let (is_prefix, at) = (numbers.below(2) == 0, numbers.below(SECTOR as u64) as usize);
    file.durable.resize(file.durable.len().max(range.end), 0);
    for (index, byte) in range.enumerate() {
        if (index < at) == is_prefix {
            file.durable[byte] = file.current[byte];
        }
    }
}

/// Leaves other bytes where the sector was written, and spares the synced bytes around them ("powersafe overwrite").
fn garble(file: &mut File, sector: usize, numbers: &mut Numbers) {
    let range = sector * SECTOR..((sector + 1) * SECTOR).min(file.current.len());
    for byte in range.filter(|byte| file.durable.get(*byte) != file.current.get(*byte)).collect::<Vec<_>>() {
        file.durable.resize(file.durable.len().max(byte + 1), 0);
        file.durable[byte] = numbers.below(256) as u8;
    }
}
