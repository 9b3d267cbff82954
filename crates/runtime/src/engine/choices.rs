//! Who decides what is left to chance: the seed, or a list of decisions.

use std::sync::Arc;

use cluster_sim_vocabulary::{NodeId, VirtualInstant};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::chance::{Address, Roll, Seed, Stream};

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

/// Decisions by what they are about.
#[derive(Debug, Clone, Default)]
pub struct Decisions {
    /// The roll of each site, and its place in the list.
    by_site: FxHashMap<u64, (Roll, u32)>,
    count: usize,
}

impl Decisions {
    /// A table of sites and rolls; of two for one site the last one counts.
    pub fn new(decisions: impl IntoIterator<Item = (u64, Roll)>) -> Self {
        let mut table = Self::default();
        for ((site, roll), place) in decisions.into_iter().zip(0..) {
            table.by_site.insert(site, (roll, place));
            table.count += 1;
        }
        table
    }
}

/// Who decides.
#[derive(Debug, Clone, Default)]
pub enum Choices {
    /// The seed.
    #[default]
    Seed,
    /// The seed, and what it decides is kept. A site that is asked again is kept once.
    Logged {
        /// What was decided, in the order in which it was asked for.
        decisions: Vec<Decision>,
        /// The sites among them.
        known: rustc_hash::FxHashSet<u64>,
    },
    /// A list of decisions; everything else takes its canonical value.
    Pinned {
        /// The list.
        decisions: Arc<Decisions>,
        /// Which of them, by their places, were asked for.
        asked: Vec<bool>,
    },
}

impl Choices {
    /// The seed decides, and what it decides is kept.
    pub fn logged() -> Self {
        Self::Logged { decisions: Vec::new(), known: rustc_hash::FxHashSet::default() }
    }

    /// These decisions, and the canonical value for everything else.
    pub fn pinned(decisions: Arc<Decisions>) -> Self {
        let asked = vec![false; decisions.count];
        Self::Pinned { decisions, asked }
    }

    /// Whether the seed decides, and nobody wants to know what.
    #[inline(always)]
    pub(crate) const fn is_free(&self) -> bool {
        matches!(self, Self::Seed)
    }

    /// What comes out at a site: the reading of the roll that decides it.
    #[inline(always)]
    pub(crate) fn choose(&mut self, now: VirtualInstant, seed: Seed, site: Site, read: impl Fn(Roll) -> u64) -> u64 {
        if self.is_free() { read(seed.roll(site.stream, site.address)) } else { self.choose_otherwise(now, seed, site, &read) }
    }

    #[cold]
    fn choose_otherwise(&mut self, now: VirtualInstant, seed: Seed, site: Site, read: &dyn Fn(Roll) -> u64) -> u64 {
        let canonical = site.choice.canonical();
        match self {
            Self::Seed => read(seed.roll(site.stream, site.address)),
            Self::Logged { decisions, known } => {
                let roll = seed.roll(site.stream, site.address);
                let (key, value) = (site.key(), read(roll));
                if value != read(canonical) && known.insert(key) {
                    let Site { choice, node, peer, .. } = site;
                    decisions.push(Decision { choice, site: key, roll, value, at: now, node, peer });
                }
                value
            }
            Self::Pinned { decisions, asked } => match decisions.by_site.get(&site.key()) {
                Some((roll, place)) => {
                    asked[*place as usize] = true;
                    read(*roll)
                }
                None => read(canonical),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_vocabulary::Ratio;

    use super::*;

    const HALF: u64 = 1 << 63;

    fn site(choice: Choice, stream: &str, number: u64) -> Site {
        let address = Address::new().number(number);
        Site { choice, stream: Stream::named(stream), address, node: NodeId(0), peer: NodeId(1) }
    }

    fn logged(choices: &Choices) -> &[Decision] {
        let Choices::Logged { decisions, .. } = choices else { panic!("{choices:?} keeps nothing") };
        decisions
    }

    #[test]
    fn only_what_differs_from_the_canonical_value_is_a_decision() {
        let mut choices = Choices::logged();
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
    fn a_site_that_is_asked_again_is_one_decision() {
        let mut choices = Choices::logged();
        for _ in 0..3 {
            choices.choose(VirtualInstant::ZERO, Seed(7), site(Choice::Delay, "delay", 0), |roll| roll.0);
        }
        assert_eq!(logged(&choices).len(), 1);
    }

    #[test]
    fn what_is_pinned_comes_out_again_and_everything_else_is_canonical() {
        let mut log = Choices::logged();
        let ask = |choices: &mut Choices, seed, number| {
            choices.choose(VirtualInstant::ZERO, Seed(seed), site(Choice::Delay, "delay", number), |roll| roll.0)
        };
        let rolled: Vec<u64> = (0..4).map(|number| ask(&mut log, 7, number)).collect();
        let kept = logged(&log).iter().filter(|decision| decision.value != rolled[2]);
        let mut pinned = Choices::pinned(Arc::new(Decisions::new(kept.map(|decision| (decision.site, decision.roll)))));
        let again: Vec<u64> = [0, 1, 2].map(|number| ask(&mut pinned, 1_000, number)).to_vec();
        assert_eq!(again, [rolled[0], rolled[1], HALF], "under any seed");
        let Choices::Pinned { asked, .. } = pinned else { unreachable!("it was pinned") };
        assert_eq!(asked, [true, true, false], "nobody asked for the last one");
    }

    #[test]
    fn sites_of_two_streams_or_addresses_are_two() {
        let sites = [("delay", 0), ("delay", 1), ("loss", 0), ("rule a", 0), ("rule b", 0)];
        let keys: std::collections::BTreeSet<u64> =
            sites.iter().map(|(stream, number)| site(Choice::Rule, stream, *number).key()).collect();
        assert_eq!(keys.len(), sites.len());
    }
}
