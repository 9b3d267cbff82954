//! The rule that what a message promises is on the disk of its sender.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};

use super::durable_log::DurableLog;
use super::{FactSource, OneGroup};
use crate::log::HardState;
use crate::log_fact::LogFact;
use crate::store::JOURNAL;

/// Where the journal of a replica is.
pub trait JournalPlace: 'static {
    /// Returns the directory of the journal of a replica of that group, without slashes around it.
    fn directory(group: u64) -> String;
}

impl JournalPlace for OneGroup {
    fn directory(_: u64) -> String {
        JOURNAL.to_owned()
    }
}

/// Checks that all that a replica tells others about its disk is durable there in that step (V6).
///
/// Reads what the disk would have after a loss of power, as a recovery would: the term of each message, the vote and the entries that it
/// promises, and the entries of a leader that counts itself. Between two promises of a replica it compares its durable files and reads
/// what changed. `times_checked` counts promises.
#[derive(Debug)]
pub struct PromisesAreDurable<S = OneGroup> {
    /// The durable log of each replica, by group.
    logs: BTreeMap<(u64, NodeId), DurableLog>,
    times_checked: u64,
    source: PhantomData<S>,
}

impl<S> Default for PromisesAreDurable<S> {
    fn default() -> Self {
        Self { logs: BTreeMap::new(), times_checked: 0, source: PhantomData }
    }
}

impl<S: FactSource + JournalPlace> Invariant for PromisesAreDurable<S> {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let Some((group, fact)) = S::log_fact(change) else { return Verdict::Holds };
        let (term, vote, matched, chain) = match fact {
            LogFact::Promised { term, vote, matched, chain } => (*term, *vote, *matched, Some(*chain).filter(|chain| *chain != 0)),
            LogFact::Advanced { term, stable, .. } => (*term, None, *stable, None),
            _ => return Verdict::Holds,
        };
        self.times_checked += 1;
        let (node, name) = (change.node(), world.name(change.node()));
        let log = self.logs.entry((group, node)).or_default();
        let Some(log) = world.disk(node).and_then(|disk| log.read(&disk, &S::directory(group))) else {
            return Verdict::violated([node], format!("{name} sent a message of term {term}, and its disk has no log"));
        };
        let HardState { term: durable, vote: voted } = log.hard;
        if durable < term || (vote.is_some() && durable == term && voted != vote) {
            let promised = vote.map_or_else(String::new, |vote| format!(" with a vote for {vote}"));
            return Verdict::violated(
                [node],
                format!("{name} sent a message of term {term}{promised}, and its disk has term {durable} with vote {voted:?}"),
            );
        }
        let is_there = match log.chain_at(matched) {
            Some(found) => chain.is_none_or(|chain| chain == found),
            None => matched < log.base(),
        };
        if matched > 0 && !is_there {
            return Verdict::violated(
                [node],
                format!("{name} vouched for entry {matched}, which a loss of power would take from it"),
            );
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
