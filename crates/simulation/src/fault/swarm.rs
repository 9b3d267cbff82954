//! Draws the plan of one seed: few kinds, some of them much more often than others.

use std::collections::BTreeSet;
use std::time::Duration;

use cluster_sim_runtime::{Address, QuantileTable, Roll, Seed, Stream};
use cluster_sim_types::{Ratio, VirtualInstant};

use super::draw::{Draw, Drawn, Targets};
use super::families::drawn;
use super::network::CUT_REGION;
use super::{FaultKind, ScheduledFault};

const MASK: Stream = Stream::named("profile mask");
const WEIGHT: Stream = Stream::named("profile weight");
const WHEN: Stream = Stream::named("profile when");
const WHICH: Stream = Stream::named("profile which");
const LENGTH: Stream = Stream::named("profile length");
const FAVOURITE: Stream = Stream::named("profile favourite");
const FOLLOW: Stream = Stream::named("profile heels");

/// A kind that the seed keeps, and its weights.
#[derive(Debug, Clone, Copy)]
struct Weighted {
    kind: Drawn,
    address: Address,
    /// The interval is 2^rarity / 4 of the mean, corrected.
    rarity: u32,
    /// The length is 2^length / 2 of the mean, corrected.
    length: u32,
}

/// About the most faults that a seed draws; longer runs have longer intervals instead.
///
/// A report holds the record of each.
const MOST_FAULTS: u128 = 1_000_000;

impl Weighted {
    fn new(seed: Seed, kind: Drawn, address: Address) -> Self {
        let weight = |number, bound| seed.roll(WEIGHT, address.number(number)).below(bound) as u32;
        Self { kind, address, rarity: weight(0, 5), length: weight(1, 3) }
    }

    /// Corrected so that the mean over seeds stays: the powers from 1/4 to 4 have a mean of 31/20.
    fn interval(&self, sampled: u64) -> u64 {
        scaled(sampled, 31 << self.rarity, 20 * 4)
    }

    /// Corrected so that the mean over seeds stays: the powers from 1/2 to 2 have a mean of 7/6.
    fn length(&self, sampled: u64) -> Duration {
        Duration::from_nanos(scaled(sampled, 6 << self.length, 7 * 2))
    }
}

fn scaled(nanoseconds: u64, by: u64, over: u64) -> u64 {
    u64::try_from(u128::from(nanoseconds) * u128::from(by) / u128::from(over)).unwrap_or(u64::MAX)
}

/// The faults that a profile wants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) mean_interval: Duration,
    /// The longest that a fault may last.
    pub(super) longest: Duration,
    pub(super) kinds: &'a BTreeSet<FaultKind>,
}

/// The faults that one seed draws.
pub(super) struct Swarm<'a> {
    seed: Seed,
    kinds: Vec<Weighted>,
    /// By what all intervals are longer than the means say.
    stretch: u64,
    intervals: &'a QuantileTable,
    lengths: &'a QuantileTable,
    longest: Duration,
    targets: Targets<'a>,
    end: VirtualInstant,
}

