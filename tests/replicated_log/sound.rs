//! Correct code breaks no rule.

use cluster_sim::prelude::*;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::replicated_log::{planted, scenario};
use rstest::rstest;

#[rstest]
fn the_builtin_scenario_holds_under_faults(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    scenario(style).sweep(0..100).assert_ok();
}

#[rstest]
fn the_hunt_without_a_bug_finds_nothing(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let hunt = planted::cluster(style, None);
    hunt.cluster.chaos(hunt.profile).sweep(0..50).assert_ok();
}

/// An order to take a server out comes after the order to take it back in was done, and has effect again.
#[rstest]
fn an_order_that_comes_late_is_no_failure(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    scenario(style).run(Seed(0x100)).assert_ok();
}

/// A server that left and joined again in one term answers late, and its leader has forgotten what it knew of it.
#[rstest]
fn a_leader_may_forget_a_server_that_left(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    scenario(style).run(Seed(0x2d8)).assert_ok();
}
