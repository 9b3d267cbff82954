use cluster_sim_scenarios::edge_cache::{EdgeCacheFile, Step};
use rstest::rstest;

use crate::measured::{changed, lost, metric, of_edge, run, steps};

/// The number of edges in the files here.
const EDGES: f64 = 3.0;

#[test]
fn edge_01_every_write_and_read_completes_the_loop() {
    let artifact = run(&changed(|file| (file.roam_interval_ms, file.chaos.delay_ms) = (250, 5)));
    // 10 s of 10 writes a second, and of 16 clients with half a write and 20 reads a second.
    assert_eq!((metric(&artifact, "writes_total"), metric(&artifact, "client_writes_acked")), (180.0, 80.0));
    // All but the write of the last instant, which is still in flight.
    assert_eq!(metric(&artifact, "applied"), 179.0 * EDGES);
    assert_eq!(metric(&artifact, "time_to_consistency_ms.samples"), 179.0);
    assert!((metric(&artifact, "reads_observed") - 3_200.0).abs() <= 16.0, "{}", metric(&artifact, "reads_observed"));
    assert!((0..3).all(|edge| of_edge(&artifact, edge, "reads_total") > 800), "{}", artifact.metrics_snapshot["edges"]);
    // One message to the router and one to each edge; two for a write or a read of a client. There are no others.
    let expected = 180 * 4 + 80 * 2 + 2 * metric(&artifact, "reads_total") as u64;
    assert!(artifact.traffic.sent.abs_diff(expected) <= 16, "{} sent, about {expected} expected", artifact.traffic.sent);
    assert!(artifact.traffic.is_balanced());
}

fn losing(loss_rate: f64) -> EdgeCacheFile {
    changed(|file| (file.chaos.loss_rate, file.mutation_rate_per_sec) = (loss_rate, 100.0))
}

#[test]
fn edge_03_30_without_loss_every_edge_applies_every_write() {
    let artifact = run(&losing(0.0));
    assert_eq!(artifact.traffic.lost(), 0);
    assert_eq!(metric(&artifact, "applied"), EDGES * metric(&artifact, "writes_total"));
}

#[test]
fn edge_03_30_at_full_loss_no_edge_applies_anything() {
    let artifact = run(&losing(1.0));
    assert_eq!(metric(&artifact, "applied"), 0.0);
    assert_eq!(lost(&artifact, "loss") as f64, EDGES * metric(&artifact, "writes_total"));
    assert_eq!(artifact.traffic.lost(), lost(&artifact, "loss"), "nothing but messages to edges is lost");
    assert_eq!(metric(&artifact, "client_writes_acked"), 80.0);
    assert_eq!((metric(&artifact, "reads_unavailable"), metric(&artifact, "time_to_consistency_ms.samples")), (0.0, 0.0));
}

#[rstest]
fn edge_03_30_the_lost_share_equals_the_loss_rate(#[values(0.05, 0.3, 0.8)] rate: f64) {
    let artifact = run(&losing(rate));
    let sent = EDGES * metric(&artifact, "writes_total");
    let share = lost(&artifact, "loss") as f64 / sent;
    // Within four standard deviations.
    let tolerance = 4.0 * (rate * (1.0 - rate) / sent).sqrt();
    assert!((share - rate).abs() < tolerance, "{share} of {sent}");
}

#[rstest]
fn edge_04_29_a_write_reaches_every_edge_after_exactly_the_delay(#[values(0, 1, 50, 500)] delay_ms: u64) {
    let artifact = run(&changed(|file| (file.chaos.delay_ms, file.mutation_rate_per_sec) = (delay_ms, 500.0)));
    for name in ["min_ms", "p50_ms", "max_ms"] {
        assert_eq!(metric(&artifact, &format!("time_to_consistency_ms.{name}")), delay_ms as f64, "{name}");
    }
    assert_eq!(metric(&artifact, "stale_reads") > 0.0, delay_ms > 0);
    // Delay alone does not reorder.
    assert_eq!((metric(&artifact, "rolled_back"), metric(&artifact, "monotonic_violations")), (0.0, 0.0));
}

