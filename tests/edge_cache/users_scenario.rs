//! The first users' scenario file, unchanged, from end to end.

use cluster_sim::Outcome;
use cluster_sim_scenarios::edge_cache::EdgeCacheFile;
use cluster_sim_scenarios::{Artifact, Variables};

use crate::measured::{lost, metric, run};

/// The file as the users wrote it.
const FILE: &str = include_str!("../../scenarios/edge-cache.json");

fn artifact() -> Artifact {
    let registry = cluster_sim_scenarios::builtin();
    registry.read(FILE, "edge-cache.json", &Variables::default()).expect("their file is a scenario").run()
}

#[test]
fn edge_42_the_users_scenario_is_read_unchanged_and_holds() {
    let artifact = artifact();
    assert_eq!((artifact.outcome, artifact.outcome.exit_code()), (Outcome::Held, 0));
    assert_eq!((artifact.seed, artifact.ended_at_ns), (42, 30_000_000_000));
    assert_eq!(artifact.timeline.iter().map(|entry| entry.effect.as_str()).collect::<Vec<_>>(), ["applied"; 2]);
    // The report echoes every field as written.
    let written: serde_json::Value = serde_json::from_str(FILE).expect("it is JSON");
    for (field, value) in written.as_object().expect("it is an object") {
        assert_eq!(&artifact.scenario[field], value, "{field}");
    }
}

#[test]
fn edge_42_the_report_of_the_users_scenario_as_text() {
    let prepared = EdgeCacheFile::example().prepare().expect("the example is a scenario");
    insta::assert_snapshot!(prepared.scenario().run(prepared.seed()).to_string());
}

#[test]
fn edge_22_42_d19_the_report_of_the_users_scenario_as_a_file() {
    insta::assert_snapshot!(artifact().to_json());
}

#[test]
fn edge_42_the_signature_of_the_users_scenario() {
    insta::assert_snapshot!(artifact().signature.to_string());
}

#[test]
fn edge_01_42_the_load_equals_the_configured_rates() {
    let artifact = artifact();
    // 10 writes a second of the source, and half a write a second of each of 16 clients.
    assert_eq!((metric(&artifact, "writes_total"), metric(&artifact, "client_writes_acked")), (540.0, 240.0));
    assert!((metric(&artifact, "reads_total") - 9_600.0).abs() <= 16.0);
    assert_eq!(metric(&artifact, "reads_unavailable"), 0.0);
}

#[test]
fn edge_09_to_15_42_every_kind_of_violation_occurs() {
    let artifact = artifact();
    for name in [
        "stale_reads",
        "read_your_writes_violations",
        "monotonic_violations",
        "inversion_distance.version_buckets.v1",
        "inversion_distance.version_buckets.v2_5",
        "inversion_distance.version_buckets.v6_20",
        "inversion_distance.temporal_buckets.ms21_100",
        "inversion_distance.temporal_buckets.gt_100ms",
        "inversion_distance.micro_inversions",
        "rolled_back",
        "time_to_consistency_ms.samples",
        "time_to_consistency_ms.unresolved",
    ] {
        assert!(metric(&artifact, name) > 0.0, "{name}");
    }
    // No write reaches every edge before the delay.
    assert_eq!(metric(&artifact, "time_to_consistency_ms.min_ms"), 50.0);
}

#[test]
fn edge_03_37_42_four_of_five_invalidations_drop_after_10_seconds() {
    let artifact = artifact();
    // 20 s of 18 writes a second to 3 edges, less the link's loss of 1 in 20 and the cut, which apply before the rule.
    let cut = artifact.faults[1].effect;
    let tried = 20.0 * 18.0 * 3.0 * 0.95 - cut as f64;
    let dropped = lost(&artifact, "drop_invalidations") as f64 / tried;
    assert!((dropped - 0.8).abs() < 0.05, "{dropped} of {tried}");
    assert_eq!(lost(&artifact, "drop_invalidations"), artifact.faults[0].effect);
    // 5 % of 1,620, with four standard deviations of 8.8.
    assert!((45..=117).contains(&lost(&artifact, "loss")), "{}", lost(&artifact, "loss"));
}

#[test]
fn edge_06_38_42_the_cut_of_edge_1_drops_for_two_seconds() {
    let artifact = artifact();
    let dropped = lost(&artifact, "cut [source/0 router/0] | [edge/1]");
    // 2 s of 18 writes a second.
    assert!((26..=46).contains(&dropped), "{dropped}");
    assert_eq!(artifact.faults[1].effect, dropped);
}

#[test]
fn edge_42_steps_show_in_the_reads_of_clients() {
    let with = artifact();
    let without = run(&EdgeCacheFile { steps: Vec::new(), ..EdgeCacheFile::example() });
    for name in ["stale_reads", "monotonic_violations", "time_to_consistency_ms.unresolved", "staleness.age_ms.max"] {
        assert!(metric(&with, name) > metric(&without, name), "{name}");
    }
    assert_eq!(metric(&with, "writes_total"), metric(&without, "writes_total"));
}
