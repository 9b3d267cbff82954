//! Each planted bug of the log is found by its rule within its seeds in both forms, and without one these seeds find nothing.

use cluster_sim::prelude::*;
use cluster_sim_replicated_log::Bug;
use cluster_sim_scenarios::replicated_log::{ReplicatedLogSystem, planted};
use cluster_sim_scenarios::{NodeStyle, Registry};
use rstest::rstest;

#[rstest]
fn a_planted_bug_is_found_by_its_rule(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let registry = Registry::new().with(ReplicatedLogSystem);
    for bug in Bug::ALL {
        let expected = registry.bug(&format!("replicated-log/{bug}")).expect("it is planted").expected;
        let sweep = planted::cluster(style, Some(*bug)).scenario().sweep(0..expected.seeds);
        let report = sweep.failure().unwrap_or_else(|| panic!("{bug} was not found within {} seeds", expected.seeds));
        println!("{bug} as {style:?}: seed {} of {}", sweep.passed(), expected.seeds);
        assert_eq!(report.outcome, Outcome::Violated, "{report}");
        assert!(report.violations.iter().any(|violation| violation.rule == expected.rule), "{bug}: {report}");
    }
}

#[rstest]
fn without_a_bug_those_seeds_find_nothing(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    planted::cluster(style, None).scenario().sweep(0..200).assert_ok();
}
