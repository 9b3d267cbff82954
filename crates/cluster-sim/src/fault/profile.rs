//! A distribution from which a seed draws a plan.

use std::time::Duration;

use cluster_sim_runtime::{Address, Distribution, QuantileTable, Roll, Seed, Stream};
use cluster_sim_vocabulary::{Ratio, VirtualInstant};
use serde::{Deserialize, Serialize};

use super::{Fault, FaultPlan};

const MASK: Stream = Stream::named("profile mask");
const WHEN: Stream = Stream::named("profile when");
const WHICH: Stream = Stream::named("profile which");
const LENGTH: Stream = Stream::named("profile length");

/// The kinds of fault a profile draws from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Isolate,
    Halves,
    OneWay,
    Crash,
    Pause,
    Loss,
}

const KINDS: [Kind; 6] = [Kind::Isolate, Kind::Halves, Kind::OneWay, Kind::Crash, Kind::Pause, Kind::Loss];

/// How often and how long things go wrong; a seed draws a [`FaultPlan`] from it.
///
/// Swarm testing: each seed leaves about half of the kinds out altogether, so that kinds do not mask each other, and one seed in five
/// goes without any fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultProfile {
    /// Time between two faults of one kind, on average.
    #[serde(rename = "mean_interval_ms", with = "milliseconds")]
    pub mean_interval: Duration,
    /// How long a fault lasts, on average; at most ten times this.
    #[serde(rename = "mean_duration_ms", with = "milliseconds")]
    pub mean_duration: Duration,
    /// Groups whose nodes are spared.
    pub spared_groups: Vec<String>,
}

impl Default for FaultProfile {
    /// A fault of each kind every 2 s that lasts 500 ms, on every node.
    fn default() -> Self {
        Self { mean_interval: Duration::from_secs(2), mean_duration: Duration::from_millis(500), spared_groups: Vec::new() }
    }
}

impl FaultProfile {
    /// The plan that `seed` draws for nodes and classes of links of these names over so much time. Equal arguments give equal plans.
    pub fn draw(&self, seed: Seed, nodes: &[&str], links: &[&str], lasting: Duration) -> FaultPlan {
        CompiledProfile::new(self.clone()).draw(seed, nodes, links, lasting)
    }
}

/// A profile with the tables that its durations are drawn from: to make them takes longer than a short run.
#[derive(Debug, Clone)]
pub(crate) struct CompiledProfile {
    profile: FaultProfile,
    /// Time between faults and how long they last; nothing where a mean is zero: then no fault is drawn.
    spreads: Option<[QuantileTable; 2]>,
}

impl CompiledProfile {
    pub(crate) fn new(profile: FaultProfile) -> Self {
        let spread = |mean: Duration| Distribution::exponential(mean, mean.saturating_mul(10)).compile().ok();
        let spreads = spread(profile.mean_interval).zip(spread(profile.mean_duration)).map(Into::into);
        Self { profile, spreads }
    }

    /// The plan that `seed` draws, as [`FaultProfile::draw`] says.
    pub(crate) fn draw(&self, seed: Seed, nodes: &[&str], links: &[&str], lasting: Duration) -> FaultPlan {
        let spared =
            |node: &str| self.profile.spared_groups.iter().any(|group| node.rsplit_once('/').is_some_and(|(of, _)| of == group));
        let nodes: Vec<&str> = nodes.iter().copied().filter(|node| !spared(node)).collect();
        let fifth = Ratio::new(0.2).expect("a fifth is a ratio");
        let mut plan = FaultPlan::new();
        if nodes.is_empty() || seed.roll(MASK, Address::new()).holds(fifth) {
            return plan;
        }
        for (index, kind) in KINDS.into_iter().enumerate() {
            let address = Address::new().number(index as u64);
            let half = Ratio::new(0.5).expect("a half is a ratio");
            if seed.roll(MASK, address).holds(half) {
                self.draw_kind(&mut plan, seed, kind, address, Targets { nodes: &nodes, links }, lasting);
            }
        }
        plan
    }

    fn draw_kind(&self, plan: &mut FaultPlan, seed: Seed, kind: Kind, address: Address, targets: Targets<'_>, lasting: Duration) {
        let Some([intervals, lengths]) = &self.spreads else { return };
        let end = VirtualInstant::ZERO + lasting;
        let mut at = VirtualInstant::ZERO;
        for ordinal in 0.. {
            let address = address.number(ordinal);
            at = at + Duration::from_nanos(intervals.sample(seed.roll(WHEN, address)).max(1));
            if at >= end {
                return;
            }
            let length = Duration::from_nanos(lengths.sample(seed.roll(LENGTH, address)));
            if let Some(fault) = fault_of(kind, seed.roll(WHICH, address), targets, length) {
                plan.insert(at, fault);
            }
        }
    }
}

