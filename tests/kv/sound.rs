//! A correct store breaks no rule, whatever it claims to survive.

use cluster_sim::fault::FaultKind;
use cluster_sim::prelude::*;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::kv::{planted, scenario};
use cluster_sim_testkit::units::milliseconds;
use rstest::rstest;

/// Every kind that hits links and processes: also delays, copies, another order and slow nodes.
#[rstest]
fn histories_are_linearizable_on_bad_links_and_slow_nodes(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let profile = FaultProfile::default().without([FaultKind::QuickRestart]).also([FaultKind::Slow]);
    let sweep = planted::cluster(style, None).cluster.chaos(profile).sweep(0..100);
    sweep.assert_ok();
}

/// Clients that crash leave their calls open, which may happen later or never.
#[rstest]
fn histories_are_linearizable_while_clients_crash(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let often = FaultProfile { mean_interval: milliseconds(100), mean_duration: milliseconds(50), ..FaultProfile::default() };
    let profile = often.only([FaultKind::Crash, FaultKind::QuickRestart]).sparing(["replica"]).at_most_down(u32::MAX);
    planted::cluster(style, None).cluster.chaos(profile).sweep(0..100).assert_ok();
}

#[rstest]
fn a_thousand_seeds_raise_no_false_alarm(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    scenario(style).sweep(0..1_000).assert_ok();
    planted::cluster(style, None).scenario().sweep(0..1_000).assert_ok();
}
