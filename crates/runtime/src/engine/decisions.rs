//! Who decides what is left to chance: the seed, or a list of decisions.

use std::sync::Arc;

use cluster_sim_types::{NodeId, VirtualInstant};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use crate::random::{Address, Roll, Seed, Stream};

/// What the simulation leaves to chance. What a node draws for itself is not among it: that is an input of the node, and always the seed's.
///
/// Each has a *canonical* value, that of a world in which nothing happens by chance: everybody starts at once, what meets at one instant
/// comes in the order in which it was scheduled, every message takes the median of its link, and arrives once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// How long after the start of the run a node starts, in nanoseconds.
    Start,
    /// The place of an event among those of its instant.
    Order,
    /// The place of a task among those that are ready.
    Pick,
    /// At which branch a `select!` begins.
    Select,
    /// How long a message takes, in nanoseconds.
    Delay,
    /// Whether the link loses a message.
    Loss,
    /// Whether a rule of a fault loses it.
    Rule,
    /// Whether the link delivers it twice.
    Duplicate,
    /// Whether it is held back, so that others overtake it.
    Reorder,
    /// For how long, in nanoseconds.
    ReorderBy,
}

impl Choice {
    /// The roll that gives the canonical value.
    const fn canonical(self) -> Roll {
        Roll(match self {
            Self::Start | Self::Order | Self::Pick | Self::Select | Self::ReorderBy => 0,
            Self::Delay => 1 << 63,
            Self::Loss | Self::Rule | Self::Duplicate | Self::Reorder => u64::MAX,
        })
    }
}

/// What is decided about.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// Which kind of choice.
    pub choice: Choice,
    /// What its rolls are told apart by.
    pub stream: Stream,
    /// What it is about.
    pub address: Address,
    /// Whom it concerns first: the sender of a message, the node of a task.
    pub node: NodeId,
    /// Whom it concerns too: the receiver.
    pub peer: NodeId,
}

impl Site {
    /// The site as one word, the same in every run.
    fn key(&self) -> u64 {
        // A roll under no seed in particular mixes both words.
        Seed(0).roll(self.stream, self.address).0
    }
}

/// A choice that came out otherwise than its canonical value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Which kind of choice.
    pub choice: Choice,
    /// What it is about, as one word: the same in every run.
    pub site: u64,
    /// The roll that decided it.
    pub roll: Roll,
    /// What came out: 1 for something that happened, nanoseconds for a duration, a place for an order.
    pub value: u64,
    /// When it was asked for first.
    pub at: VirtualInstant,
    /// Whom it concerns first.
    pub node: NodeId,
    /// Whom it concerns too; the node itself where there is nobody else.
    pub peer: NodeId,
}

/// The rolls that decisions pin, by what they are about.
#[derive(Debug, Clone, Default)]
pub struct Decisions(FxHashMap<u64, Roll>);

impl Decisions {
    /// A table of sites and rolls; of two for one site the last one counts.
    pub fn new(decisions: impl IntoIterator<Item = (u64, Roll)>) -> Self {
        Self(decisions.into_iter().collect())
    }
}

/// Who decides, and whether anybody wants to know what.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// These decisions, and the canonical value for everything else; nothing where the seed decides.
    pinned: Option<Arc<Decisions>>,
    log: Option<Log>,
}

/// What was decided, in the order in which it was asked for. A site that is asked again stands once.
#[derive(Debug, Clone, Default)]
struct Log {
    decisions: Vec<Decision>,
    known: FxHashSet<u64>,
}

impl Choices {
    /// Has decisions decide in place of the seed, if there are any, and keeps what comes out if it is asked to.
    pub fn new(pinned: Option<Arc<Decisions>>, keeps: bool) -> Self {
        Self { pinned, log: keeps.then(Log::default) }
    }

    /// What was kept: each choice that came out otherwise than its canonical value, in the order in which it was asked for.
    pub fn into_decisions(self) -> Vec<Decision> {
        self.log.unwrap_or_default().decisions
    }

    /// Whether the seed decides, and nobody wants to know what.
    #[inline(always)]
    pub(crate) const fn is_free(&self) -> bool {
        self.pinned.is_none() && self.log.is_none()
    }

    /// What comes out at a site: the reading of the roll that decides it.
    #[inline(always)]
    pub(crate) fn choose(&mut self, now: VirtualInstant, seed: Seed, site: Site, read: impl Fn(Roll) -> u64) -> u64 {
        if self.is_free() { read(seed.roll(site.stream, site.address)) } else { self.choose_otherwise(now, seed, site, &read) }
    }

