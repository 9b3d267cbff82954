use cluster_sim_scenarios::edge_cache::Step;
use serde_json::Value;

use crate::measured::{changed, metric, of_edge, run, steps};

#[test]
fn the_first_violations_number_edge_and_client_as_the_file() {
    // Only edge 1 is ever stale, so only it can cause a violation.
    let cut = Step::PartitionEdge { edge_id: 1, duration_ms: Some(8_000) };
    let artifact = run(&changed(|file| {
        (file.roam_interval_ms, file.key_count, file.writes_per_client_per_sec) = (250, 4, 5.0);
        file.steps = steps([(1.0, cut)]);
    }));
    let first = artifact.metrics_snapshot["first_violations"].as_array().expect("a list").clone();
    let kinds: Vec<&Value> = first.iter().map(|violation| &violation["kind"]).collect();
    assert_eq!(kinds.len(), 2, "one of each kind: {kinds:?}");
    for violation in &first {
        assert_eq!(violation["edge"], 1, "{violation}");
        assert!(violation["client"].as_u64().is_some_and(|client| client < 16), "{violation}");
        assert!(violation["expected"].as_u64() > violation["observed"].as_u64(), "{violation}");
        assert!(violation["at_ns"].as_u64() > Some(1_000_000_000), "{violation}");
    }
    for name in ["monotonic_violations", "read_your_writes_violations", "stale_reads"] {
        assert_eq!([0, 1, 2].map(|edge| of_edge(&artifact, edge, name)), [0, metric(&artifact, name) as u64, 0], "{name}");
    }
}

#[test]
fn a_client_is_named_by_its_number() {
    // A single client beside several edges.
    let artifact = run(&changed(|file| {
        (file.client_count, file.key_count, file.writes_per_client_per_sec) = (1, 1, 10.0);
        file.chaos.delay_ms = 500;
    }));
    let first = &artifact.metrics_snapshot["first_violations"][0];
    assert_eq!((&first["kind"], &first["client"], &first["edge"]), (&"read_your_writes".into(), &0.into(), &0.into()));
}

#[test]
fn edge_10_d02_only_own_acknowledged_writes_must_be_read() {
    let late = |writes: f64| run(&changed(|file| (file.chaos.delay_ms, file.writes_per_client_per_sec) = (200, writes)));
    let others_write = late(0.0);
    assert!(metric(&others_write, "stale_reads") > 0.0, "what others wrote is stale");
    assert_eq!(metric(&others_write, "read_your_writes_violations"), 0.0, "and breaks no promise");
    assert!(metric(&late(5.0), "read_your_writes_violations") > 0.0);
}

#[test]
fn edge_10_d02_an_unacknowledged_write_need_not_be_read() {
    // The edge receives a write after 50 ms, and its client the acknowledgement after 100 ms: until then it need not be read.
    let artifact = run(&changed(|file| {
        (file.client_delay_ms, file.key_count, file.writes_per_client_per_sec) = (100, 1, 5.0);
        file.chaos.delay_ms = 50;
    }));
    assert!(metric(&artifact, "client_writes_acked") > 500.0 && metric(&artifact, "stale_reads") > 0.0);
    assert_eq!(metric(&artifact, "read_your_writes_violations"), 0.0);
}
