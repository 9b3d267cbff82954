//! The disk of one node: executes operations.

use std::collections::BTreeMap;
use std::sync::Arc;

use cluster_sim_runtime::fold_bytes;

use super::fault_rules::Faults;
use super::file::File;
use super::model::{CompiledDisk, CompiledTimes, DiskModel};
use super::namespace::{Directory, Inode};
use super::open_files::FileTable;
use super::tree::{Entry, Tree};
use super::turns::Submitted;
use crate::error::{DiskError, DiskErrorKind};
use crate::journal::OpenJournals;
use crate::operation::{DiskOp, DiskOutput, DiskResult, EntryKind, FileId, Metadata, OpenOptions, Space};
use crate::path::DiskPath;

/// A file that node code has open.
#[derive(Debug, Clone)]
struct OpenFile {
    inode: Inode,
    path: Arc<str>,
    /// The hash of the path, which stands for it in records.
    key: u64,
    may_write: bool,
}

/// The disk of one node.
#[derive(Debug)]
pub(super) struct NodeDisk {
    pub(super) model: Arc<DiskModel>,
    pub(super) times: Arc<CompiledTimes>,
    pub(super) tree: Tree,
    open: FileTable<OpenFile>,
    pub(super) submitted: Submitted,
    /// The number of the last file that a task opened in this life.
    pub(super) next_file: u32,
    /// The journals that tasks have open in this life; made by the first one.
    pub(super) journals: Option<OpenJournals>,
    /// The faults in force; absent on most disks.
    pub(super) faults: Option<Box<Faults>>,
    /// The bytes that faults allow all files together to have.
    pub(super) limit: u64,
    /// How often what was rotten already, by address.
    pub(super) rots: BTreeMap<u64, u32>,
    /// An operation took effect: from then on rules see the disk.
    pub(super) is_used: bool,
}

/// The hash that stands for a path in records.
pub(super) fn key_of(path: &str) -> u64 {
    fold_bytes(0, path.as_bytes())
}

type Result<T> = std::result::Result<T, DiskErrorKind>;

impl NodeDisk {
    pub(super) fn new(CompiledDisk { model, times }: &CompiledDisk) -> Self {
        let (open, submitted, next_file, journals, faults, rots, is_used) = Default::default();
        let (model, times) = (Arc::clone(model), Arc::clone(times));
        Self {
            tree: Tree::new(model.crash),
            model,
            times,
            open,
            submitted,
            next_file,
            journals,
            faults,
            limit: u64::MAX,
            rots,
            is_used,
        }
    }

    /// Forgets what belongs to the life that ended, besides what it wrote.
    pub(super) fn end_life(&mut self) {
        self.open.clear();
        self.submitted.clear();
        self.next_file = 0;
        // Journals of the life before may be dropped later, and give nothing back to this one.
        self.journals = None;
        // Operations that wait there are submitted ones, whose slots are given back.
        drop(self.faults.take_if(|faults| {
            faults.queue.clear();
            faults.is_over()
        }));
        self.tree.collect([]);
    }

    /// Executes an operation.
    pub(super) fn execute(&mut self, op: &DiskOp) -> DiskResult {
        self.execute_at_place(op).1
    }

    /// Executes an operation; returns also the hash of the path that it is about, for its record; 0 for none.
    #[inline]
    pub(super) fn execute_at_place(&mut self, op: &DiskOp) -> (u64, DiskResult) {
        let (place, result) = match op {
            DiskOp::Read { file, .. }
            | DiskOp::Write { file, .. }
            | DiskOp::Append { file, .. }
            | DiskOp::SetLen { file, .. }
            | DiskOp::Sync { file } => match self.open.get(*file) {
                Some(OpenFile { inode, key, may_write, .. }) => (*key, self.on_file(*inode, *may_write, op)),
                None => (0, Err(DiskErrorKind::NotOpen)),
            },
            _ => (self.key_of_place(op), self.on_names(op)),
        };
        (place, result.map_err(|kind| self.error(kind, op)))
    }

    /// Whether an operation would fail with an error without any fault.
    pub(super) fn fails_alone(&self, op: &DiskOp, error: DiskErrorKind) -> bool {
        let model = CompiledDisk { model: Arc::clone(&self.model), times: Arc::clone(&self.times) };
        let (tree, open) = (self.tree.without_bytes(), self.open.clone());
        let mut copy = Self { tree, open, limit: self.limit, ..Self::new(&model) };
        copy.execute(op).is_err_and(|failed| failed.kind == error)
    }

