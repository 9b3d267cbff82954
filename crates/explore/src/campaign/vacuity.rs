//! Rules that had nothing to judge, over a whole sweep.
//!
//! In one seed a rule may find nothing to judge and still be sound: the seed was over before, or drew no fault. So such a seed
//! passes in a sweep; a rule that is idle in all of them fails it.

use std::collections::BTreeMap;

use cluster_sim_simulation::{Outcome, Report};

/// The rules that had nothing to judge in a run that passed otherwise; none if a rule cannot tell for another reason.
pub(crate) fn idle_rules(report: &Report) -> Vec<String> {
    let unknown = || report.checks.iter().filter(|check| check.unknown.is_some());
    if report.outcome != Outcome::Unknown || unknown().any(|check| check.times_checked > 0) {
        return Vec::new();
    }
    unknown().map(|check| check.name.clone()).collect()
}

/// A report of which only `idle` rules are unknown; without any the run passes.
pub(super) fn with_idle_rules(mut report: Report, idle: &[String]) -> Report {
    report.checks.iter_mut().filter(|check| !idle.contains(&check.name)).for_each(|check| check.unknown = None);
    if idle.is_empty() && report.outcome == Outcome::Unknown {
        report.outcome = Outcome::Held;
    }
    report
}

/// In how many seeds each rule had nothing to judge.
#[derive(Debug, Default)]
pub(super) struct IdleRules(BTreeMap<String, u64>);

impl IdleRules {
    /// Counts the idle rules of one seed.
    pub(super) fn add(&mut self, rules: Vec<String>) {
        rules.into_iter().for_each(|rule| *self.0.entry(rule).or_default() += 1);
    }

    /// The rules that were idle in all of that many seeds.
    pub(super) fn in_all(self, seeds: u64) -> Vec<String> {
        self.0.into_iter().filter(|(_, idle)| *idle >= seeds).map(|(rule, _)| rule).collect()
    }
}
