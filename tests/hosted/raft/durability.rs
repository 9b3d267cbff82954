//! The rules of what replicas remember: nothing regresses across restarts, and no promise is sent before it is durable.

use std::collections::BTreeMap;

use cluster_sim::check::{Change, DiskView, Invariant};
use cluster_sim::node::{DiskImage, MachineJournal};
use cluster_sim::prelude::*;
use raft::eraftpb::HardState;

use super::facts::{Promise, Promised, Status};
use super::glue::{LOG, decode, options};

/// Term, vote and commit, once durable, never regress, also across restarts.
#[derive(Default)]
pub(crate) struct Remembers {
    last: BTreeMap<NodeId, HardState>,
    changes: u64,
}

impl Invariant for Remembers {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let node = change.node();
        let (Change::View(_), Some(Status { durable, .. })) = (change, world.view(node)) else { return Verdict::Holds };
        let last = self.last.entry(node).or_default();
        let keeps_vote = last.vote == 0 || durable.term > last.term || durable.vote == last.vote;
        if durable.term < last.term || durable.commit < last.commit || !keeps_vote {
            return Verdict::violated([node], format!("it had {last:?} and now has {durable:?}"));
        }
        self.changes += u64::from(last != durable);
        last.clone_from(durable);
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.changes
    }
}

/// A vote or an acknowledgement that was sent is durable on the disk of its sender at that step, or a later term is.
#[derive(Default)]
pub(crate) struct DurablePromises {
    disks: BTreeMap<NodeId, Durable>,
    promises: u64,
}

/// The durable records of a node, up to one.
#[derive(Default)]
struct Durable {
    record: u64,
    state: HardState,
    /// The terms of the entries, from index 1 on.
    terms: Vec<u64>,
}

impl Durable {
    /// Reads the records that were added since the last time.
    fn read(&mut self, disk: DiskView<'_>) {
        let paths = disk.durable_paths();
        // Segments are named by their first record.
        let first = |path: &String| path.strip_prefix("raft/")?.strip_suffix(".journal")?.parse::<u64>().ok();
        let known = paths.iter().rposition(|path| first(path).is_some_and(|first| first <= self.record + 1)).unwrap_or(0);
        let files = paths[known..].iter().filter_map(|path| Some((path, disk.durable(path)?)));
        let image = files.fold(DiskImage::default(), |image, (path, bytes)| image.with(path, &bytes));
        let Ok((_, recovered)) = MachineJournal::recover(&image, LOG, options()) else { return };
        let before = self.record;
        for record in recovered.records.iter().filter(|record| record.sequence > before) {
            let (state, entries) = decode(record);
            self.state = state.unwrap_or(std::mem::take(&mut self.state));
            for entry in entries {
                self.terms.truncate(entry.index as usize - 1);
                self.terms.push(entry.term);
            }
            self.record = record.sequence;
        }
    }

    fn has(&self, promised: &Promised) -> bool {
        if self.state.term != promised.term {
            return self.state.term > promised.term;
        }
        match promised.promise {
            Promise::Vote(candidate) => self.state.vote == candidate,
            Promise::Entry(index, term) => self.terms.get(index as usize - 1) == Some(&term),
        }
    }
}

impl Invariant for DurablePromises {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let Some(promised) = change.fact::<Promised>() else { return Verdict::Holds };
        let node = change.node();
        let durable = self.disks.entry(node).or_default();
        self.promises += 1;
        if let Some(disk) = world.disk(node).filter(|_| !durable.has(promised)) {
            durable.read(disk);
        }
        if durable.has(promised) {
            return Verdict::Holds;
        }
        Verdict::violated([node], format!("its disk does not hold {promised:?} but {:?}", durable.state))
    }

    fn times_checked(&self) -> u64 {
        self.promises
    }
}
