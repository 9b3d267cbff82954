//! The state of a disk after a crash.
//!
//! | file | contents |
//! |---|---|
//! | `names.rs` | which changes of names are left |
//! | `file_fate.rs` | which sectors of a file are left, and its length |
//! | `sector.rs` | what is left of one sector |
//! | `text.rs` | [`crash_choice_text`]: the choices in words |
//!
//! Decisions are a hierarchy, so that whole patterns are likely: for each crash and file one choice picks a pattern, and only
//! patterns that need it ask about sectors. The canonical value of each is that nothing unsynced is left.

mod file_fate;
mod names;
mod sector;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

use cluster_sim_runtime::{Address, Choice, Roll};

pub use text::crash_choice_text;

use self::file_fate::Journaled;
use self::sector::SectorFate;
use super::file::File;
use super::tree::Tree;

/// Decides one choice about an address, as `Kernel::choose`, and about a subject for a reader: a path, perhaps with a byte.
pub(super) type Decide<'a> = dyn FnMut(Choice, Address, (&str, Option<u64>), &dyn Fn(Roll) -> u64) -> u64 + 'a;

/// The effect of a crash on one file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The sectors that were not synced.
    pub(super) unsynced: u32,
    /// Those that are as they were written.
    pub(super) kept: u32,
    /// Those that are torn.
    pub(super) torn: u32,
    /// Those with bytes that no node wrote.
    pub(super) garbage: u32,
}

impl Outcome {
    fn count(&mut self, fate: SectorFate) {
        match fate {
            SectorFate::Lost => {}
            SectorFate::Kept => self.kept += 1,
            SectorFate::TornPrefix(_) | SectorFate::TornSuffix(_) | SectorFate::TornSubset(_) => self.torn += 1,
            SectorFate::Garbage(_) => self.garbage += 1,
        }
    }
}

/// The effect of a crash on a disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CrashReport {
    /// The changes of names that were not synced.
    pub(super) names: u32,
    /// Those that are left.
    pub(super) names_kept: u32,
    /// The files that had something unsynced, by path.
    pub(super) files: Vec<(Arc<str>, Outcome)>,
    /// Their lengths before and after.
    pub(super) lengths: Vec<[u64; 2]>,
}

impl Tree {
    /// Decides what is left after a crash; `of_life` is the address of the life that ended.
    pub(super) fn crash(&mut self, of_life: Address, decide: &mut Decide<'_>) -> CrashReport {
        let mut report = CrashReport::default();
        let paths = self.paths();
        let journaled = self.crash_names(of_life, &mut report, decide);
        self.collect([]);
        for (path, times, inode) in paths {
            let rules = self.rules;
            let Some(file) = self.file(inode).filter(|file| file.is_unsynced() || file.is_left()) else { continue };
            if !file.is_unsynced() {
                // A failed sync gave it up: nothing of it is on its way to the medium.
                let _ = self.change_unjournaled(inode, File::settle);
                continue;
            }
            let kept = rules.journals_lengths().then(|| {
                let kept = journaled.get(&inode).copied();
                kept.unwrap_or(Journaled { floor: file.durable.len(), length: file.durable.len() })
            });
            let address = of_life.name(&path).number(times);
            let crashed = self.change_unjournaled(inode, |file| {
                let before = file.current.len();
                let outcome = file.crash(rules, kept, (&path, address), decide);
                (outcome, [before, file.current.len()])
            });
            if let Some((outcome, lengths)) = crashed {
                report.files.push((path, outcome));
                report.lengths.push(lengths);
            }
        }
        self.recount();
        report
    }
}
