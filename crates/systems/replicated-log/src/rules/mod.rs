//! The promises of a replicated log, as rules that know its facts and nothing of how a replica works.
//!
//! | file | rule | promises, by their numbers in the catalogue of checkers |
//! |---|---|---|
//! | `elections.rs` | [`Elections`] | one leader a term (V1), terms and votes outlast crashes (V5), no message of a term after a later one (V16) |
//! | `one_log.rs` | [`OneLog`] | Log Matching (V2), Leader Completeness (V3), State Machine Safety (V4), chains (V15), no cut of what agrees or is committed (L6) |
//! | `no_regress.rs` | [`NoRegress`] | commit index and executed entries never fall (V5), snapshots neither (V10) |
//! | `quorums.rs` | [`Quorums`] | progress is monotone (V7), commitment of entries of the term (V8) that a majority has on disk (L6), adjacent configurations (V9) |
//! | `fresh_reads.rs` | [`FreshReads`] | read index (V11) and lease (V12) |
//! | `states.rs` | [`OneState`] | equal states at equal indexes (V13), also after a snapshot (L8); one effect a request (H18) |
//! | `on_disk.rs` | [`PromisesAreDurable`] | what a message promises is on the disk (V6) |
//! | `settled.rs` | [`all_is_settled`] | in the end all logs are equal (V14) and clients have their answers (H19) |
//!
//! A system with several groups of replicas states facts of its own around those of the log, and says by [`FactSource`] how to find them.

mod durable_log;
mod elections;
mod fresh_reads;
mod no_regress;
mod on_disk;
mod one_log;
mod quorums;
mod settled;
mod states;

use std::marker::PhantomData;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};

pub use self::elections::Elections;
pub use self::fresh_reads::FreshReads;
pub use self::no_regress::NoRegress;
pub use self::on_disk::{JournalPlace, PromisesAreDurable};
pub use self::one_log::OneLog;
pub use self::quorums::Quorums;
pub use self::settled::all_is_settled;
pub use self::states::OneState;
use crate::log_fact::LogFact;

/// Finds the facts of replicas among those of nodes.
pub trait FactSource: 'static {
    /// Returns the fact of a replica in a change, and the group of that replica.
    fn log_fact(change: &Change) -> Option<(u64, &LogFact)>;
}

/// The facts of nodes that are one replica each, all of one group.
#[derive(Debug, Clone, Copy, Default)]
pub struct OneGroup;

impl FactSource for OneGroup {
    fn log_fact(change: &Change) -> Option<(u64, &LogFact)> {
        change.fact().map(|fact| (0, fact))
    }
}

/// A replica that states a fact.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// Its group.
    pub group: u64,
    /// Its node.
    pub node: NodeId,
    /// The name of the node.
    pub name: &'a str,
}

impl At<'_> {
    /// Identifies the replica among those of all groups.
    pub fn replica(&self) -> (u64, NodeId) {
        (self.group, self.node)
    }
}

/// A rule over the facts of replicas: it folds one after the other, each in constant time on average.
pub trait LogRule: Default + 'static {
    /// Folds a fact.
    ///
    /// # Errors
    /// With a sentence that begins with the name of the replica if the rule is broken.
    fn on_fact(&mut self, at: At<'_>, fact: &LogFact) -> Result<(), String>;

    /// Returns how often it could have been broken.
    fn times_checked(&self) -> u64;
}

/// A rule over facts, as an invariant of a simulation.
#[derive(Debug, Default)]
pub struct Folded<R, S = OneGroup> {
    rule: R,
    source: PhantomData<S>,
}

impl<R, S> Folded<R, S> {
    /// Creates the invariant of a rule.
    pub fn of(rule: R) -> Self {
        Self { rule, source: PhantomData }
    }
}

impl<R: LogRule, S: FactSource> Invariant for Folded<R, S> {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let Some((group, fact)) = S::log_fact(change) else { return Verdict::Holds };
        let node = change.node();
        match self.rule.on_fact(At { group, node, name: world.name(node) }, fact) {
            Ok(()) => Verdict::Holds,
            Err(message) => Verdict::violated([node], message),
        }
    }

    fn times_checked(&self) -> u64 {
        self.rule.times_checked()
    }
}
