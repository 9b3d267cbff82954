use cluster_sim_scenarios::Artifact;
use cluster_sim_scenarios::edge_cache::{EdgeCacheFile, Step};
use rstest::rstest;

use crate::measured::{changed, lost, metric, of_edge, run, steps};

/// The rule that counts dropped invalidations.
const DROPPED: &str = "drop_invalidations";

/// A file with 100 writes a second of the source alone, and these steps.
fn stepped(done: impl IntoIterator<Item = (f64, Step)>) -> EdgeCacheFile {
    changed(|file| {
        (file.mutation_rate_per_sec, file.writes_per_client_per_sec) = (100.0, 0.0);
        file.steps = steps(done);
    })
}

const fn rate(rate_per_sec: f64) -> Step {
    Step::IncreaseMutationRate { rate_per_sec }
}

const fn percent(percent: f64) -> Step {
    Step::DropInvalidationsPercent { percent }
}

const fn kill(edge_id: u32) -> Step {
    Step::KillEdgeNode { edge_id }
}

#[rstest]
#[case::without(vec![], 1_000.0)]
#[case::faster(vec![(4.0, rate(200.0))], 400.0 + 1_200.0)]
#[case::slower_despite_its_name(vec![(4.0, rate(10.0))], 400.0 + 60.0)]
#[case::to_zero(vec![(4.0, rate(0.0))], 400.0)]
#[case::absolute_both_times(vec![(4.0, rate(200.0)), (8.0, rate(50.0))], 400.0 + 800.0 + 100.0)]
fn edge_36_d11_a_new_rate_replaces_the_old_from_its_instant(#[case] done: Vec<(f64, Step)>, #[case] writes: f64) {
    assert_eq!(metric(&run(&stepped(done)), "writes_total"), writes);
}

#[test]
fn edge_37_0_percent_drops_no_invalidation_and_100_every_one() {
    let none = run(&stepped([(4.005, percent(0.0))]));
    assert_eq!((none.traffic.lost(), metric(&none, "stale_reads")), (0, 0.0));
    let all = run(&stepped([(4.005, percent(100.0))]));
    // 3 edges, 6 s, 100 a second.
    assert_eq!((all.traffic.lost(), lost(&all, DROPPED), all.faults[0].effect), (1_800, 1_800, 1_800));
    assert_eq!(metric(&all, "applied"), 1_200.0);
}

#[rstest]
fn edge_37_the_dropped_share_equals_the_percentage(#[values(20.0, 80.0)] share: f64) {
    let artifact = run(&stepped([(0.0, percent(share))]));
    let dropped = lost(&artifact, DROPPED) as f64 / 30.0;
    // Four standard deviations of 3,000 trials, in percent.
    assert!((dropped - share).abs() < 4.0 * (share * (100.0 - share) / 3_000.0).sqrt(), "{dropped} %");
}

#[test]
fn edge_37_d15_a_later_percentage_replaces_the_earlier_one() {
    let artifact = run(&stepped([(2.005, percent(100.0)), (4.005, percent(50.0)), (8.005, percent(0.0))]));
    let [all, half, none] = [0, 1, 2].map(|fault| artifact.faults[fault].effect);
    assert_eq!(all, 600, "2 s in which everything is dropped");
    assert!((520..=680).contains(&half), "4 s in which half of 1,200 is dropped: {half}");
    assert_eq!((none, lost(&artifact, DROPPED)), (0, all + half));
}

#[test]
fn edge_37_d15_the_percentage_applies_in_addition_to_loss() {
    let mut file = stepped([(0.0, percent(50.0))]);
    file.chaos.loss_rate = 0.5;
    let artifact = run(&file);
    let survived = 3_000 - artifact.traffic.lost();
    // A quarter, with four standard deviations of 24.
    assert!((655..=845).contains(&survived), "{survived} of 3,000 survived both");
    assert!(lost(&artifact, "loss") > 0 && lost(&artifact, DROPPED) > 0);
    assert_eq!(artifact.traffic.lost(), lost(&artifact, "loss") + lost(&artifact, DROPPED));
}

