//! Which changes of names a crash leaves.

use std::collections::BTreeMap;
use std::sync::Arc;

use cluster_sim_runtime::{Address, Choice, Roll};

use super::super::namespace::{Change, Directory, Inode, NameChange, Names, ROOT};
use super::super::tree::{Entry, Tree};
use super::file_fate::Journaled;
use super::{CrashReport, Decide};

/// The pattern of the unsynced changes that are left of a disk.
enum Mode {
    LoseAll,
    KeepAll,
    /// The first ones, by their number.
    Prefix(u64),
    /// Each is decided by itself.
    Subset,
}

impl Mode {
    fn roll(roll: Roll, changes: u64, may_reorder: bool) -> u64 {
        match roll.below(8) {
            0 | 1 => 0,
            2 | 3 => 1,
            4 | 5 if may_reorder => 3,
            _ => 2 | (((roll.0 & 0xffff_ffff) * changes) >> 32) << 8,
        }
    }

    fn of_value(value: u64) -> Self {
        match value & 0xff {
            0 => Self::LoseAll,
            1 => Self::KeepAll,
            2 => Self::Prefix(value >> 8),
            _ => Self::Subset,
        }
    }
}

impl Tree {
    /// Decides which changes of names and journaled lengths are left. Returns what the journal kept of lengths, by file.
    pub(super) fn crash_names(
        &mut self,
        of_life: Address,
        report: &mut CrashReport,
        decide: &mut Decide<'_>,
    ) -> BTreeMap<Inode, Journaled> {
        let changes = std::mem::take(&mut self.changes);
        let mut journaled = BTreeMap::new();
        if !changes.is_empty() {
            let kept = self.kept_changes(changes, of_life, report, decide);
            for change in &kept {
                let Change::Length { inode, length, .. } = *change else { continue };
                let old = self.file(inode).map_or(0, |file| file.durable.len());
                let kept = journaled.entry(inode).or_insert(Journaled { floor: old, length: old });
                *kept = Journaled { floor: kept.floor.min(length), length };
            }
            self.persist(kept);
        }
        for (_, entry) in &mut self.entries {
            if let Entry::Directory(directory) = entry {
                directory.current.clone_from(&directory.durable);
            }
        }
        journaled
    }

    /// The changes that are left, in order.
    fn kept_changes(
        &self,
        changes: Vec<Change>,
        of_life: Address,
        report: &mut CrashReport,
        decide: &mut Decide<'_>,
    ) -> Vec<Change> {
        let groups = changes.iter().filter(|change| !change.is_joined()).count() as u64;
        let may_reorder = !self.rules.journals_names();
        let mode = decide(Choice::CrashNames, of_life, ("/", None), &|roll| Mode::roll(roll, groups, may_reorder));
        let mode = Mode::of_value(mode);
        let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
        let (mut group, mut keeps, mut kept) = (0, false, Vec::new());
        for change in changes {
            if !change.is_joined() {
                keeps = match mode {
                    Mode::LoseAll => false,
                    Mode::KeepAll => true,
                    Mode::Prefix(count) => group < count,
                    Mode::Subset => {
                        let address = change.address(of_life);
                        let count = counts.entry(address.key()).or_default();
                        *count += 1;
                        decide(Choice::CrashName, address.number(*count), (change.path(), None), &|roll| roll.below(2)) == 1
                    }
                };
                group += 1;
            }
            report.names += u32::from(change.is_name());
            report.names_kept += u32::from(keeps && change.is_name());
            if keeps {
                kept.push(change);
            }
        }
        kept
    }

    /// The files with the path that stands for each in decisions: the one it has, else one that a crash may give it.
    ///
    /// Two files may have had one path: the number tells them apart.
    pub(super) fn paths(&self) -> Vec<(Arc<str>, u64, Inode)> {
        let mut found: BTreeMap<Inode, (Arc<str>, usize)> = BTreeMap::new();
        self.name_files(|directory| &directory.current, 0, &mut found);
        self.name_files(|directory| &directory.durable, 1, &mut found);
        for (rank, change) in (2..).zip(&self.changes) {
            if let Change::Name(NameChange { path, to: Some(inode), .. }) = change {
                found.entry(*inode).or_insert_with(|| (path.as_str().into(), rank));
            }
        }
        let mut files: Vec<_> = found.into_iter().map(|(inode, (path, rank))| (path, rank, inode)).collect();
        files.sort();
        let mut times = 0;
        let mut before: Option<Arc<str>> = None;
        let numbered = files.into_iter().map(|(path, _, inode)| {
            times = if before.as_ref() == Some(&path) { times + 1 } else { 0 };
            before = Some(Arc::clone(&path));
            (path, times, inode)
        });
        numbered.collect()
    }

    fn name_files(&self, names: fn(&Directory) -> &Names, rank: usize, found: &mut BTreeMap<Inode, (Arc<str>, usize)>) {
        let mut left = vec![(String::new(), ROOT)];
        while let Some((path, inode)) = left.pop() {
            let Ok(directory) = self.directory(inode) else {
                found.entry(inode).or_insert_with(|| (path.into(), rank));
                continue;
            };
            let prefix = if path.is_empty() { path } else { path + "/" };
            left.extend(names(directory).iter().map(|(name, inode)| (format!("{prefix}{name}"), *inode)));
        }
    }
}

impl Change {
    fn path(&self) -> &str {
        match self {
            Self::Name(change) => change.path.as_str(),
            Self::Length { .. } => "",
        }
    }

    /// The address of a change in the decisions of a crash.
    fn address(&self, of_life: Address) -> Address {
        match self {
            Self::Name(NameChange { path, to, .. }) => of_life.name(path.as_str()).number(u64::from(to.is_some())),
            Self::Length { length, .. } => of_life.number(*length),
        }
    }
}
