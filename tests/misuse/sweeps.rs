//! Sweeps that run nothing, never end, or reach nothing.

use cluster_sim::explore::SeedRange;
use cluster_sim::prelude::*;
use insta::assert_snapshot;

use super::{counters, one, panic_of};

#[test]
fn a_sweep_over_no_seed() {
    assert_snapshot!(panic_of(|| counters().sweep(0..0).assert_ok()), @"a sweep over no seeds proves nothing; give it a range such as 0..64");
}

#[test]
fn a_sweep_of_a_scenario_that_cannot_run() {
    assert_snapshot!(panic_of(|| Scenario::new("empty").sweep(0..4)), @r#"could not run scenario "empty": there are no nodes in it; add a group with `Scenario::machines` or `Scenario::nodes`"#);
}

#[test]
fn a_range_that_runs_backwards() {
    assert_snapshot!("64..5".parse::<SeedRange>().expect_err("it holds no seed"), @r#""64..5" is no range of seeds with one in it; use the first seed and the one after the last, such as 0..1024 or 0x2a..0x2b, or how many, or a git hash"#);
}

#[test]
fn a_range_that_is_no_range() {
    assert_snapshot!("5-64".parse::<SeedRange>().expect_err("it is no range"), @r#""5-64" is no range of seeds with one in it; use the first seed and the one after the last, such as 0..1024 or 0x2a..0x2b, or how many, or a git hash"#);
}

#[test]
fn a_state_that_no_seed_reaches() {
    let scenario = counters().sometimes("a count of ten", |world| world.views::<u64>().any(|(_, count)| *count == 10));
    assert_snapshot!(panic_of(|| scenario.campaign(0..4).require_coverage().run().assert_ok()), @r#"
    4 of seeds 0..4 of counting passed
          coverage over 4 runs
            point a count of ten: 0
          missing: point "a count of ten" was never reached; run more seeds, for longer, or under more faults
    "#);
}

#[test]
fn a_step_that_never_returns() {
    let node = one(|_| async move {
        let (_sender, receiver) = std::sync::mpsc::channel::<()>();
        let _ = receiver.recv_timeout(Duration::from_secs(3));
    });
    let sweep = node.step_timeout(Duration::from_millis(200)).sweep(0..1);
    let report = sweep.failures().first().map(|failure| failure.report()).expect("the step is found");
    assert_snapshot!(super::findings(report), @r"
    FAIL
    at 0.000000s  step 2  every step returns: a poll of node/0, task main, spawned at tests/misuse/main.rs, did not return for 0.2s of real time
    ");
}
