//! The rule that what a store vouches for is on its disk.

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};
use cluster_sim_node::{JournalEngine, JournalOptions};

use crate::durable::{JOURNAL, JOURNAL_FILES};
use crate::entry::Entry;
use crate::fact::LedgerFact;

/// Checks that a store vouches only for entries that are durable on its disk in that step (V6).
///
/// Reads what the disk would have after a loss of power, as a recovery would. `times_checked` counts entries of stores.
#[derive(Debug, Default)]
pub struct VouchedIsDurable {
    times_checked: u64,
}

impl VouchedIsDurable {
    fn on_vouched(&mut self, store: NodeId, upto: u64, world: &World<'_>) -> Verdict {
        self.times_checked += 1;
        if durable_entry(store, upto, world).is_some_and(|entry| entry.index == upto) {
            return Verdict::Holds;
        }
        Verdict::violated(
            [store],
            format!("{} vouched for entry {upto}, which a loss of power would take from it", world.name(store)),
        )
    }
}

/// Returns the entry of a number, if a loss of power would leave it.
fn durable_entry(store: NodeId, index: u64, world: &World<'_>) -> Option<Entry> {
    let disk = world.disk(store)?;
    let below = format!("{JOURNAL}/");
    // The segments are named by their first records, with leading zeros.
    let bound = format!("{below}{index:020}~");
    let path = disk.durable_paths().into_iter().rfind(|path| path.starts_with(&below) && *path < bound)?;
    let segment = (path.strip_prefix(&below)?.to_owned(), disk.durable(&path)?);
    let (_, found) = JournalEngine::recover(JOURNAL, &JournalOptions::default(), JOURNAL_FILES, [segment]).ok()?;
    let record = found.records.into_iter().find(|record| record.sequence == index)?;
    postcard::from_bytes(&record.payload).ok()
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
