//! Decides random choices: by the seed, or by a list of decisions.
//!
//! Every random choice of the simulation goes through `Kernel::choose(site, read)`. Each has a **canonical** value: the result in
//! a run without randomness.
//!
//! | choice | canonical value |
//! |---|---|
//! | start of a node | at once |
//! | order of events of one instant, of ready tasks | the order of scheduling; the order in the task table |
//! | first branch of a `select!` | branch 0 |
//! | delay of a message | the median of its link |
//! | time of an operation of a disk | the median of the disk |
//! | time of a request to an object store | the median of the store |
//! | what a crash leaves of a disk | what was synced, and nothing else |
//! | lost by the link, lost by a rule, duplicated, held back | no |
//! | timer late, by how much | no, by 1 ns |
//! | change of the drift of a clock | none |
//! | a fault cancels a task | no |
//! | a fault crashes a node at an operation of its disk | no |
//! | a fault of a disk hits an operation or a sector; where | no; the first place |
//! | a fault of an object store hits a request; how | no; the first way |
//!
//! A **decision** is a choice with another value: a site (stream and address as one word) and the roll.
//! `Scenario::run_with_decisions` logs the decisions of a run; `Scenario::with_decisions` uses them in place of the seed, and
//! every other site takes its canonical value. A certain outcome (a loss of 100 %) or a choice with one possible value is not a
//! decision.
//!
//! Entries can be removed from the list: every other site keeps its roll, since its address names its subject.
//! `tests/replay/pinned.rs` runs a thousand seeds with all their decisions pinned and gets equal digests.
//!
//! Rolls of a node's own (`Node::roll`, `Effects::roll`) are inputs of the node rather than choices of the simulation. They come
//! from the seed in a pinned run too: a canonical value would be another number, not a simpler one.

use std::sync::Arc;

use cluster_sim_types::{NodeId, VirtualInstant};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use crate::random::{Address, Roll, Seed, Stream};

/// A kind of random choice of the simulation, with a canonical value.
///
/// Rolls of a node's own are not choices: they always come from the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Offset of a node's first boot from the start of the run, in nanoseconds.
    Start,
    /// Position of an event among those of its instant.
    Order,
    /// Position of a task among the ready ones.
    Pick,
    /// Branch that a `select!` polls first.
    Select,
    /// Delay of a message, in nanoseconds.
    Delay,
    /// Whether the link loses a message.
    Loss,
    /// Whether a fault's loss rule loses a message.
    Rule,
    /// Whether the link duplicates a message.
    Duplicate,
    /// Whether a message is held back, so that later ones overtake it.
    Reorder,
    /// Time for which a message is held back, in nanoseconds.
    ReorderBy,
    /// Time that an operation of a disk takes, in nanoseconds.
    DiskTime,
    /// Whether a timer fires late.
    TimerLate,
    /// Time by which a timer fires late, in nanoseconds.
    TimerLateBy,
    /// By how much the drift of a clock changes, in billionths; a negative number as its two's complement.
    ClockDrift,
    /// Which unsynced changes of names a crash keeps on a disk: none, all, the first ones, or some.
    CrashNames,
    /// Whether a crash keeps one of them.
    CrashName,
    /// Which unsynced sectors a crash keeps of a file: none, all, the first ones, the last ones, or some.
    CrashFile,
    /// Whether a crash keeps one of them, and whether it is torn.
    CrashSector,
    /// Length in bytes that a crash leaves of a file, if it parts from the data.
    CrashLength,
    /// Whether a fault of a disk does its thing to an operation or a sector.
    DiskFault,
    /// Where a fault of a disk does it: among the bits of a sector, or the sectors of a disk.
    DiskFaultPlace,
    /// Whether a fault cancels a task that is about to be polled.
    CancelTask,
    /// Whether a fault crashes a node at an operation that it submits to its disk.
    CrashInIo,
    /// Time that a request to an object store takes, in nanoseconds.
    ObjectTime,
    /// Whether a fault of an object store hits a request, or a key of one to delete many.
    ObjectFault,
    /// In which of several ways it does, or at which bit of the answer.
    ObjectFaultPlace,
}

impl Choice {
    /// Returns the roll that yields the canonical value.
    const fn canonical(self) -> Roll {
        Roll(match self {
            Self::Start | Self::Order | Self::Pick | Self::Select => 0,
            Self::ReorderBy | Self::TimerLateBy | Self::DiskFaultPlace | Self::ObjectFaultPlace => 0,
            Self::Delay | Self::DiskTime | Self::ClockDrift | Self::ObjectTime => 1 << 63,
            Self::CrashNames | Self::CrashName | Self::CrashFile | Self::CrashSector | Self::CrashLength => 0,
            Self::Loss | Self::Rule | Self::Duplicate | Self::Reorder | Self::TimerLate => u64::MAX,
            Self::DiskFault | Self::CancelTask | Self::CrashInIo | Self::ObjectFault => u64::MAX,
        })
    }
}

