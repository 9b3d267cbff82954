//! Failing seeds of a campaign, grouped by failure.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use cluster_sim_simulation::Report;

use super::failure_key::FailureKey;
use crate::determinism::FailedSeed;

/// All seeds with one [`FailureKey`].
#[derive(Debug)]
struct Group {
    /// The smallest of them, with its report.
    first: (u64, FailedSeed),
    /// The others; their reports are dropped.
    duplicates: BTreeSet<u64>,
}

/// Failures of a campaign by [`FailureKey`].
#[derive(Debug)]
pub(super) struct FailureGroups {
    /// Number of groups after which the campaign ends.
    max_failures: NonZeroUsize,
    groups: BTreeMap<FailureKey, Group>,
}

impl FailureGroups {
    pub(super) fn new(max_failures: NonZeroUsize) -> Self {
        Self { max_failures, groups: BTreeMap::new() }
    }

    /// Adds a failing seed, in any order.
    ///
    /// Returns the last seed that counts once enough groups are known.
    pub(super) fn add(&mut self, seed: u64, failed: FailedSeed) -> Option<u64> {
        match self.groups.get_mut(&FailureKey::of(&failed.report)) {
            Some(group) if group.first.0 < seed => {
                group.duplicates.insert(seed);
            }
            Some(group) => {
                let (duplicate, _) = std::mem::replace(&mut group.first, (seed, failed));
                group.duplicates.insert(duplicate);
            }
            None => {
                let key = FailureKey::of(&failed.report);
                self.groups.insert(key, Group { first: (seed, failed), duplicates: BTreeSet::new() });
            }
        }
        let mut firsts: Vec<u64> = self.groups.values().map(|group| group.first.0).collect();
        firsts.sort_unstable();
        firsts.get(self.max_failures.get() - 1).copied()
    }

    /// Whether this failure is the first of its group so far, so that its report will be shown unless an earlier seed fails.
    pub(super) fn is_first(&self, seed: u64, report: &Report) -> bool {
        self.groups.get(&FailureKey::of(report)).is_none_or(|group| seed < group.first.0)
    }

    /// Number of groups.
    pub(super) fn count(&self) -> usize {
        self.groups.len()
    }

    /// Groups up to seed `last`, ordered by first seed: seed, failure and number of duplicates.
    pub(super) fn up_to(self, last: u64) -> Vec<(u64, FailedSeed, u64)> {
        let groups = self.groups.into_values().filter(|group| group.first.0 <= last);
        let mut count: Vec<_> = groups
            .map(|Group { first: (seed, failed), duplicates }| (seed, failed, duplicates.range(..=last).count() as u64))
            .collect();
        count.sort_by_key(|(seed, ..)| *seed);
        count
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_invariants::Violation;
    use cluster_sim_runtime::{Seed, SeedSchedule};
    use cluster_sim_types::VirtualInstant;
    use proptest::prelude::*;

    use super::*;
    use cluster_sim_simulation::Outcome;
    use cluster_sim_simulation::driver::MakeReport;

    fn failed(seed: u64, rule: &str) -> FailedSeed {
        let mut report = Report::blank("test", SeedSchedule::new(Seed(seed)));
        report.outcome = Outcome::Violated;
        let (at, nodes, message) = (VirtualInstant::ZERO, Vec::new(), format!("seed {seed}"));
        report.violations.push(Violation { rule: rule.to_owned(), at, step: seed, nodes, message });
        FailedSeed::unrecorded(report)
    }

    /// Adds seeds in this order.
    ///
    /// Returns the last seed that counts and, for each group, first seed, rule and duplicates.
    fn outcome_of(max_failures: usize, seeds: &[(u64, char)]) -> (u64, Vec<(u64, String, u64)>) {
        let mut failures = FailureGroups::new(NonZeroUsize::new(max_failures).expect("some are asked for"));
        let ends = seeds.iter().filter_map(|(seed, rule)| failures.add(*seed, failed(*seed, &rule.to_string())));
        let end = ends.min().unwrap_or(u64::MAX);
        let count = failures.up_to(end).into_iter();
        (end, count.map(|(seed, failed, duplicates)| (seed, failed.report.violations[0].rule.clone(), duplicates)).collect())
    }

    #[test]
    fn a_campaign_ends_at_the_first_seed_of_its_last_failure() {
        let seeds = [(3, 'a'), (5, 'a'), (6, 'b'), (8, 'a'), (9, 'c')];
        assert_eq!(outcome_of(1, &seeds), (3, vec![(3, "a".to_owned(), 0)]));
        assert_eq!(outcome_of(2, &seeds), (6, vec![(3, "a".to_owned(), 1), (6, "b".to_owned(), 0)]));
        assert_eq!(outcome_of(4, &seeds).0, u64::MAX, "there are three ways only");
    }

    proptest! {
        #[test]
        fn the_order_in_which_seeds_fail_does_not_matter(
            seeds in prop::collection::btree_map(0..40_u64, prop::sample::select(vec!['a', 'b', 'c', 'd']), 0..20),
            max_failures in 1..5_usize,
            order in any::<u64>(),
        ) {
            let in_order: Vec<_> = seeds.into_iter().collect();
            let mut shuffled = in_order.clone();
            shuffled.sort_by_key(|(seed, _)| seed.wrapping_add(1).wrapping_mul(order | 1));
            prop_assert_eq!(outcome_of(max_failures, &shuffled), outcome_of(max_failures, &in_order));
        }
    }
}
