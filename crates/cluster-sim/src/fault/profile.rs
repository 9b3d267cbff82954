//! A distribution from which a seed draws a plan.

use std::time::Duration;

use cluster_sim_runtime::{Distribution, QuantileTable, Seed};
use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

use super::FaultPlan;
use super::kind::Targets;
use super::swarm::Swarm;

/// How often and how long things go wrong; a seed draws a [`FaultPlan`] from it.
///
/// Swarm testing: what one seed does hardly at all another does all the time, since a bug shows where a few things happen much more often than
/// others. One seed in five goes without any fault. Of the others each leaves about half of the kinds out altogether, so that kinds do not
/// mask each other, and gives each of the rest a weight of its own: its faults strike from four times as often to a quarter as often as the
/// means say, last from twice as long to half as long, and three times in four pick the one node that is this kind's favourite in this seed,
/// since much takes more than one fault of the same node. Every third fault has a second one on its heels, of any kind that the
/// seed does not leave out: while the first lasts, or in as much time after it, when the cluster recovers; half of these hit the same node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultProfile {
    /// Time between two faults of one kind, on average over seeds and without those that follow on another.
    #[serde(rename = "mean_interval_ms", with = "milliseconds")]
    pub mean_interval: Duration,
    /// How long a fault lasts, on average over seeds; at most 18 times this.
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
    pub fn draw(&self, seed: Seed, nodes: &[&str], links: &[&str], duration: Duration) -> FaultPlan {
        CompiledProfile::new(self.clone()).draw(seed, nodes, links, duration)
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
    pub(crate) fn draw(&self, seed: Seed, nodes: &[&str], links: &[&str], duration: Duration) -> FaultPlan {
        let spared =
            |node: &str| self.profile.spared_groups.iter().any(|group| node.rsplit_once('/').is_some_and(|(of, _)| of == group));
        let nodes: Vec<&str> = nodes.iter().copied().filter(|node| !spared(node)).collect();
        let Some([intervals, lengths]) = &self.spreads else { return FaultPlan::new() };
        let swarm = Swarm::of(seed, [intervals, lengths], Targets { nodes: &nodes, links }, VirtualInstant::ZERO + duration);
        swarm.map_or_else(FaultPlan::new, |swarm| swarm.draw())
    }
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
        assert!(duration(Duration::MAX) > 100, "those that last too long to be followed are drawn all the same");
    }

    fn plans(seeds: u64) -> Vec<FaultPlan> {
        (0..seeds).map(|seed| FaultProfile::default().draw(Seed(seed), &NODES, &LINKS, MINUTE)).collect()
    }

    fn share(count: usize, of: usize) -> f64 {
        count as f64 / of as f64
    }

    #[test]
    fn a_fifth_goes_without_faults_and_the_means_are_those_of_the_profile() {
        let plans = plans(4_000);
        let calm = share(plans.iter().filter(|plan| plan.faults().is_empty()).count(), plans.len());
        assert!((0.18..0.24).contains(&calm), "{calm}");
        // Six kinds, half of them left out by four fifths of the seeds, every 2 s of a minute, and a third more on the heels of others.
        let mean = share(plans.iter().map(|plan| plan.faults().len()).sum(), plans.len());
        let expected = 6.0 * 0.5 * 0.8 * 30.0 * (4.0 / 3.0);
        assert!((mean / expected - 1.0).abs() < 0.2, "{mean} faults a seed, {expected} expected");
    }

    #[test]
    fn half_of_the_kinds_are_left_out_and_the_others_have_very_different_weights() {
        let (mut kinds, mut seeds, mut ratios) = (0, 0, Vec::new());
        for plan in plans(1_000).iter().filter(|plan| !plan.faults().is_empty()) {
            let mut counts = std::collections::BTreeMap::<&str, usize>::new();
            plan.faults().iter().for_each(|scheduled| *counts.entry(scheduled.fault.kind()).or_default() += 1);
            (kinds, seeds) = (kinds + counts.len(), seeds + 1);
            if counts.len() > 1 {
                ratios.push(share(*counts.values().max().unwrap(), *counts.values().min().unwrap()));
            }
        }
        // Of three kinds of cuts one is enough for the name: 1 - 1/8 of cuts, 1/2 of crashes, pauses and losses.
        let mean = share(kinds, seeds);
        assert!((2.1..2.7).contains(&mean), "{mean} kinds of names a seed, 2.4 expected");
        ratios.sort_by(f64::total_cmp);
        assert!(
            ratios[ratios.len() / 2] > 3.0,
            "half of the seeds do one thing {} times as often as another",
            ratios[ratios.len() / 2]
        );
    }

    #[test]
    fn in_a_third_of_the_seeds_and_more_a_fault_strikes_before_the_cluster_recovered_from_another() {
        let seldom = FaultProfile { mean_interval: Duration::from_secs(20), ..FaultProfile::default() };
        let overlaps = |plan: &FaultPlan| {
            plan.faults().windows(2).any(|pair| {
                let length = pair[0].fault.duration().unwrap_or_default();
                pair[1].at.since_zero() <= pair[0].at.since_zero() + 2 * length
            })
        };
        let plans: Vec<FaultPlan> = (0..2_000).map(|seed| seldom.draw(Seed(seed), &NODES, &LINKS, MINUTE)).collect();
        let overlapping = share(plans.iter().filter(|plan| overlaps(plan)).count(), plans.len());
        assert!(overlapping > 0.3, "{overlapping}");
    }

    #[test]
    fn how_long_faults_last_differs_much_from_seed_to_seed_and_is_as_the_profile_says_on_average() {
        let lengths = |plan: &FaultPlan| -> Vec<f64> {
            let crashes = plan.faults().iter().filter(|scheduled| scheduled.fault.kind() == "crash");
            crashes.filter_map(|scheduled| scheduled.fault.duration()).map(|length| length.as_secs_f64()).collect()
        };
        let seeds = plans(4_000).iter().map(lengths).filter(|lengths| lengths.len() >= 15).collect::<Vec<_>>();
        let mut means: Vec<f64> = seeds.iter().map(|lengths| lengths.iter().sum::<f64>() / lengths.len() as f64).collect();
        means.sort_by(f64::total_cmp);
        let (mean, expected) =
            (means.iter().sum::<f64>() / means.len() as f64, FaultProfile::default().mean_duration.as_secs_f64());
        assert!((mean / expected - 1.0).abs() < 0.2, "{mean} s, {expected} s expected");
        let (long, short) = (means[means.len() * 9 / 10], means[means.len() / 10]);
        assert!(long > 3.0 * short, "a tenth lasts {long} s and more, a tenth {short} s and less");
    }

    #[test]
    fn each_kind_has_a_favourite_in_each_seed_that_takes_four_fifths_of_its_strikes() {
        let plans = plans(1_000);
        let (mut strikes, mut favoured, mut favourites) = (0, 0, std::collections::BTreeMap::<&str, usize>::new());
        for plan in &plans {
            let mut struck = std::collections::BTreeMap::<&str, usize>::new();
            let crashes = plan.faults().iter().filter(|scheduled| scheduled.fault.kind() == "crash");
            crashes.for_each(|crash| *struck.entry(crash.fault.nodes()[0]).or_default() += 1);
            let all: usize = struck.values().sum();
            // Of fewer the one that is struck most often is so by chance.
            if let Some((node, most)) = struck.into_iter().max_by_key(|(_, count)| *count).filter(|_| all >= 20) {
                (strikes, favoured) = (strikes + all, favoured + most);
                *favourites.entry(node).or_default() += 1;
            }
        }
        // Three in four, and of the others one in four. What follows on the heels of other kinds strikes elsewhere.
        assert!((0.70..0.84).contains(&share(favoured, strikes)), "{favoured} of {strikes}");
        let seeds: usize = favourites.values().sum();
        assert!(seeds > 100 && favourites.values().all(|count| (0.15..0.35).contains(&share(*count, seeds))), "{favourites:?}");
    }

    #[test]
    fn half_of_what_follows_strikes_the_same_node_while_it_lasts_or_is_recovered_from() {
        let (mean_interval, mean_duration) = (Duration::from_secs(60), Duration::from_millis(100));
        let seldom = FaultProfile { mean_interval, mean_duration, ..FaultProfile::default() };
        let (mut pairs, mut same, mut later) = (0, 0, 0);
        for plan in (0..8_000).map(|seed| seldom.draw(Seed(seed), &NODES, &LINKS, MINUTE)) {
            let of_nodes = |scheduled: &crate::fault::ScheduledFault| ["crash", "pause"].contains(&scheduled.fault.kind());
            for pair in plan.faults().windows(2).filter(|pair| pair.iter().all(of_nodes)) {
                let length = pair[0].fault.duration().unwrap_or_default();
                if pair[1].at.since_zero() <= pair[0].at.since_zero() + 2 * length {
                    pairs += 1;
                    same += usize::from(pair[0].fault.nodes() == pair[1].fault.nodes());
                    later += usize::from(pair[1].at > pair[0].at);
                }
            }
        }
        // Half, and of the others one in four of two kinds, since there are four nodes, and two in three of one kind, which has a favourite.
        assert!(pairs > 200 && (0.67..0.83).contains(&share(same, pairs)), "{same} of {pairs}");
        assert!(share(later, pairs) > 0.9, "{later} of {pairs} come later");
    }
}