#[test]
fn edge_39_d11_a_killed_edge_stays_down_and_the_others_continue() {
    let (whole, killed) = (run(&stepped([])), run(&stepped([(4.005, kill(1))])));
    assert_eq!([0, 1, 2].map(|edge| of_edge(&killed, edge, "applied")), [1_000, 400, 1_000]);
    let [before, after] = [&whole, &killed].map(|artifact| of_edge(artifact, 1, "reads_total"));
    assert!(after < before / 2, "{after} of {before} reads");
    assert!(of_edge(&killed, 1, "reads_unavailable") > 0);
    assert_eq!(metric(&killed, "reads_unavailable"), of_edge(&killed, 1, "reads_unavailable") as f64);
    // No check waits for it, and unserved reads are no violation.
    assert_eq!(metric(&killed, "time_to_consistency_ms.unresolved"), 0.0);
    assert_eq!((metric(&killed, "stale_reads"), metric(&killed, "monotonic_violations")), (0.0, 0.0));
    // 600 writes and every read that was sent to it.
    assert_eq!(killed.traffic.lost(), 600 + of_edge(&killed, 1, "reads_unavailable"));
}

#[test]
fn edge_39_d08_without_edges_nothing_is_consistent_or_violated() {
    let artifact = run(&stepped([(4.005, kill(0)), (4.005, kill(1)), (4.005, kill(2))]));
    assert_eq!(metric(&artifact, "time_to_consistency_ms.samples"), 400.0);
    assert_eq!(metric(&artifact, "time_to_consistency_ms.unresolved"), 600.0);
    assert!(metric(&artifact, "reads_unavailable") > 100.0);
    assert_eq!(metric(&artifact, "stale_reads"), 0.0);
}

fn effects(artifact: &Artifact) -> Vec<&str> {
    artifact.timeline.iter().map(|entry| entry.effect.as_str()).collect()
}

#[test]
fn edge_39_d20_a_step_on_a_killed_edge_is_recorded_without_effect() {
    let cut = |edge_id| Step::PartitionEdge { edge_id, duration_ms: Some(1_000) };
    let killed = run(&stepped([(2.0, kill(1))]));
    let again = run(&stepped([(2.0, kill(1)), (3.0, cut(1)), (4.0, kill(1))]));
    assert_eq!(effects(&again), ["applied", "no-op: edge 1 was killed", "no-op: edge 1 was killed"]);
    assert_eq!((again.digest, &again.metrics_snapshot), (killed.digest, &killed.metrics_snapshot));
    assert_eq!(again.outcome, killed.outcome);
    // On another edge these steps have an effect.
    let other = run(&stepped([(2.0, kill(1)), (3.0, cut(2)), (4.0, kill(2))]));
    assert_eq!(effects(&other), ["applied"; 3]);
    assert_ne!(other.digest, killed.digest);
}

#[rstest]
#[case::the_last_one_lets_everything_through([percent(100.0), percent(0.0)], 0)]
#[case::the_last_one_drops_everything([percent(0.0), percent(100.0)], 2_400)]
fn edge_35_d20_steps_of_one_instant_run_in_the_order_of_the_file(#[case] done: [Step; 2], #[case] dropped: u64) {
    let artifact = run(&stepped(done.map(|step| (2.005, step))));
    assert_eq!(lost(&artifact, DROPPED), dropped);
}

#[test]
fn edge_35_steps_run_at_their_instants_in_any_order_of_the_file() {
    let (early, late) = ((2.0, percent(100.0)), (4.0, percent(0.0)));
    let sorted = run(&stepped([early.clone(), late.clone()]));
    let unsorted = run(&stepped([late, early]));
    assert_eq!((sorted.digest, &sorted.timeline), (unsorted.digest, &unsorted.timeline));
}

#[test]
fn edge_38_d14_a_partition_without_a_duration_takes_the_default() {
    let cut = |duration_ms, partition_duration_ms| {
        let mut file = stepped([(2.0, Step::PartitionEdge { edge_id: 1, duration_ms })]);
        file.chaos.partition_duration_ms = partition_duration_ms;
        run(&file)
    };
    let (by_default, said) = (cut(None, 700), cut(Some(700), 500));
    assert_eq!((by_default.digest, &by_default.metrics_snapshot), (said.digest, &said.metrics_snapshot));
    assert_eq!(by_default.scenario["steps"], said.scenario["steps"], "the echo has the length filled in");
    assert!(cut(None, 900).faults[0].effect > by_default.faults[0].effect);
}
