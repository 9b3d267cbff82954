//! Executes an operation under the rules in force.

use super::flip::flip;
use crate::content::Content;
use crate::disk::fault_rules::{Decider, DiskRule, Faults, Rule, is_below};
use crate::disk::file::File;
use crate::disk::namespace::Inode;
use crate::disk::node_disk::NodeDisk;
use crate::disk::sectors::SECTOR;
use crate::disk::tree::Tree;
use crate::error::{DiskError, DiskErrorKind};
use crate::operation::{DiskOp, DiskOpKind, DiskOutput, DiskResult};

impl NodeDisk {
    /// Executes an operation under the rules in force.
    pub(in crate::disk) fn execute_under_rules(&mut self, op: &DiskOp, decider: &mut Decider<'_>) -> DiskResult {
        let Some(mut faults) = self.faults.take() else { return self.execute(op) };
        let result = faults.execute(self, op, decider);
        self.faults = Some(faults);
        result
    }
}

impl Faults {
    fn execute(&mut self, disk: &mut NodeDisk, op: &DiskOp, decider: &mut Decider<'_>) -> DiskResult {
        // An operation on a file that is not open fails by itself.
        let Some(path) = disk.path_of(op) else { return disk.execute(op) };
        let mut rules: Vec<&mut Rule> = self.rules.iter_mut().filter(|rule| is_below(&path, rule.what.path())).collect();
        for rule in &mut rules {
            if let Some(error) = rule.fails(op, &path, decider) {
                rule.fired(!disk.fails_alone(op, error));
                return Err(DiskError::new(error, op.name(), path));
            }
        }
        match op {
            DiskOp::Sync { .. } | DiskOp::SyncDir { .. } => sync(&mut rules, disk, op, decider),
            DiskOp::Write { .. } | DiskOp::Append { .. } | DiskOp::SetLen { .. } => write(&mut rules, disk, op, decider),
            DiskOp::Read { offset, .. } => {
                let mut result = disk.execute(op);
                if let (Ok(DiskOutput::Data(data)), Some(inode)) = (&mut result, disk.inode_of(op)) {
                    let read = Read { tree: &disk.tree, inode, offset: *offset };
                    rules.iter_mut().for_each(|rule| rule.read(&read, data, decider));
                }
                result
            }
            _ => disk.execute(op),
        }
    }
}

impl Rule {
    /// Whether the operation fails without an effect, and with which error.
    fn fails(&mut self, op: &DiskOp, path: &str, decider: &mut Decider<'_>) -> Option<DiskErrorKind> {
        let DiskRule::Fail { operations, share, error, sticky, .. } = &self.what else { return None };
        let kind = op.kind();
        let is_selected = if operations.is_empty() { kind != DiskOpKind::Close } else { operations.contains(&kind) };
        if !is_selected || !(self.failed.contains(path) || decider.holds(self.address, *share)) {
            return None;
        }
        let error = *error;
        if *sticky {
            self.failed.insert(path.into());
        }
        Some(error)
    }
}

/// Syncs, unless a rule fails that or lies about it.
fn sync(rules: &mut [&mut Rule], disk: &mut NodeDisk, op: &DiskOp, decider: &mut Decider<'_>) -> DiskResult {
    let is_unsynced = disk.is_unsynced(op);
    for rule in rules {
        match &rule.what {
            DiskRule::FailSync { share, .. } if decider.holds(rule.address, *share) => {
                rule.fired(is_unsynced);
                if is_unsynced {
                    disk.forget_to_sync(op);
                    return Err(DiskError::new(DiskErrorKind::Io, op.name(), disk.path_of(op).unwrap_or_default()));
                }
            }
            DiskRule::LieAboutSync { .. } => {
                rule.fired(is_unsynced);
                return Ok(DiskOutput::Done);
            }
            _ => {}
        }
    }
    disk.execute(op)
}

/// Writes, and then loses or misdirects the bytes if a rule says so.
fn write(rules: &mut [&mut Rule], disk: &mut NodeDisk, op: &DiskOp, decider: &mut Decider<'_>) -> DiskResult {
    let Some(inode) = disk.inode_of(op) else { return disk.execute(op) };
    let needs_old = rules
        .iter()
        .any(|rule| matches!(rule.what, DiskRule::LoseWrites { .. } | DiskRule::Misdirect { .. } | DiskRule::ReadStale { .. }));
    let (length, before) = disk.tree.file(inode).map_or_else(Default::default, |file| {
        (file.current.len(), if needs_old { file.current.clone() } else { Content::default() })
    });
    let result = disk.execute(op);
    for rule in &mut *rules {
        if let DiskRule::Full { .. } = rule.what {
            let is_full = result.as_ref().is_err_and(|error| error.kind == DiskErrorKind::StorageFull);
            let grew = disk.tree.file(inode).is_some_and(|file| file.current.len() > length);
            if is_full || grew {
                rule.fired(is_full && rule.capacity < disk.model.capacity);
            }
        }
    }
    if result.is_ok() {
        let (offset, data): (u64, &[u8]) = match op {
            DiskOp::Write { offset, data, .. } => (*offset, data),
            DiskOp::Append { data, .. } => (length, data),
            _ => (0, &[]),
        };
        let written = Written { inode, before: &before, offset, data };
        // Bytes that were lost cannot land elsewhere too.
        let _ = rules.iter_mut().any(|rule| rule.write(&written, &mut disk.tree, decider));
        for rule in rules {
            if matches!(rule.what, DiskRule::ReadStale { .. }) {
                rule.versions.insert(inode, before.clone());
            }
        }
    }
    result
}

