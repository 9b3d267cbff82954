//! Tests that reach into a run in a wrong way.

use cluster_sim::prelude::*;
use insta::assert_snapshot;

use super::{counters, panic_of};

fn started() -> Sim {
    let mut sim = counters().start(Seed(7));
    sim.run_for(Duration::from_millis(10));
    sim
}

#[test]
fn a_call_of_an_async_node() {
    assert_snapshot!(started().call(0, 7_u64).expect_err("it takes no calls"), @"n0 is an async node, which takes no calls; expose a handle with `node.expose` and reach it by `Sim::with_node`");
}

#[test]
fn a_call_of_a_node_past_the_last() {
    assert_snapshot!(panic_of(|| started().call(2, 7_u64)), @r#"there is no node n2 in scenario "counting"; it has n0 to n1"#);
}

#[test]
fn a_call_of_a_crashed_node() {
    let mut sim = started();
    sim.crash(1);
    assert_snapshot!(sim.call(1, 7_u64).expect_err("it is down"), @"n1 takes no call: it is Down; restart or resume it first");
}

#[test]
fn a_handle_that_was_never_exposed() {
    assert_snapshot!(started().with_node(0, |_: &mut Node| ()).expect_err("it exposed nothing"), @"n0 exposed nothing; call `node.expose(handle)` in its code");
}

#[test]
fn a_handle_of_another_type() {
    let mut sim = Scenario::new("first").nodes("node", 1, |node: Node| async move { node.expose(7_u64) }).start(Seed(7));
    sim.run_for(Duration::from_millis(10));
    assert_snapshot!(sim.with_node(0, |_: &mut u32| ()).expect_err("it exposed another type"), @"n0 exposed something else than a u32; ask for the type that it handed to `expose`");
}

#[test]
fn a_report_that_failed_where_it_must_pass() {
    let report = counters().always("counts stay at one", |world| world.views::<u64>().all(|(_, count)| *count == 1)).run(Seed(7));
    let text = panic_of(|| report.assert_ok());
    assert_snapshot!(text.lines().find(|line| line.contains("counts stay at one")).expect("the rule is named"), @"      at 0.100000s  step 5  counts stay at one");
}
