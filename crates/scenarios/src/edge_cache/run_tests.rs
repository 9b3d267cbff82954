use cluster_sim::{Outcome, Seed};
use serde_json::Value;

use super::*;
use crate::{Artifact, Registry};

fn named(name: &str) -> Artifact {
    Registry::standard().named(name).unwrap().prepare(&Defaults::default()).unwrap().run()
}

#[test]
fn edge_d09_equal_scenario_and_seed_give_equal_bytes() {
    let run = || run(&EdgeCacheFile::example()).unwrap().to_json();
    assert_eq!(run(), run());
}

#[test]
fn another_seed_gives_another_run_and_is_echoed() {
    let prepared = EdgeCacheFile::example().prepare().unwrap();
    let one = prepared.run();
    let other = prepared.with_seed(Seed(43)).run();
    assert_ne!(one.digest, other.digest);
    assert_eq!((other.seed, &other.scenario["seed"]), (43, &Value::from(43)));
}

#[test]
fn edge_d19_the_report_holds_all_that_is_promised_and_its_echo_gives_the_run_again() {
    let artifact = run(&EdgeCacheFile::example()).unwrap();
    let report: Value = serde_json::from_str(&artifact.to_json()).unwrap();
    for field in
        ["format", "scenario", "seed", "outcome", "metrics_snapshot", "timeline", "faults", "traffic", "violations", "signature"]
    {
        assert!(!report[field].is_null(), "{field} is in the report");
    }
    assert_eq!(report["digest"].as_str().unwrap().len(), 16);
    assert_eq!(report["timeline"].as_array().unwrap().len(), 2);
    let again = EdgeCacheFile::parse(&report["scenario"].to_string(), "echo", &Defaults::default()).unwrap();
    assert_eq!(run(&again).unwrap().to_json(), artifact.to_json());
}

#[test]
fn every_named_number_can_be_asked_for_before_the_run() {
    let prepared = EdgeCacheFile::example().prepare().unwrap();
    let measured = prepared.run().metrics();
    for (name, _) in &measured {
        assert!(prepared.metric_names().contains(name), "{name} is known beforehand");
    }
    assert!(measured.iter().any(|(name, _)| name == "monotonic_violations"));
    assert!(measured.iter().any(|(name, _)| name == "inversion_distance.version_buckets.v1"));
}

#[test]
fn edge_d22_without_chaos_no_violation_is_invented() {
    let artifact = named("edge-cache-control");
    assert_eq!(artifact.outcome, Outcome::Held);
    for (name, value) in artifact.metrics() {
        if name.contains("violations")
            || name == "stale_reads"
            || name == "micro_inversions"
            || name.starts_with("inversion_distance")
        {
            assert_eq!(value, Some(0.0), "{name}");
        }
    }
}

#[test]
fn a_file_made_by_hand_is_refused_before_it_runs() {
    let mut file = EdgeCacheFile::example();
    file.edge_count = 0;
    assert_eq!(
        run(&file).unwrap_err().to_string(),
        "scenario: at edge_count: 0 is out of range; use a whole number from 1 to 1000000"
    );
}
