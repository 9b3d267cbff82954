//! Rules over the views that a step changed.

use cluster_sim::Invariant;
use cluster_sim::check::{Change, Health};
use cluster_sim::prelude::*;

use super::{counters, counters_and_talkers, rule};

const RULE: &str = "counts stay small";

#[test]
fn a_sound_cluster_holds_and_each_step_counts_as_checked() {
    let small = |world: &World<'_>| world.changed::<u64>().all(|(_, count)| *count < 55);
    let report = counters_and_talkers().always(RULE, small).run(Seed(7));
    report.assert_ok();
    assert_eq!(rule(&report, RULE).times_checked, 5 * 6);
}

#[test]
fn a_broken_node_is_found_at_the_step_that_breaks_it() {
    let not_23 = |mut views: Box<dyn Iterator<Item = (NodeId, &u64)> + '_>| match views.find(|(_, count)| **count == 23) {
        Some((node, _)) => Verdict::violated([node], "it is 23"),
        None => Verdict::Holds,
    };
    let by_changed = counters().always(RULE, move |world| not_23(Box::new(world.changed()))).run(Seed(7));
    let by_views = counters().always(RULE, move |world| not_23(Box::new(world.views()))).run(Seed(7));
    assert_eq!(by_changed.violations, by_views.violations);
    assert_eq!(by_changed.suspects(), [NodeId(3)]);
}

#[test]
fn a_step_changes_the_view_of_the_node_that_stepped_only() {
    let one = |world: &World<'_>| world.changed::<u64>().count() == 1;
    counters().always("one view changes", one).run(Seed(7)).assert_ok();
}

/// Holds that its world shows the view of the node that changed, as `changed`.
struct ShowsTheChange(u64);

impl Invariant for ShowsTheChange {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let shown: Vec<NodeId> = world.changed::<u64>().map(|(node, _)| node).collect();
        self.0 += 1;
        if shown == [change.node()] { Verdict::Holds } else { Verdict::violated(shown, "others changed") }
    }

    fn times_checked(&self) -> u64 {
        self.0
    }
}

#[test]
fn an_invariant_reads_the_views_of_its_step() {
    counters().observe("shows the change", || ShowsTheChange(0)).run(Seed(7)).assert_ok();
}

#[test]
fn every_view_has_changed_outside_of_a_step() {
    let all_are_done = |world: &World<'_>| {
        let counts: Vec<u64> = world.changed::<u64>().map(|(_, count)| *count).collect();
        counts == [50, 51, 52, 53, 54]
    };
    let mut sim = counters().eventually("all are done", all_are_done).start(Seed(7));
    sim.run_for(Duration::from_secs(1));
    assert!(sim.inspect(all_are_done));
    sim.finish().assert_ok();
}

#[test]
fn a_crashed_node_has_not_changed_and_a_restarted_one_has() {
    let end = VirtualInstant::ZERO + Duration::from_secs(1);
    let shown = |world: &World<'_>| world.changed::<u64>().map(|(node, _)| node).collect::<Vec<_>>();
    let as_up = move |world: &World<'_>| {
        let is_up = world.health(NodeId(1)) == Health::Up;
        world.now() < end || shown(world) == if is_up { vec![NodeId(1)] } else { Vec::new() }
    };
    let mut sim = counters().always("it changes if it is up", as_up).start(Seed(7));
    sim.run_for(Duration::from_secs(1));
    for _ in 0..2 {
        sim.crash(1);
        sim.restart(1);
    }
    sim.kill(1);
    sim.finish().assert_ok();
}
