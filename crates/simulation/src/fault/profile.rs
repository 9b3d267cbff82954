//! [`FaultProfile`]: a distribution from which each seed draws a fault plan.
//!
//! Compared with a random nemesis of equal means, which applies one fault at a time and draws uniformly, a profile finds each
//! planted bug that needs several faults at least as often, and all of those six times as often on average; it finds the others
//! about as often. Compared with uniform plans of equally many faults it finds bugs that need three faults of one node four to
//! eight times as often, and all of them 0.8 times as often on average: a bug that a single fault shows is found less often by
//! plans without half of the kinds.
//! `examples/swarm_against_uniform.rs` measures both.

use std::time::Duration;

use cluster_sim_runtime::{Distribution, QuantileTable, Seed};
use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

use super::FaultPlan;
use super::draw::Targets;
use super::swarm::Swarm;

/// How often and how long faults occur; each seed draws a [`FaultPlan`] from it.
///
/// Draws crashes, pauses, cuts of three shapes (one node, one node one-way, two random sides), and losses for every class of
/// links, by swarm testing: a seed does few kinds of things, and some of them very often.
///
/// - One seed in five has no faults.
/// - Every other seed leaves out about half of the kinds, so that kinds do not mask each other.
/// - Each remaining kind gets weights of its own: four times as often to a quarter as often, and twice as long to half as long,
///   as the means say.
/// - Three faults in four of a kind hit its favourite node in this seed, since many bugs need several faults of one node.
/// - A plan has about a million faults at most: where a run is so long that it would have more, all intervals are longer in
///   proportion. So 366 days with the default profile have a fault every half minute.
/// - Every third fault is followed by another of any remaining kind, while it lasts or within its length after it, when the
///   cluster recovers. Half of these hit the same node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultProfile {
    /// Mean time between two faults of one kind, over seeds. Zero draws none.
    ///
    /// Does not count faults that follow others.
    #[serde(rename = "mean_interval_ms", with = "milliseconds")]
    pub mean_interval: Duration,
    /// Mean length of a fault over seeds; each is at most 18 times this. Zero draws none.
    #[serde(rename = "mean_duration_ms", with = "milliseconds")]
    pub mean_duration: Duration,
    /// Groups whose nodes are not hit; cuts do not name them either.
    ///
    /// A group that the scenario does not have is refused before anything runs.
    pub spared_groups: Vec<String>,
}

impl Default for FaultProfile {
    /// A fault of each kind every 2 s that lasts 500 ms, on every node.
    fn default() -> Self {
        Self { mean_interval: Duration::from_secs(2), mean_duration: Duration::from_millis(500), spared_groups: Vec::new() }
    }
}

impl FaultProfile {
    /// Draws the plan of `seed` for nodes and classes of links of these names, within `duration`.
    ///
    /// Equal arguments give equal plans.
    pub fn draw(&self, seed: Seed, nodes: &[&str], links: &[&str], duration: Duration) -> FaultPlan {
        CompiledProfile::new(self.clone()).draw(seed, nodes, links, duration)
    }
}

/// A profile with its sampling tables, which take longer to make than a short run.
#[derive(Debug, Clone)]
pub(crate) struct CompiledProfile {
    profile: FaultProfile,
    /// Tables of intervals and lengths; absent if a mean is zero, so no fault is drawn.
    spreads: Option<[QuantileTable; 2]>,
}

impl CompiledProfile {
    pub(crate) fn new(profile: FaultProfile) -> Self {
        let spread = |mean: Duration| Distribution::exponential(mean, mean.saturating_mul(10)).compile().ok();
        let spreads = spread(profile.mean_interval).zip(spread(profile.mean_duration)).map(Into::into);
        Self { profile, spreads }
    }

    /// As [`FaultProfile::draw`].
    pub(crate) fn draw(&self, seed: Seed, nodes: &[&str], links: &[&str], duration: Duration) -> FaultPlan {
        let spared =
            |node: &str| self.profile.spared_groups.iter().any(|group| node.rsplit_once('/').is_some_and(|(of, _)| of == group));
        let nodes: Vec<&str> = nodes.iter().copied().filter(|node| !spared(node)).collect();
        let Some([intervals, lengths]) = &self.spreads else { return FaultPlan::new() };
        let (targets, end) = (Targets { nodes: &nodes, links }, VirtualInstant::ZERO + duration);
        let swarm = Swarm::of(seed, self.profile.mean_interval, [intervals, lengths], targets, end);
        swarm.map_or_else(FaultPlan::new, |swarm| swarm.draw().into_iter().collect())
    }