fn reordering(reorder_rate: f64) -> EdgeCacheFile {
    changed(|file| {
        (file.chaos.delay_ms, file.chaos.reorder_rate) = (50, reorder_rate);
        (file.key_count, file.mutation_rate_per_sec) = (4, 100.0);
    })
}

#[test]
fn edge_05_31_without_reordering_no_entry_rolls_back() {
    let artifact = run(&reordering(0.0));
    assert_eq!((metric(&artifact, "rolled_back"), metric(&artifact, "time_to_consistency_ms.max_ms")), (0.0, 50.0));
}

#[test]
fn edge_05_31_reordered_messages_roll_edges_back() {
    let artifact = run(&reordering(0.1));
    assert!(metric(&artifact, "rolled_back") > 50.0, "{}", metric(&artifact, "rolled_back"));
    assert_eq!((artifact.traffic.lost(), metric(&artifact, "time_to_consistency_ms.min_ms")), (0, 50.0));
}

#[test]
fn edge_05_31_at_full_reordering_a_message_is_late_by_two_delays() {
    // One edge and few writes, so that no newer write hides a late message.
    let artifact = run(&changed(|file| {
        (file.chaos.delay_ms, file.chaos.reorder_rate) = (50, 1.0);
        (file.edge_count, file.mutation_rate_per_sec, file.writes_per_client_per_sec) = (1, 5.0, 0.0);
    }));
    let [least, most] = ["min_ms", "max_ms"].map(|name| metric(&artifact, &format!("time_to_consistency_ms.{name}")));
    assert!(50.0 < least && least < 70.0, "{least}");
    assert!(130.0 < most && most <= 150.0, "{most}");
    assert_eq!(artifact.traffic.lost(), 0);
}

/// The name of a cut of edge 1.
const CUT: &str = "cut [source/0 router/0] | [edge/1]";

fn cut_off(duration: Option<u64>) -> EdgeCacheFile {
    let step = duration.map(|duration_ms| (2.0, Step::PartitionEdge { edge_id: 1, duration_ms: Some(duration_ms) }));
    changed(|file| (file.mutation_rate_per_sec, file.steps) = (100.0, steps(step)))
}

#[test]
fn edge_06_38_a_cut_edge_misses_writes_for_the_duration() {
    let (whole, cut) = (run(&cut_off(None)), run(&cut_off(Some(3_000))));
    assert_eq!((whole.traffic.lost(), metric(&whole, "stale_reads")), (0, 0.0));
    // 3 s of 100 writes a second, and the writes of clients.
    let missed = lost(&cut, CUT);
    assert!((300..=340).contains(&missed), "{missed}");
    assert_eq!((cut.traffic.lost(), cut.faults[0].effect), (missed, missed));
    assert_eq!(of_edge(&whole, 1, "applied") - of_edge(&cut, 1, "applied"), missed);
    for other in [0, 2] {
        assert_eq!(of_edge(&cut, other, "applied"), of_edge(&whole, other, "applied"));
        assert_eq!(of_edge(&cut, other, "stale_reads"), 0);
    }
    assert!(of_edge(&cut, 1, "stale_reads") > 100);
}

#[test]
fn edge_06_d21_clients_still_reach_a_cut_edge() {
    let roaming = |file: EdgeCacheFile| run(&EdgeCacheFile { roam_interval_ms: 250, ..file });
    let (whole, cut) = (roaming(cut_off(None)), roaming(cut_off(Some(8_000))));
    assert_eq!(metric(&cut, "reads_unavailable"), 0.0);
    assert_eq!(of_edge(&cut, 1, "reads_total"), of_edge(&whole, 1, "reads_total"));
}

#[test]
fn edge_06_a_cut_without_a_duration_lasts_for_the_run() {
    let artifact = run(&cut_off(Some(8_000)));
    assert_eq!(of_edge(&artifact, 1, "applied"), of_edge(&artifact, 0, "applied") - lost(&artifact, CUT));
    // Stale from then on.
    assert!(metric(&artifact, "staleness.age_ms.max") > 7_500.0, "{}", metric(&artifact, "staleness.age_ms.max"));
    assert!(metric(&artifact, "time_to_consistency_ms.unresolved") > 100.0);
}
