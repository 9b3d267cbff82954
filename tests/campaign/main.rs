//! Campaigns: many seeds of one scenario, in threads and processes, and the report of those that fail.
//!
//! [`artifacts`]: files kept of failures. [`attribute`]: tests made by `#[cluster_sim::test]`. [`canary`]: a failure by design is
//! found. [`coverage`]: what a sweep covered. [`failures`]: grouping of failures. [`isolation`]: seeds that abort, exit or hang.
//! [`parallel`]: threads and processes give one result. [`profile`]: what took the time of runs. [`report_checks`]: rules over
//! reports. [`run_counts`]: how often a failing seed runs. [`stop`]: progress, and ending early. [`storms`]: seeds that spend a
//! budget. [`trials`]: tests that take a seed or a trial.

mod artifacts;
mod attribute;
mod canary;
mod coverage;
mod failures;
mod invalid;
mod isolation;
mod parallel;
mod profile;
mod report_checks;
mod run_counts;
mod stop;
mod storms;
mod trials;
mod vacuity;

use std::num::NonZeroUsize;

use cluster_sim::explore::Sweep;
use cluster_sim::prelude::*;

pub(crate) fn count(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).expect("at least one")
}

/// The first seed, the rule and the message of each group of failures, and the number of duplicates.
pub(crate) fn failure_groups(sweep: &Sweep) -> Vec<(u64, &str, &str, u64)> {
    let duplicates = |failure: &'_ cluster_sim::explore::Failure| failure.duplicates();
    let shown = sweep.failures().iter().map(|failure| {
        let report = failure.report();
        let [violation] = &report.violations[..] else { panic!("one rule is broken: {report}") };
        (report.seed().0, violation.rule.as_str(), violation.message.as_str(), duplicates(failure))
    });
    shown.collect()
}

/// A node that calls `do_it` in about one seed of `one_in`.
pub(crate) fn seldom(one_in: u64, do_it: fn()) -> Scenario {
    let node = move |node: Node| async move {
        node.sleep(Duration::from_millis(5)).await;
        let does = node.index() == 0 && node.roll("does", 0).below(one_in) == 0;
        node.publish(|shown: &mut bool| *shown = does);
        if does {
            do_it();
        }
    };
    Scenario::new("seldom").nodes("node", 2, node).duration(Duration::from_millis(20))
}

/// The seeds below `end` in which the node of [`seldom`] calls `do_it`.
pub(crate) fn seeds_that_do(one_in: u64, end: u64) -> Vec<u64> {
    let does = |seed: &u64| {
        let mut sim = seldom(one_in, || {}).start(Seed(*seed));
        sim.run_for(Duration::from_millis(20));
        sim.inspect(|world| world.views::<bool>().any(|(_, does)| *does))
    };
    (0..end).filter(does).collect()
}