impl<'a> Swarm<'a> {
    /// Draws the kinds and weights of a seed; absent if it has no faults.
    pub(super) fn of(
        seed: Seed,
        wanted: Wanted<'_>,
        [intervals, lengths]: [&'a QuantileTable; 2],
        targets: Targets<'a>,
        end: VirtualInstant,
    ) -> Option<Self> {
        let has_targets = !targets.nodes.is_empty() || !targets.cut.is_empty();
        if !has_targets || seed.roll(MASK, Address::new()).holds(Ratio::percent(20)) {
            return None;
        }
        let kinds = drawn().into_iter().filter(|drawn| {
            let has_regions = drawn.number != CUT_REGION || !targets.regions.is_empty();
            has_regions && wanted.kinds.contains(&drawn.kind)
        });
        let kinds = kinds.map(|kind| (kind, Address::new().number(kind.number)));
        let kinds = kinds.filter(|(kind, address)| seed.roll(MASK, *address).holds(Ratio::percent(kind.percent)));
        let kinds: Vec<Weighted> = kinds.map(|(kind, address)| Weighted::new(seed, kind, address)).collect();
        let mean_interval = u64::try_from(wanted.mean_interval.as_nanos()).unwrap_or(u64::MAX);
        let count = |kind: &Weighted| u128::from(end.as_nanoseconds() / kind.interval(mean_interval).max(1));
        // A third of the faults is followed by another.
        let expected = kinds.iter().map(count).sum::<u128>() * 4 / 3;
        let stretch = u64::try_from(expected.div_ceil(MOST_FAULTS).max(1)).unwrap_or(u64::MAX);
        Some(Self { seed, kinds, stretch, intervals, lengths, longest: wanted.longest, targets, end })
    }

    /// Draws the faults, kind by kind.
    pub(super) fn draw(&self) -> Vec<ScheduledFault> {
        let mut faults = Vec::new();
        for weighted in &self.kinds {
            self.draw_kind(&mut faults, weighted);
        }
        faults
    }

    fn draw_kind(&self, plan: &mut Vec<ScheduledFault>, weighted: &Weighted) {
        let mut at = VirtualInstant::ZERO;
        for ordinal in 0.. {
            let address = weighted.address.number(ordinal);
            let interval = weighted.interval(self.intervals.sample(self.seed.roll(WHEN, address))).max(1);
            let interval = interval.saturating_mul(self.stretch);
            at = at.after_nanoseconds(interval);
            if at >= self.end {
                return;
            }
            let (node, length) = self.add_fault(plan, weighted, address, at, None);
            self.follow(plan, address, at, node, length);
        }
    }

    /// Adds one fault; returns the node it picked and its length.
    fn add_fault(
        &self,
        plan: &mut Vec<ScheduledFault>,
        weighted: &Weighted,
        address: Address,
        at: VirtualInstant,
        node: Option<&'a str>,
    ) -> (Option<&'a str>, Duration) {
        let length = weighted.length(self.lengths.sample(self.seed.roll(LENGTH, address))).min(self.longest);
        let roll = self.seed.roll(WHICH, address);
        let kind = weighted.kind.kind;
        let node = node.filter(|node| self.targets.allow(kind, node)).or_else(|| self.favourite(weighted, address));
        let fault = Draw::new(roll, (kind, self.targets), node, length).and_then(|draw| (weighted.kind.fault)(&draw));
        if let Some(fault) = fault {
            plan.push(ScheduledFault::new(at, fault));
        }
        (node.or_else(|| roll.pick(self.targets.of(kind)).copied()), length)
    }

    /// The kind's favourite node in this seed, three times in four.
    ///
    /// Bugs that need several faults of one node hardly show if every fault picks its node anew.
    fn favourite(&self, weighted: &Weighted, address: Address) -> Option<&'a str> {
        let roll = |address| self.seed.roll(FAVOURITE, address);
        (roll(address.name("strike")).below(4) > 0)
            .then(|| roll(weighted.address).pick(self.targets.of(weighted.kind.kind)).copied())?
    }

    /// Adds a fault after every third one: while it lasts, or while the cluster recovers from it.
    fn follow(
        &self,
        plan: &mut Vec<ScheduledFault>,
        address: Address,
        at: VirtualInstant,
        node: Option<&'a str>,
        length: Duration,
    ) {
        let roll = |number| -> Roll { self.seed.roll(FOLLOW, address.number(number)) };
        let at = at + roll(1).within(length.saturating_mul(2));
        if roll(0).below(3) > 0 || at >= self.end {
            return;
        }
        let Some(weighted) = roll(2).pick(&self.kinds) else { return };
        let node = node.filter(|_| roll(3).below(2) == 0);
        self.add_fault(plan, weighted, address.name("heels"), at, node);
    }
}
