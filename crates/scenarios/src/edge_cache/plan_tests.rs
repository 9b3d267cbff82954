use std::time::Duration;

use cluster_sim::fault::{NetworkFault, NodeFault};
use cluster_sim::{Fault, Ratio};
use cluster_sim_edge_cache::RateChange;

use super::plan::{DROP_RULE, Plan};
use super::*;

fn plan(steps: impl IntoIterator<Item = (f64, Step)>) -> Plan {
    let steps = steps.into_iter().map(|(at, step)| TimedStep { at_secs: Seconds(at), step }).collect();
    Plan::of(&EdgeCacheFile { steps, ..EdgeCacheFile::example() })
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn drop_fault(percent: u32) -> Fault {
    let ratio = Ratio::percent(percent);
    NetworkFault::Loss { links: "invalidations".to_owned(), rule: DROP_RULE.to_owned(), ratio, duration: None }.into()
}

fn cut(edge: &str, duration: Duration) -> Fault {
    let from = vec!["source/0".to_owned(), "router/0".to_owned()];
    NetworkFault::Cut { from, to: vec![edge.to_owned()], both_ways: true, duration: Some(duration) }.into()
}

fn kill(edge: &str) -> Fault {
    NodeFault::Kill { node: edge.to_owned() }.into()
}

#[test]
fn edge_36_a_new_rate_is_not_a_fault() {
    let plan = plan([(5.0, Step::IncreaseMutationRate { rate_per_sec: 2.0 })]);
    assert_eq!(plan.rate_changes, [RateChange { at: seconds(5.0), rate_per_sec: 2.0 }]);
    assert_eq!(plan.faults, []);
}

#[test]
fn edge_d15_percentages_share_one_rule_in_order_of_time() {
    let plan = plan([80.0, 20.0, 0.0].map(|percent| (percent / 10.0 + 1.0, Step::DropInvalidationsPercent { percent })));
    // The network replaces a rule by its name.
    assert_eq!(plan.faults, [(seconds(1.0), drop_fault(0)), (seconds(3.0), drop_fault(20)), (seconds(9.0), drop_fault(80))]);
}

#[test]
fn edge_38_and_d21_a_partition_cuts_off_source_and_router_but_no_client() {
    let plan = plan([(20.0, Step::PartitionEdge { edge_id: 1, duration_ms: Some(2_000) })]);
    assert_eq!(plan.faults, [(seconds(20.0), cut("edge/1", seconds(2.0)))]);
}

#[test]
fn edge_d14_a_partition_without_a_duration_uses_that_of_chaos() {
    let plan = plan([(0.5, Step::PartitionEdge { edge_id: 0, duration_ms: None })]);
    assert_eq!(plan.faults, [(seconds(0.5), cut("edge/0", seconds(0.5)))]);
}

#[test]
fn edge_39_a_kill_has_no_end() {
    assert_eq!(plan([(3.0, Step::KillEdgeNode { edge_id: 2 })]).faults, [(seconds(3.0), kill("edge/2"))]);
}

#[test]
fn edge_d20_equal_instants_keep_file_order_and_killed_edges_ignore_steps() {
    let cut_off = |edge_id| Step::PartitionEdge { edge_id, duration_ms: Some(1_000) };
    let kill_off = |edge_id| Step::KillEdgeNode { edge_id };
    let plan = plan([(9.0, kill_off(1)), (5.0, cut_off(1)), (5.0, kill_off(1)), (5.0, cut_off(1)), (5.0, cut_off(2))]);
    let one = seconds(1.0);
    assert_eq!(plan.faults, [cut("edge/1", one), kill("edge/1"), cut("edge/2", one)].map(|fault| (seconds(5.0), fault)));
    let effects: Vec<_> = plan.timeline.iter().map(|step| step.entry.effect.as_str()).collect();
    assert_eq!(effects, ["applied", "applied", "no-op: edge 1 was killed", "applied", "no-op: edge 1 was killed"]);
    assert_eq!(plan.timeline[4].entry.at_secs, 9);
    assert_eq!(plan.timeline[4].entry.step, serde_json::json!({"KillEdgeNode": {"edge_id": 1}}));
}