    /// The groups whose nodes are not hit.
    pub(crate) fn spared_groups(&self) -> &[String] {
        &self.profile.spared_groups
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
    fn equal_seeds_draw_equal_plans() {
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
    fn every_plan_is_in_order_in_time_and_spares_its_groups() {
        let profile = FaultProfile { spared_groups: vec!["b".into()], ..FaultProfile::default() };
        for seed in 0..100 {
            let plan = profile.draw(Seed(seed), &NODES, &LINKS, MINUTE);
            assert!(plan.faults().is_sorted_by_key(|scheduled| scheduled.at));
            assert!(plan.faults().iter().all(|scheduled| scheduled.fault.links().is_none_or(|links| LINKS.contains(&links))));
            assert!(plan.faults().iter().all(|scheduled| scheduled.fault.nodes().iter().all(|node| NODES.contains(node))));
            assert!(plan.faults().iter().all(|scheduled| scheduled.at < VirtualInstant::ZERO + MINUTE));
            assert!(plan.faults().iter().all(|scheduled| !scheduled.fault.nodes().contains(&"b/0")));
        }
    }

    #[test]
    fn a_mean_of_zero_draws_nothing_and_the_longest_draws_faults() {
        let count = |profile: FaultProfile| -> usize {
            (0..20).map(|seed| profile.draw(Seed(seed), &NODES, &LINKS, MINUTE).faults().len()).sum()
        };
        let interval = |mean_interval| count(FaultProfile { mean_interval, ..FaultProfile::default() });
        let duration = |mean_duration| count(FaultProfile { mean_duration, ..FaultProfile::default() });
        assert_eq!((interval(Duration::ZERO), duration(Duration::ZERO)), (0, 0));
        assert_eq!(interval(Duration::MAX), 0, "the first would come after the minute");
        assert!(duration(Duration::MAX) > 100, "those that last too long to be followed are drawn all the same");
    }

    #[test]
    fn a_year_has_a_million_faults_spread_over_all_of_it() {
        let year = Duration::from_secs(366 * 86_400);
        let profile = FaultProfile::default();
        let most = (0..3).map(|seed| profile.draw(Seed(seed), &NODES, &LINKS, year)).max_by_key(|plan| plan.faults().len());
        let faults = most.unwrap();
        let count = faults.faults().len();
        assert!((900_000..1_100_000).contains(&count), "{count}");
        let (first, last) = (faults.faults()[0].at.since_zero(), faults.faults()[count - 1].at.since_zero());
        assert!(first < year / 1_000 && last > year / 1_000 * 999, "{first:?} to {last:?}");
        let middle = faults.faults()[count / 2].at.since_zero();
        assert!((year / 5 * 2..year / 5 * 3).contains(&middle), "{middle:?}");
    }

    fn plans(seeds: u64) -> Vec<FaultPlan> {
        (0..seeds).map(|seed| FaultProfile::default().draw(Seed(seed), &NODES, &LINKS, MINUTE)).collect()
    }

    fn share(count: usize, of: usize) -> f64 {
        count as f64 / of as f64
    }

    #[test]
    fn a_fifth_has_no_faults_and_the_mean_count_is_kept() {
        let plans = plans(4_000);
        let without_faults = share(plans.iter().filter(|plan| plan.faults().is_empty()).count(), plans.len());
        assert!((0.18..0.24).contains(&without_faults), "{without_faults}");
        // Six kinds, half of them left out by four fifths of the seeds, every 2 s of a minute, and a third more that follow
        // others.
        let mean = share(plans.iter().map(|plan| plan.faults().len()).sum(), plans.len());
        let expected = 6.0 * 0.5 * 0.8 * 30.0 * (4.0 / 3.0);
        assert!((mean / expected - 1.0).abs() < 0.2, "{mean} faults a seed, {expected} expected");
    }

    #[test]
    fn half_of_the_kinds_are_left_out_and_weights_differ_widely() {
        let (mut kinds, mut seeds, mut ratios) = (0, 0, Vec::new());
        for plan in plans(1_000).iter().filter(|plan| !plan.faults().is_empty()) {
            let mut counts = std::collections::BTreeMap::<&str, usize>::new();
            plan.faults().iter().for_each(|scheduled| *counts.entry(scheduled.fault.kind()).or_default() += 1);
            (kinds, seeds) = (kinds + counts.len(), seeds + 1);
            if counts.len() > 1 {
                ratios.push(share(*counts.values().max().unwrap(), *counts.values().min().unwrap()));
            }
        }
        // One of three kinds of cuts is enough for the name: 1 - 1/8 of cuts, 1/2 of crashes, pauses and losses.
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
    fn a_third_of_the_plans_has_a_fault_during_recovery() {
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
    fn fault_lengths_differ_between_seeds_and_keep_the_mean() {
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
    fn each_kind_hits_its_favourite_node_four_times_in_five() {
        let plans = plans(1_000);
        let (mut total, mut on_favourite, mut favourites) = (0, 0, std::collections::BTreeMap::<&str, usize>::new());
        for plan in &plans {
            let mut hits = std::collections::BTreeMap::<&str, usize>::new();
            let crashes = plan.faults().iter().filter(|scheduled| scheduled.fault.kind() == "crash");
            crashes.for_each(|crash| *hits.entry(crash.fault.nodes()[0]).or_default() += 1);
            let all: usize = hits.values().sum();
            // With fewer faults, the most frequent node may be most frequent by chance.
            if let Some((node, most)) = hits.into_iter().max_by_key(|(_, count)| *count).filter(|_| all >= 20) {
                (total, on_favourite) = (total + all, on_favourite + most);
                *favourites.entry(node).or_default() += 1;
            }
        }
        // Three in four, and one in four of the others. Faults that follow other kinds hit other nodes.
        assert!((0.70..0.84).contains(&share(on_favourite, total)), "{on_favourite} of {total}");
        let seeds: usize = favourites.values().sum();
        assert!(seeds > 100 && favourites.values().all(|count| (0.15..0.35).contains(&share(*count, seeds))), "{favourites:?}");
    }

    #[test]
    fn half_of_the_following_faults_hit_the_same_node_soon() {
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
        // Half; of the others one in four for two kinds, since there are four nodes, and two in three for one kind, which has a
        // favourite.
        assert!(pairs > 200 && (0.67..0.83).contains(&share(same, pairs)), "{same} of {pairs}");
        assert!(share(later, pairs) > 0.9, "{later} of {pairs} come later");
    }
}