/// A write that has taken effect.
struct Written<'a> {
    inode: Inode,
    before: &'a Content,
    offset: u64,
    data: &'a [u8],
}

impl Written<'_> {
    /// Puts back the bytes that were there before; returns whether they differ. A file that grew keeps its length.
    fn undo(&self, tree: &mut Tree) -> bool {
        let mut old = self.before.read(self.offset, self.data.len());
        old.resize(self.data.len(), 0);
        tree.change(self.inode, |file| file.write(self.offset, &old));
        old != self.data
    }
}

impl Rule {
    /// Loses or misdirects a write; returns whether it did.
    fn write(&mut self, written: &Written<'_>, tree: &mut Tree, decider: &mut Decider<'_>) -> bool {
        let is_effective = match &self.what {
            _ if written.data.is_empty() => return false,
            DiskRule::LoseWrites { share, .. } if decider.holds(self.address, *share) => written.undo(tree),
            DiskRule::Misdirect { path, share } if decider.holds(self.address, *share) => {
                let other =
                    other_place(tree, path.as_str(), (written.inode, written.offset), |places| decider.place(self.address, places));
                let is_lost = written.undo(tree);
                // A device writes where it has space: no file grows.
                let has_landed = other.is_some_and(|(inode, offset)| {
                    let landed = tree.change(inode, |file| {
                        let fits = file.current.len().saturating_sub(offset).min(written.data.len() as u64) as usize;
                        let differs = file.current.read(offset, fits) != written.data[..fits];
                        file.write(offset, &written.data[..fits]);
                        differs
                    });
                    landed.unwrap_or(false)
                });
                is_lost || has_landed
            }
            _ => return false,
        };
        self.fired(is_effective);
        true
    }
}

/// A read that has been answered.
struct Read<'a> {
    tree: &'a Tree,
    inode: Inode,
    offset: u64,
}

impl Rule {
    /// Answers a read with other bytes.
    fn read(&mut self, read: &Read<'_>, data: &mut Vec<u8>, decider: &mut Decider<'_>) {
        let before = data.clone();
        match &self.what {
            DiskRule::RotOnRead { share, rot, .. } if decider.holds(self.address, *share) => {
                flip(data, *rot, |places| decider.place(self.address, places));
            }
            DiskRule::Misdirect { path, share } if decider.holds(self.address, *share) => {
                let place = |places| decider.place(self.address, places);
                let other = other_place(read.tree, path.as_str(), (read.inode, read.offset), place);
                if let Some((file, offset)) = other.and_then(|(inode, offset)| Some((read.tree.file(inode)?, offset))) {
                    *data = file.current.read(offset, before.len());
                    data.resize(before.len(), 0);
                }
            }
            DiskRule::ReadStale { share, .. } if decider.holds(self.address, *share) => {
                if let Some(version) = self.versions.get(&read.inode) {
                    *data = version.read(read.offset, before.len());
                }
            }
            _ => return,
        }
        self.fired(*data != before);
    }
}

/// Picks a sector of the files below `path` that is not where a read or write begins; `None` if there is no other.
fn other_place(tree: &Tree, path: &str, (inode, offset): (Inode, u64), pick: impl FnOnce(u64) -> u64) -> Option<(Inode, u64)> {
    let sectors = |file: &File| file.current.len().div_ceil(SECTOR as u64);
    let files: Vec<(Inode, u64)> =
        tree.files_below(path).into_iter().filter_map(|(_, inode)| Some((inode, sectors(tree.file(inode)?)))).collect();
    let here = offset / SECTOR as u64;
    let is_one = |(at, sectors): &(Inode, u64)| *at == inode && here < *sectors;
    let others = files.iter().map(|(_, sectors)| sectors).sum::<u64>() - u64::from(files.iter().any(is_one));
    if others == 0 {
        return None;
    }
    let mut left = pick(others);
    for (at, sectors) in files {
        let own = u64::from(is_one(&(at, sectors)));
        if left < sectors - own {
            let sector = if own == 1 && left >= here { left + 1 } else { left };
            return Some((at, sector * SECTOR as u64));
        }
        left -= sectors - own;
    }
    None
}
