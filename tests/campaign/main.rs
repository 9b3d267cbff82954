//! Campaigns: many seeds of one scenario, wherever they run, and what is said of those that fail.
//!
//! [`artifacts`]: what is kept of failures. [`attribute`]: tests made by `#[cluster_sim::test]`. [`canary`]: what fails by design is found. [`isolation`]: seeds that take their process along. [`places`]: threads and processes show the same. [`ways`]: several different failures.
//! [`coverage`]: what a sweep went through. [`stopping`]: progress, and ending early. [`judging`]: rules over reports.

mod artifacts;
mod attribute;
mod canary;
mod coverage;
mod isolation;
mod judging;
mod places;
mod stopping;
mod ways;

use std::num::NonZeroUsize;

use cluster_sim::Sweep;
use cluster_sim::prelude::*;

pub(crate) fn count(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).expect("at least one")
}

/// The seed, rule and message of each way in which seeds failed, and how many more failed so.
pub(crate) fn ways(sweep: &Sweep) -> Vec<(u64, &str, &str, u64)> {
    let way = |failure: &'_ cluster_sim::Failure| failure.duplicates();
    let shown = sweep.failures().iter().map(|failure| {
        let report = failure.report();
        let [violation] = &report.violations[..] else { panic!("one rule is broken: {report}") };
        (report.seed().0, violation.rule.as_str(), violation.message.as_str(), way(failure))
    });
    shown.collect()
}

/// What a node of a scenario does in a seed, told by the chance of the seed: `do_it` in one of so many.
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

/// The seeds below `end` in which a node of [`seldom`] does it.
pub(crate) fn seeds_that_do(one_in: u64, end: u64) -> Vec<u64> {
    let does = |seed: &u64| {
        let mut sim = seldom(one_in, || {}).start(Seed(*seed));
        sim.run_for(Duration::from_millis(20));
        sim.inspect(|world| world.views::<bool>().any(|(_, does)| *does))
    };
    (0..end).filter(does).collect()
}