/// What faults may strike.
#[derive(Clone, Copy)]
struct Targets<'a> {
    nodes: &'a [&'a str],
    links: &'a [&'a str],
}

/// A fault of that kind against what the roll picks; nothing where there are too few nodes for it.
fn fault_of(kind: Kind, roll: Roll, targets: Targets<'_>, length: Duration) -> Option<Fault> {
    let Targets { nodes, links } = targets;
    let lasting = Some(length);
    let picked = *roll.pick(nodes)?;
    let names = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect::<Vec<String>>();
    let others = || names(nodes.iter().copied().filter(|node| *node != picked).collect());
    Some(match kind {
        Kind::Crash => Fault::Crash { node: picked.to_owned(), down_for: lasting },
        Kind::Pause => Fault::Pause { node: picked.to_owned(), lasting },
        Kind::Loss => Fault::Loss {
            links: (*roll.pick(links)?).to_owned(),
            rule: "profile_loss".to_owned(),
            // 1 to 50 percent: the low bits are independent of the high ones that pick.
            ratio: Ratio::percent((1 + (roll.0 & 0xffff) * 50 / 0x1_0000) as f64).ok()?,
            lasting,
        },
        _ if nodes.len() < 2 => return None,
        Kind::Isolate => Fault::Cut { from: vec![picked.to_owned()], to: others(), both_ways: true, lasting },
        Kind::OneWay => Fault::Cut { from: vec![picked.to_owned()], to: others(), both_ways: false, lasting },
        Kind::Halves => {
            // A bit of the roll a node says on which side it stands.
            let side = |bit: u64| {
                let stands = |(index, _): &(usize, &&str)| (roll.0.rotate_right(*index as u32)) & 1 == bit;
                names(nodes.iter().enumerate().filter(stands).map(|(_, node)| *node).collect())
            };
            let (from, to) = (side(0), side(1));
            if from.is_empty() || to.is_empty() {
                return None;
            }
            Fault::Cut { from, to, both_ways: true, lasting }
        }
    })
}

/// Durations as whole milliseconds in data.
mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODES: [&str; 4] = ["a/0", "a/1", "a/2", "b/0"];
    const LINKS: [&str; 2] = ["default", "wan"];
    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_seed_draws_the_same_plan_every_time_and_another_seed_another() {
        let profile = FaultProfile::default();
        let plans: Vec<FaultPlan> = (0..50).map(|seed| profile.draw(Seed(seed), &NODES, &LINKS, MINUTE)).collect();
        assert_eq!(plans[3], profile.draw(Seed(3), &NODES, &LINKS, MINUTE));
        assert!((1..20).contains(&plans.iter().filter(|plan| plan.faults().is_empty()).count()), "some seeds go without faults");
        let kinds =
            |plan: &FaultPlan| plan.faults().iter().map(|fault| fault.fault.kind()).collect::<std::collections::BTreeSet<_>>();
        let seen: std::collections::BTreeSet<&str> = plans.iter().flat_map(kinds).collect();
        let lost: std::collections::BTreeSet<&str> =
            plans.iter().flat_map(|plan| plan.faults().iter().filter_map(|fault| fault.fault.links())).collect();
        assert_eq!(lost.into_iter().collect::<Vec<_>>(), LINKS);
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["crash", "cut", "loss", "pause"]);
    }

    #[test]
    fn every_plan_is_in_order_ends_in_time_and_spares_whom_it_must() {
        let profile = FaultProfile { spared_groups: vec!["b".into()], ..FaultProfile::default() };
        for seed in 0..100 {
            let plan = profile.draw(Seed(seed), &NODES, &LINKS, MINUTE);
            assert_eq!(plan.check(|node| NODES.contains(&node), |links| LINKS.contains(&links)), Ok(()));
            assert!(plan.faults().iter().all(|scheduled| scheduled.at < VirtualInstant::ZERO + MINUTE));
            assert!(plan.faults().iter().all(|scheduled| !scheduled.fault.nodes().contains(&"b/0")));
        }
    }

    #[test]
    fn of_a_mean_of_zero_nothing_is_drawn_and_the_longest_mean_is_drawn_from() {
        let count = |profile: FaultProfile| -> usize {
            (0..20).map(|seed| profile.draw(Seed(seed), &NODES, &LINKS, MINUTE).faults().len()).sum()
        };
        let interval = |mean_interval| count(FaultProfile { mean_interval, ..FaultProfile::default() });
        let duration = |mean_duration| count(FaultProfile { mean_duration, ..FaultProfile::default() });
        assert_eq!((interval(Duration::ZERO), duration(Duration::ZERO)), (0, 0));
        assert_eq!(interval(Duration::MAX), 0, "the first would come after the minute");
        assert_eq!(duration(Duration::MAX), count(FaultProfile::default()));
    }
}
