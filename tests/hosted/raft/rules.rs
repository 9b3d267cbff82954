//! The rules of raft, after every step: election safety, log matching, leader completeness, state-machine safety.

use std::collections::BTreeMap;

use cluster_sim::check::{Change, Invariant};
use cluster_sim::prelude::*;

use super::facts::{Applied, Written, Wrote};
use super::status::Status;

/// At most one replica ever leads in a term.
#[derive(Default)]
pub(crate) struct ElectionSafety {
    leaders: BTreeMap<u64, NodeId>,
}

impl Invariant for ElectionSafety {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let (Change::View(node), Some(status)) = (change, world.view::<Status>(change.node())) else { return Verdict::Holds };
        if !status.leads {
            return Verdict::Holds;
        }
        match *self.leaders.entry(status.term).or_insert(*node) {
            first if first == *node => Verdict::Holds,
            first => Verdict::violated([first, *node], format!("both led term {}", status.term)),
        }
    }

    fn times_checked(&self) -> u64 {
        self.leaders.len() as u64
    }
}

/// Logs with an entry of one index and term are equal up to it.
#[derive(Default)]
pub(crate) struct LogMatching {
    written: BTreeMap<(u64, u64), (u64, NodeId)>,
}

impl Invariant for LogMatching {
    fn observe(&mut self, change: &Change, _world: &World<'_>) -> Verdict {
        let Some(Wrote(Written { index, term, hash })) = change.fact() else { return Verdict::Holds };
        let (first, by) = *self.written.entry((*index, *term)).or_insert((*hash, change.node()));
        if first == *hash {
            return Verdict::Holds;
        }
        Verdict::violated([by, change.node()], format!("their logs differ up to entry {index} of term {term}"))
    }

    fn times_checked(&self) -> u64 {
        self.written.len() as u64
    }
}

/// A new leader has every entry that any replica applied.
#[derive(Default)]
pub(crate) struct LeaderCompleteness {
    /// The applied entry of the highest index, and the replica that applied it.
    last: Option<(Written, NodeId)>,
    /// The highest term that had a leader.
    term: u64,
    leaders: u64,
}

impl Invariant for LeaderCompleteness {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        if let Some(Applied(entry)) = change.fact()
            && self.last.is_none_or(|(last, _)| last.index < entry.index)
        {
            self.last = Some((*entry, change.node()));
        }
        let (Change::View(node), Some(status)) = (change, world.view::<Status>(change.node())) else { return Verdict::Holds };
        if !status.leads || status.term <= self.term {
            return Verdict::Holds;
        }
        self.term = status.term;
        self.leaders += 1;
        match self.last {
            Some((entry, by)) if status.entry(entry.index) != Some(entry) => {
                Verdict::violated([by, *node], format!("{node} leads term {} without {entry:?}, which {by} applied", status.term))
            }
            _ => Verdict::Holds,
        }
    }

    fn times_checked(&self) -> u64 {
        self.leaders
    }
}

/// No two replicas apply different entries at one index.
#[derive(Default)]
pub(crate) struct StateMachineSafety {
    applied: BTreeMap<u64, (Written, NodeId)>,
}

impl Invariant for StateMachineSafety {
    fn observe(&mut self, change: &Change, _world: &World<'_>) -> Verdict {
        let Some(Applied(entry)) = change.fact() else { return Verdict::Holds };
        let (first, by) = *self.applied.entry(entry.index).or_insert((*entry, change.node()));
        if first == *entry {
            return Verdict::Holds;
        }
        Verdict::violated([by, change.node()], format!("they applied {first:?} and {entry:?}"))
    }

    fn times_checked(&self) -> u64 {
        self.applied.len() as u64
    }
}

/// Every replica that takes part applied as much as every other.
pub(crate) fn all_applied_the_same(world: &World<'_>) -> bool {
    let mut applied = world.views::<Status>().filter(|(_, status)| !status.is_out).map(|(_, status)| status.applied);
    let first = applied.next();
    applied.all(|other| Some(other) == first)
}
