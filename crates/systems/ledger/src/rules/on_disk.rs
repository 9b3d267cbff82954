//! The rule that what a store vouches for is on its disk.

use std::collections::BTreeSet;

use cluster_sim_invariants::{Change, DiskView, Invariant, NodeId, Verdict, World};
use cluster_sim_node::{JournalEngine, JournalOptions};

use crate::durable::{JOURNAL, JOURNAL_FILES};
use crate::entry::Entry;
use crate::fact::LedgerFact;

/// Checks that a store vouches only for entries that are durable on its disk in that step (V6).
///
/// Reads what the disk would have after a loss of power, as a recovery would. An entry whose bytes are damaged counts for nothing: its
/// store synced it, and the disk rotted since. `times_checked` counts entries of stores.
#[derive(Debug, Default)]
pub struct VouchedIsDurable {
    bad_disks: usize,
    /// The stores that vouched for what was not durable.
    liars: BTreeSet<NodeId>,
    times_checked: u64,
}

impl VouchedIsDurable {
    /// Creates the rule for a scenario in which that many disks may confirm what they do not do.
    ///
    /// Their stores cannot know, and are let pass: those that are found first.
    pub fn with_bad_disks(bad_disks: usize) -> Self {
        Self { bad_disks, ..Self::default() }
    }

    fn on_vouched(&mut self, store: NodeId, upto: u64, world: &World<'_>) -> Verdict {
        let is_durable = world.disk(store).map_or(Some(false), |disk| is_durable(&disk, upto));
        self.times_checked += u64::from(is_durable.is_some());
        if is_durable == Some(false) {
            self.liars.insert(store);
        }
        if self.liars.len() <= self.bad_disks || is_durable != Some(false) {
            return Verdict::Holds;
        }
        Verdict::violated(
            [store],
            format!("{} vouched for entry {upto}, which a loss of power would take from it", world.name(store)),
        )
    }
}

/// Whether a loss of power would leave the entry of a number; `None` if its bytes are damaged.
fn is_durable(disk: &DiskView<'_>, index: u64) -> Option<bool> {
    let below = format!("{JOURNAL}/");
    // The segments are named by their first records, with leading zeros.
    let bound = format!("{below}{index:020}~");
    let Some(path) = disk.paths().into_iter().rfind(|path| path.starts_with(&below) && *path < bound) else { return Some(false) };
    let segment = (path.strip_prefix(&below)?.to_owned(), disk.current(&path)?);
    let (journal, found) = JournalEngine::recover(JOURNAL, &JournalOptions::default(), JOURNAL_FILES, [segment]).ok()?;
    let Some(record) = found.records.into_iter().find(|record| record.sequence == index) else {
        return found.torn.is_none().then_some(false);
    };
    let entry: Entry = postcard::from_bytes(&record.payload).ok()?;
    let place = journal.place_of(index).ok()?;
    let [current, durable] =
        [DiskView::current_at, DiskView::durable_at].map(|read| read(disk, &path, place.offset, place.length as usize));
    Some(entry.index == index && current == durable)
}

impl Invariant for VouchedIsDurable {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        match change.fact::<LedgerFact>() {
            Some(LedgerFact::Vouched { upto, .. }) if *upto > 0 => self.on_vouched(change.node(), *upto, world),
            _ => Verdict::Holds,
        }
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
