//! The rules of what replicas remember: nothing regresses across restarts, and no promise is sent before it is durable.

use std::collections::BTreeMap;

use cluster_sim::check::{Change, DiskView, Invariant};
use cluster_sim::node::{EntryLog, Recovered};
use cluster_sim::prelude::*;
use raft::eraftpb::{Entry, HardState};

use super::facts::{Promise, Promised};
use super::packet::decode;
use super::status::Status;
use super::store::LOG;

/// Term, vote and commit, once durable, never regress, also across restarts.
#[derive(Default)]
pub(crate) struct Remembers {
    last: BTreeMap<NodeId, HardState>,
    changes: u64,
}

impl Invariant for Remembers {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let node = change.node();
        let (Change::View(_), Some(Status { durable: Some(durable), is_out: false, .. })) = (change, world.view(node)) else {
            return Verdict::Holds;
        };
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

/// The disk of a node when it was read last.
#[derive(Default)]
struct Durable {
    state: HardState,
    /// The index of the snapshot.
    base: u64,
    /// The terms of the entries after it.
    terms: Vec<u64>,
}

impl Durable {
    fn read(disk: DiskView<'_>) -> Option<Self> {
        let recovered = Recovered::of(LOG, disk.durable_files()).ok()?;
        let log = EntryLog::read(&recovered.records).ok()?;
        let terms = log.entries_from(0).map(|(_, entry)| decode::<Entry>(entry).term).collect();
        Some(Self { state: decode(log.state()), base: log.base(), terms })
    }

    fn has(&self, promised: &Promised) -> bool {
        if self.state.term != promised.term {
            return self.state.term > promised.term;
        }
        match promised.promise {
            Promise::Vote(candidate) => self.state.vote == candidate,
            Promise::Entry(index, term) => match index.checked_sub(self.base + 1) {
                Some(offset) => self.terms.get(offset as usize) == Some(&term),
                None => true,
            },
        }
    }
}

impl Invariant for DurablePromises {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let Some(promised) = change.fact::<Promised>() else { return Verdict::Holds };
        let node = change.node();
        let durable = self.disks.entry(node).or_default();
        self.promises += 1;
        if !durable.has(promised) {
            *durable = world.disk(node).and_then(Durable::read).unwrap_or_default();
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
