//! Executes operations in a folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::refusal::kind_of;
use crate::error::DiskErrorKind;
use crate::operation::{DirEntry, DiskOp, DiskOutput, EntryKind, MAX_FILE, Metadata, Space};
use crate::path::DiskPath;

type Result<T> = std::result::Result<T, DiskErrorKind>;

/// A file that node code has open.
#[derive(Debug)]
pub(super) struct OpenFile {
    file: File,
    pub(super) path: Arc<str>,
    may_write: bool,
}

fn of_system<T>(result: io::Result<T>) -> Result<T> {
    result.map_err(|error| kind_of(&error))
}

/// Executes an operation about one open file.
pub(super) fn execute_on(root: &Path, slot: &mut Option<OpenFile>, op: &DiskOp) -> Result<DiskOutput> {
    if let DiskOp::Open { path, options, .. } = op {
        *slot = None;
        let path = DiskPath::parse(path)?;
        *slot = Some(open(root, &path, *options)?);
        return Ok(DiskOutput::Done);
    }
    let open = slot.as_mut().ok_or(DiskErrorKind::NotOpen)?;
    match op {
        DiskOp::Close { .. } => {
            *slot = None;
            Ok(DiskOutput::Done)
        }
        DiskOp::Read { offset, length, .. } => of_system(read(&mut open.file, *offset, *length)).map(DiskOutput::Data),
        DiskOp::Sync { .. } => of_system(open.file.sync_all()).map(|()| DiskOutput::Done),
        _ if !open.may_write => Err(DiskErrorKind::NotPermitted),
        DiskOp::Write { offset, data, .. } => write(&mut open.file, *offset, data).map(|()| DiskOutput::Done),
        DiskOp::Append { data, .. } => {
            let offset = of_system(open.file.metadata())?.len();
            write(&mut open.file, offset, data).map(|()| DiskOutput::Appended(offset))
        }
        DiskOp::SetLen { length, .. } if *length > MAX_FILE => Err(DiskErrorKind::FileTooLarge),
        DiskOp::SetLen { length, .. } => of_system(open.file.set_len(*length)).map(|()| DiskOutput::Done),
        other => unreachable!("{} is about no open file", other.name()),
    }
}

fn open(root: &Path, path: &DiskPath, options: crate::operation::OpenOptions) -> Result<OpenFile> {
    if options.truncate && !options.write {
        return Err(DiskErrorKind::NotPermitted);
    }
    let place = below(root, path);
    // Opening a directory for reading is no error of the system.
    if fs::metadata(&place).is_ok_and(|metadata| metadata.is_dir()) {
        return Err(if options.create_new { DiskErrorKind::AlreadyExists } else { DiskErrorKind::IsADirectory });
    }
    let mut opens = OpenOptions::new();
    opens.read(true).write(options.write).truncate(options.truncate && !options.create_new);
    let file = of_system(opens.create(options.create).create_new(options.create_new).open(place))?;
    Ok(OpenFile { file, path: path.as_str().into(), may_write: options.write })
}

fn read(file: &mut File, offset: u64, length: u32) -> io::Result<Vec<u8>> {
    let there = file.metadata()?.len().saturating_sub(offset).min(u64::from(length));
    if there == 0 {
        return Ok(Vec::new());
    }
    let mut bytes = Vec::with_capacity(there as usize);
    file.seek(SeekFrom::Start(offset))?;
    file.take(there).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn write(file: &mut File, offset: u64, data: &[u8]) -> Result<()> {
    let end = offset.checked_add(data.len() as u64).filter(|end| *end <= MAX_FILE);
    end.ok_or(DiskErrorKind::FileTooLarge)?;
    of_system(file.seek(SeekFrom::Start(offset)).and_then(|_| file.write_all(data)))
}

/// Executes an operation about paths.
pub(super) fn execute_at(root: &Path, op: &DiskOp) -> Result<DiskOutput> {
    let done = |()| DiskOutput::Done;
    match op {
        DiskOp::CreateDir { path } => of_system(fs::create_dir(named(root, path, DiskErrorKind::AlreadyExists)?)).map(done),
        DiskOp::Rename { from, to } => {
            let to = DiskPath::parse(to);
            let from = named(root, from, DiskErrorKind::InvalidPath)?;
            let to = to?;
            // As the simulated disk: a missing file is told before a wrong target.
            of_system(fs::symlink_metadata(&from))?;
            to.split_last().ok_or(DiskErrorKind::InvalidPath)?;
            of_system(fs::rename(from, below(root, &to))).map(done)
        }
        DiskOp::Remove { path } => remove(&named(root, path, DiskErrorKind::InvalidPath)?).map(done),
        DiskOp::List { path } => list(&below(root, &DiskPath::parse(path)?)).map(DiskOutput::Entries),
        DiskOp::Metadata { path } => {
            let metadata = of_system(fs::metadata(below(root, &DiskPath::parse(path)?)))?;
            let kind = kind(metadata.is_dir());
            let length = if kind == EntryKind::File { metadata.len() } else { 0 };
            Ok(DiskOutput::Metadata(Metadata { kind, length }))
        }
        DiskOp::SyncDir { path } => sync_directory(&below(root, &DiskPath::parse(path)?)).map(done),
        DiskOp::Space => of_system(space(root)).map(DiskOutput::Space),
        other => unreachable!("{} is about an open file", other.name()),
    }
}

fn below(root: &Path, path: &DiskPath) -> PathBuf {
    path.names().fold(root.to_owned(), |path, name| path.join(name))
}

/// The place of a path that is not the root.
fn named(root: &Path, path: &str, refusal_of_root: DiskErrorKind) -> Result<PathBuf> {
    let path = DiskPath::parse(path)?;
    path.split_last().ok_or(refusal_of_root)?;
    Ok(below(root, &path))
}

fn kind(is_directory: bool) -> EntryKind {
    if is_directory { EntryKind::Directory } else { EntryKind::File }
}

fn remove(place: &Path) -> Result<()> {
    let is_directory = of_system(fs::symlink_metadata(place))?.is_dir();
    of_system(if is_directory { fs::remove_dir(place) } else { fs::remove_file(place) })
}

/// Names that are not Unicode are shown with replacement characters.
fn list(place: &Path) -> Result<Vec<DirEntry>> {
    let entry = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        let kind = kind(entry.file_type()?.is_dir());
        Ok(DirEntry { name: entry.file_name().to_string_lossy().into_owned(), kind })
    };
    let mut entries: Vec<DirEntry> = of_system(fs::read_dir(place).and_then(|entries| entries.map(entry).collect()))?;
    entries.sort_unstable();
    Ok(entries)
}

fn sync_directory(place: &Path) -> Result<()> {
    if !of_system(fs::metadata(place))?.is_dir() {
        return Err(DiskErrorKind::NotADirectory);
    }
    // Elsewhere a directory cannot be opened, and the file system keeps names by itself.
    if cfg!(unix) { of_system(File::open(place).and_then(|directory| directory.sync_all())) } else { Ok(()) }
}

#[cfg(unix)]
fn space(root: &Path) -> io::Result<Space> {
    let space = rustix::fs::statvfs(root)?;
    Ok(Space { total: space.f_blocks * space.f_frsize, free: space.f_bavail * space.f_frsize })
}

#[cfg(not(unix))]
fn space(_root: &Path) -> io::Result<Space> {
    Err(io::ErrorKind::Unsupported.into())
}