    #[cold]
    fn error(&self, kind: DiskErrorKind, op: &DiskOp) -> DiskError {
        DiskError::new(kind, op.name(), self.place_of(op))
    }

    /// The hash of the path that an operation is about, for its record; 0 for none.
    pub(super) fn key_of_place(&self, op: &DiskOp) -> u64 {
        match op.path() {
            Some(path) => key_of(path.strip_prefix('/').unwrap_or(path)),
            None => op.file().and_then(|file| self.open.get(file)).map_or(0, |open| open.key),
        }
    }

    /// The path that an operation is about, for its error.
    fn place_of(&self, op: &DiskOp) -> Arc<str> {
        if let Some(path) = op.path() {
            return path.into();
        }
        let file = op.file().map(|file| self.open.get(file).map_or_else(|| file.to_string().into(), |open| Arc::clone(&open.path)));
        file.unwrap_or_else(|| "/".into())
    }

    /// Executes an operation on an open file.
    #[inline]
    fn on_file(&mut self, inode: Inode, may_write: bool, op: &DiskOp) -> Result<DiskOutput> {
        match op {
            DiskOp::Read { offset, length, .. } => {
                let file = self.tree.file(inode).ok_or(DiskErrorKind::NotFound)?;
                Ok(DiskOutput::Data(file.current.read(*offset, *length as usize)))
            }
            DiskOp::Sync { .. } => {
                self.tree.sync_file(inode);
                Ok(DiskOutput::Done)
            }
            _ if !may_write => Err(DiskErrorKind::NotPermitted),
            DiskOp::Append { data, .. } => self.write(inode, None, data).map(DiskOutput::Appended),
            DiskOp::Write { offset, data, .. } => self.write(inode, Some(*offset), data).map(|_| DiskOutput::Done),
            DiskOp::SetLen { length, .. } => self.set_len(inode, *length).map(|()| DiskOutput::Done),
            _ => unreachable!("{} is no operation on an open file", op.name()),
        }
    }

    /// Executes an operation on names.
    fn on_names(&mut self, op: &DiskOp) -> Result<DiskOutput> {
        let done = |()| DiskOutput::Done;
        match op {
            DiskOp::Open { file, path, options } => self.open(*file, path, *options).map(done),
            DiskOp::Close { file } => self.close(*file).map(done),
            DiskOp::CreateDir { path } => {
                self.tree.create(&DiskPath::parse(path)?, Entry::Directory(Directory::default())).map(|_| DiskOutput::Done)
            }
            DiskOp::Rename { from, to } => self.tree.rename(&DiskPath::parse(from)?, &DiskPath::parse(to)?).map(done),
            DiskOp::Remove { path } => self.tree.remove(&DiskPath::parse(path)?).map(done),
            DiskOp::List { path } => self.tree.list(&DiskPath::parse(path)?).map(DiskOutput::Entries),
            DiskOp::Metadata { path } => self.metadata(path).map(DiskOutput::Metadata),
            DiskOp::SyncDir { path } => {
                let inode = self.tree.find(&DiskPath::parse(path)?)?;
                self.tree.directory(inode)?;
                self.tree.sync_directory(inode);
                self.collect();
                Ok(DiskOutput::Done)
            }
            DiskOp::Space => Ok(DiskOutput::Space(Space { total: self.model.capacity, free: self.free() })),
            _ => unreachable!("{} is no operation on names", op.name()),
        }
    }

    /// The bytes that files may still grow by.
    fn free(&self) -> u64 {
        self.model.capacity.min(self.limit).saturating_sub(self.tree.used())
    }

    /// The file or directory that an operation is about; `None` if it is about a file that is not open, or has no valid path.
    pub(super) fn path_of(&self, op: &DiskOp) -> Option<Arc<str>> {
        match (op.path(), op.file()) {
            (Some(path), _) => DiskPath::parse(path).ok().map(|path| path.as_str().into()),
            (None, Some(file)) => self.open.get(file).map(|open| Arc::clone(&open.path)),
            (None, None) => Some("".into()),
        }
    }