/// The subject of a random choice.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// The kind of choice.
    pub choice: Choice,
    /// The stream of its rolls.
    pub stream: Stream,
    /// The address of its roll.
    pub address: Address,
    /// The sender of a message, the node of a task.
    pub node: NodeId,
    /// The receiver; the node itself where there is none.
    pub peer: NodeId,
}

impl Site {
    /// Hashes stream and address to one word, equal in every run.
    pub fn key(&self) -> u64 {
        // A roll under a fixed seed mixes both words.
        Seed(0).roll(self.stream, self.address).0
    }
}

/// A choice that differs from its canonical value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The kind of choice.
    pub choice: Choice,
    /// Stream and address as one word, equal in every run.
    pub site: u64,
    /// The roll that decided it.
    pub roll: Roll,
    /// The result: 1 for an event that happens, nanoseconds for a duration, a position for an order.
    pub value: u64,
    /// The instant of the first request.
    pub at: VirtualInstant,
    /// The sender of a message, the node of a task.
    pub node: NodeId,
    /// The receiver; the node itself where there is none.
    pub peer: NodeId,
}

/// The pinned rolls, by site.
#[derive(Debug, Clone, Default)]
pub struct Decisions(FxHashMap<u64, Roll>);

impl Decisions {
    /// Builds the table from sites and rolls; the last roll for a site wins.
    pub fn new(decisions: impl IntoIterator<Item = (u64, Roll)>) -> Self {
        Self(decisions.into_iter().collect())
    }
}

/// The source of all choices of a run, and an optional log of them.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// Absent in most runs: the seed decides, and nothing is logged.
    otherwise: Option<Box<Otherwise>>,
}

#[derive(Debug, Clone, Default)]
struct Otherwise {
    /// Pinned decisions, with canonical values for all other sites; `None` lets the seed decide.
    pinned: Option<Arc<Decisions>>,
    log: Option<Log>,
}

/// Logged decisions in the order of the first request, one for each site.
#[derive(Debug, Clone, Default)]
struct Log {
    decisions: Vec<Decision>,
    known: FxHashSet<u64>,
}

impl Choices {
    /// Uses `pinned` decisions in place of the seed if given; logs the results if `logs` is set.
    pub fn new(pinned: Option<Arc<Decisions>>, logs: bool) -> Self {
        let is_free = pinned.is_none() && !logs;
        Self { otherwise: (!is_free).then(|| Box::new(Otherwise { pinned, log: logs.then(Log::default) })) }
    }

    /// Returns the logged decisions, in the order of the first request.
    pub fn into_decisions(self) -> Vec<Decision> {
        self.otherwise.and_then(|otherwise| otherwise.log).unwrap_or_default().decisions
    }

    /// Whether the seed decides and nothing is logged.
    #[inline(always)]
    pub(crate) const fn is_free(&self) -> bool {
        self.otherwise.is_none()
    }

    /// Decides at `site`: converts the deciding roll with `read`.
    #[inline(always)]
    pub(crate) fn choose(&mut self, now: VirtualInstant, seed: Seed, site: Site, read: impl Fn(Roll) -> u64) -> u64 {
        if self.is_free() { read(seed.roll(site.stream, site.address)) } else { self.choose_otherwise(now, seed, site, &read) }
    }