    #[cold]
    fn choose_otherwise(&mut self, now: VirtualInstant, seed: Seed, site: Site, read: &dyn Fn(Roll) -> u64) -> u64 {
        let (key, canonical) = (site.key(), site.choice.canonical());
        let roll = match &self.pinned {
            Some(decisions) => decisions.0.get(&key).copied().unwrap_or(canonical),
            None => seed.roll(site.stream, site.address),
        };
        let value = read(roll);
        if let Some(log) = &mut self.log
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

    fn keeping(decisions: Option<Decisions>) -> Choices {
        Choices::new(decisions.map(Arc::new), true)
    }

    fn logged(choices: &Choices) -> Vec<Decision> {
        choices.clone().into_decisions()
    }

    #[test]
    fn only_what_differs_from_the_canonical_value_is_a_decision() {
        let mut choices = keeping(None);
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
        assert_eq!(logged(&choices).len(), count, "what is certain is no choice");
        choices.choose(VirtualInstant::ZERO, Seed(7), site(Choice::Delay, "delay", 0), |_| 5);
        assert_eq!(logged(&choices).len(), count, "nor is what comes out the same for every roll");
    }

    #[test]
    fn without_decisions_nobody_waits_nothing_is_put_off_and_what_may_happen_does_not() {
        let mut choices = keeping(Some(Decisions::default()));
        let mut roll = |choice| choices.choose(VirtualInstant::ZERO, Seed(7), site(choice, "any", 0), |roll| roll.0);
        let first = [Choice::Start, Choice::Order, Choice::Pick, Choice::Select, Choice::ReorderBy];
        assert_eq!(first.map(&mut roll), [0; 5]);
        assert_eq!(roll(Choice::Delay), HALF, "the median");
        let happens = [Choice::Loss, Choice::Rule, Choice::Duplicate, Choice::Reorder];
        assert_eq!(happens.map(&mut roll), [u64::MAX; 4]);
        assert_eq!(logged(&choices), []);
    }

    #[test]
    fn a_decision_tells_what_came_out_when_and_whom_it_concerns() {
        let mut choices = keeping(None);
        let now = VirtualInstant::ZERO + std::time::Duration::from_millis(3);
        let site = site(Choice::Delay, "delay", 5);
        let value = choices.choose(now, Seed(7), site, |roll| roll.0 >> 40);
        let roll = Seed(7).roll(site.stream, site.address);
        let (node, peer) = (NodeId(0), NodeId(1));
        assert_eq!(logged(&choices), [Decision { choice: Choice::Delay, site: site.key(), roll, value, at: now, node, peer }]);
    }

    #[test]
    fn of_two_rolls_for_one_site_the_last_one_counts() {
        let site = site(Choice::Delay, "delay", 0);
        let mut choices = keeping(Some(Decisions::new([(site.key(), Roll(4)), (site.key(), Roll(9))])));
        assert_eq!(choices.choose(VirtualInstant::ZERO, Seed(7), site, |roll| roll.0), 9);
    }

    #[test]
    fn a_site_that_is_asked_again_is_one_decision() {
        let mut choices = keeping(None);
        for _ in 0..3 {
            choices.choose(VirtualInstant::ZERO, Seed(7), site(Choice::Delay, "delay", 0), |roll| roll.0);
        }
        assert_eq!(logged(&choices).len(), 1);
    }

    #[test]
    fn what_is_pinned_comes_out_again_and_everything_else_is_canonical() {
        let mut log = keeping(None);
        let ask = |choices: &mut Choices, seed, number| {
            choices.choose(VirtualInstant::ZERO, Seed(seed), site(Choice::Delay, "delay", number), |roll| roll.0)
        };
        let rolled: Vec<u64> = (0..4).map(|number| ask(&mut log, 7, number)).collect();
        let kept = logged(&log).into_iter().filter(|decision| decision.value != rolled[2]);
        let mut pinned = keeping(Some(Decisions::new(kept.map(|decision| (decision.site, decision.roll)))));
        let again: Vec<u64> = [0, 1, 2].map(|number| ask(&mut pinned, 1_000, number)).to_vec();
        assert_eq!(again, [rolled[0], rolled[1], HALF], "under any seed");
        let again: Vec<u64> = logged(&pinned).iter().map(|decision| decision.value).collect();
        assert_eq!(again, rolled[..2], "nobody asked for the last one, and the third is canonical");
    }

    #[test]
    fn sites_of_two_streams_or_addresses_are_two() {
        let sites = [("delay", 0), ("delay", 1), ("loss", 0), ("rule a", 0), ("rule b", 0)];
        let keys: std::collections::BTreeSet<u64> =
            sites.iter().map(|(stream, number)| site(Choice::Rule, stream, *number).key()).collect();
        assert_eq!(keys.len(), sites.len());
    }
}