    /// The open file that an operation is about.
    pub(super) fn inode_of(&self, op: &DiskOp) -> Option<Inode> {
        self.open.get(op.file()?).map(|open| open.inode)
    }

    /// The directory that an operation names.
    fn directory_of(&self, op: &DiskOp) -> Option<Inode> {
        self.tree.find(&DiskPath::parse(op.path()?).ok()?).ok()
    }

    /// Whether a sync would make anything durable.
    pub(super) fn is_unsynced(&self, op: &DiskOp) -> bool {
        match self.inode_of(op) {
            Some(inode) => self.tree.file(inode).is_some_and(File::is_unsynced),
            None => self.directory_of(op).is_some_and(|inode| self.tree.is_directory_unsynced(inode)),
        }
    }

    /// Counts what a sync would make durable as synced, without making it durable.
    pub(super) fn forget_to_sync(&mut self, op: &DiskOp) {
        if let Some(inode) = self.inode_of(op) {
            self.tree.forget_to_sync_file(inode);
        } else if let Some(inode) = self.directory_of(op) {
            self.tree.forget_to_sync_directory(inode);
        }
    }

    fn collect(&mut self) {
        self.tree.collect(self.open.values().map(|open| open.inode));
    }

    fn open(&mut self, file: FileId, path: &str, options: OpenOptions) -> Result<()> {
        drop(self.open.remove(file));
        let path = DiskPath::parse(path)?;
        if options.truncate && !options.write {
            return Err(DiskErrorKind::NotPermitted);
        }
        if self.open.len() >= self.model.max_open as usize {
            return Err(DiskErrorKind::TooManyOpenFiles);
        }
        let inode = match self.tree.find(&path) {
            Ok(_) if options.create_new => return Err(DiskErrorKind::AlreadyExists),
            Ok(inode) if self.tree.is_directory(inode) => return Err(DiskErrorKind::IsADirectory),
            Ok(inode) => inode,
            Err(DiskErrorKind::NotFound) if options.create => self.tree.create(&path, Entry::File(File::default()))?,
            Err(error) => return Err(error),
        };
        if options.truncate {
            self.tree.change(inode, |file| file.set_len(0));
        }
        let key = key_of(path.as_str());
        self.open.insert(file, OpenFile { inode, path: path.as_str().into(), key, may_write: options.write });
        Ok(())
    }

    fn close(&mut self, file: FileId) -> Result<()> {
        self.open.remove(file).map(drop).ok_or(DiskErrorKind::NotOpen)
    }

    /// Writes at an offset or at the end; returns the offset. A full disk takes the bytes that fit.
    fn write(&mut self, inode: Inode, offset: Option<u64>, data: &[u8]) -> Result<u64> {
        let length = self.tree.file(inode).ok_or(DiskErrorKind::NotFound)?.current.len();
        let offset = offset.unwrap_or(length);
        let end = offset.checked_add(data.len() as u64).filter(|end| *end <= self.model.max_file);
        let end = end.ok_or(DiskErrorKind::FileTooLarge)?;
        let grows = end.saturating_sub(length);
        let free = self.free();
        if grows > free {
            let fits = (length + free).saturating_sub(offset) as usize;
            self.tree.change(inode, |file| file.write(offset.min(length + free), &data[..fits.min(data.len())]));
            return Err(DiskErrorKind::StorageFull);
        }
        self.tree.change(inode, |file| file.write(offset, data));
        Ok(offset)
    }

    fn set_len(&mut self, inode: Inode, length: u64) -> Result<()> {
        if length > self.model.max_file {
            return Err(DiskErrorKind::FileTooLarge);
        }
        let grows = length.saturating_sub(self.tree.file(inode).ok_or(DiskErrorKind::NotFound)?.current.len());
        if grows > self.free() {
            return Err(DiskErrorKind::StorageFull);
        }
        self.tree.change(inode, |file| file.set_len(length));
        Ok(())
    }

    fn metadata(&self, path: &str) -> Result<Metadata> {
        let inode = self.tree.find(&DiskPath::parse(path)?)?;
        Ok(match self.tree.file(inode) {
            Some(file) => Metadata { kind: EntryKind::File, length: file.current.len() },
            None => Metadata { kind: EntryKind::Directory, length: 0 },
        })
    }
}