    #[cold]
    fn choose_otherwise(&mut self, now: VirtualInstant, seed: Seed, site: Site, read: &dyn Fn(Roll) -> u64) -> u64 {
        let (key, canonical) = (site.key(), site.choice.canonical());
        let Otherwise { pinned, log } = &mut **self.otherwise.get_or_insert_default();
        let roll = match pinned {
            Some(decisions) => decisions.0.get(&key).copied().unwrap_or(canonical),
            None => seed.roll(site.stream, site.address),
        };
        let value = read(roll);
        if let Some(log) = log
            && value != read(canonical)
            && log.known.insert(key)
        {
            let Site { choice, node, peer, .. } = site;
            log.decisions.push(Decision { choice, site: key, roll, value, at: now, node, peer });
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_types::Ratio;

    use super::*;

    const HALF: u64 = 1 << 63;

    fn site(choice: Choice, stream: &str, number: u64) -> Site {
        let address = Address::new().number(number);
        Site { choice, stream: Stream::named(stream), address, node: NodeId(0), peer: NodeId(1) }
    }

    fn logging(decisions: Option<Decisions>) -> Choices {
        Choices::new(decisions.map(Arc::new), true)
    }

    fn logged(choices: &Choices) -> Vec<Decision> {
        choices.clone().into_decisions()
    }

    #[test]
    fn only_values_that_differ_from_the_canonical_one_are_decisions() {
        let mut choices = logging(None);
        let half = Ratio::new(0.5).unwrap();
        let lost: Vec<u64> = (0..64)
            .map(|number| {
                let lost = |roll: Roll| u64::from(roll.holds(half));
                choices.choose(VirtualInstant::ZERO, Seed(7), site(Choice::Loss, "loss", number), lost)
            })
            .collect();
        let count = lost.iter().sum::<u64>() as usize;
        assert!((20..44).contains(&count), "{count} of 64 lost by half");
        assert_eq!(logged(&choices).len(), count);
        choices.choose(VirtualInstant::ZERO, Seed(7), site(Choice::Loss, "loss", 99), |roll| u64::from(roll.holds(Ratio::ONE)));
        assert_eq!(logged(&choices).len(), count, "a certain outcome is not a decision");
        choices.choose(VirtualInstant::ZERO, Seed(7), site(Choice::Delay, "delay", 0), |_| 5);
        assert_eq!(logged(&choices).len(), count, "neither is a value that every roll gives");
    }

    #[test]
    fn without_decisions_every_choice_is_canonical() {
        let mut choices = logging(Some(Decisions::default()));
        let mut roll = |choice| choices.choose(VirtualInstant::ZERO, Seed(7), site(choice, "any", 0), |roll| roll.0);
        let first = [Choice::Start, Choice::Order, Choice::Pick, Choice::Select, Choice::ReorderBy];
        assert_eq!(first.map(&mut roll), [0; 5]);
        assert_eq!(roll(Choice::Delay), HALF, "the median");
        let happens = [Choice::Loss, Choice::Rule, Choice::Duplicate, Choice::Reorder];
        assert_eq!(happens.map(&mut roll), [u64::MAX; 4]);
        assert_eq!(logged(&choices), []);
    }

    #[test]
    fn a_decision_records_its_value_instant_and_nodes() {
        let mut choices = logging(None);
        let now = VirtualInstant::ZERO + std::time::Duration::from_millis(3);
        let site = site(Choice::Delay, "delay", 5);
        let value = choices.choose(now, Seed(7), site, |roll| roll.0 >> 40);
        let roll = Seed(7).roll(site.stream, site.address);
        let (node, peer) = (NodeId(0), NodeId(1));
        assert_eq!(logged(&choices), [Decision { choice: Choice::Delay, site: site.key(), roll, value, at: now, node, peer }]);
    }

    #[test]
    fn the_last_roll_for_a_site_wins() {
        let site = site(Choice::Delay, "delay", 0);
        let mut choices = logging(Some(Decisions::new([(site.key(), Roll(4)), (site.key(), Roll(9))])));
        assert_eq!(choices.choose(VirtualInstant::ZERO, Seed(7), site, |roll| roll.0), 9);
    }

    #[test]
    fn a_repeated_choice_is_logged_once() {
        let mut choices = logging(None);
        for _ in 0..3 {
            choices.choose(VirtualInstant::ZERO, Seed(7), site(Choice::Delay, "delay", 0), |roll| roll.0);
        }
        assert_eq!(logged(&choices).len(), 1);
    }

    #[test]
    fn pinned_sites_repeat_and_all_others_are_canonical() {
        let mut log = logging(None);
        let ask = |choices: &mut Choices, seed, number| {
            choices.choose(VirtualInstant::ZERO, Seed(seed), site(Choice::Delay, "delay", number), |roll| roll.0)
        };
        let rolled: Vec<u64> = (0..4).map(|number| ask(&mut log, 7, number)).collect();
        let kept = logged(&log).into_iter().filter(|decision| decision.value != rolled[2]);
        let mut pinned = logging(Some(Decisions::new(kept.map(|decision| (decision.site, decision.roll)))));
        let again: Vec<u64> = [0, 1, 2].map(|number| ask(&mut pinned, 1_000, number)).to_vec();
        assert_eq!(again, [rolled[0], rolled[1], HALF], "under any seed");
        let again: Vec<u64> = logged(&pinned).iter().map(|decision| decision.value).collect();
        assert_eq!(again, rolled[..2], "the last site was not requested, and the third is canonical");
    }

    #[test]
    fn different_streams_or_addresses_are_different_sites() {
        let sites = [("delay", 0), ("delay", 1), ("loss", 0), ("rule a", 0), ("rule b", 0)];
        let keys: std::collections::BTreeSet<u64> =
            sites.iter().map(|(stream, number)| site(Choice::Rule, stream, *number).key()).collect();
        assert_eq!(keys.len(), sites.len());
    }
}
