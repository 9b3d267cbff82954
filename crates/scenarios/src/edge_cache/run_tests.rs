use cluster_sim::{Outcome, Seed};
use serde_json::Value;

use super::*;
use crate::Artifact;

fn named(name: &str) -> Artifact {
    crate::builtin().named(name).unwrap().prepare(&Variables::default()).unwrap().run()
}

#[test]
fn edge_d09_equal_scenario_and_seed_give_equal_bytes() {
    let run = || run(&EdgeCacheFile::example()).unwrap().to_json();
    assert_eq!(run(), run());
}

#[test]
fn another_seed_changes_run_and_report() {
    let prepared = EdgeCacheFile::example().prepare().unwrap();
    let one = prepared.run();
    let other = prepared.with_seed(Seed(43)).run();
    assert_ne!(one.digest, other.digest);
    assert_eq!((other.seed, &other.scenario["seed"]), (43, &Value::from(43)));
}

#[test]
fn edge_d19_the_report_is_complete_and_its_scenario_reproduces_the_run() {
    let artifact = run(&EdgeCacheFile::example()).unwrap();
    let report: Value = serde_json::from_str(&artifact.to_json()).unwrap();
    for field in
        ["format", "scenario", "seed", "outcome", "metrics_snapshot", "timeline", "faults", "traffic", "violations", "signature"]
    {
        assert!(!report[field].is_null(), "{field} is in the report");
    }
    assert_eq!(report["digest"].as_str().unwrap().len(), 16);
    assert_eq!(report["timeline"].as_array().unwrap().len(), 2);
    let again = EdgeCacheFile::parse(&report["scenario"].to_string(), "report", &Defaults::default()).unwrap();
    assert_eq!(run(&again).unwrap().to_json(), artifact.to_json());
}

#[test]
fn metric_names_are_known_before_the_run() {
    let prepared = EdgeCacheFile::example().prepare().unwrap();
    let measured = prepared.run().metrics();
    for (name, _) in &measured {
        assert!(prepared.metric_names().contains(name), "{name} is known beforehand");
    }
    assert!(measured.iter().any(|(name, _)| name == "monotonic_violations"));
    assert!(measured.iter().any(|(name, _)| name == "inversion_distance.version_buckets.v1"));
}

#[test]
fn edge_d22_without_chaos_there_is_no_violation() {
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
fn edge_31_without_delay_nothing_is_reordered() {
    let mut file = EdgeCacheFile::example();
    (file.chaos.delay_ms, file.chaos.reorder_rate) = (0, 0.5);
    let rolled_back = run(&file).unwrap().metrics().into_iter().find(|(name, _)| name == "rolled_back");
    assert_eq!(rolled_back, Some(("rolled_back".to_owned(), Some(0.0))));
}

#[test]
fn edge_d12_a_run_ended_by_its_lag_policy_fails_and_lists_unreached_steps() {
    let text = include_str!("../../scenarios/edge-cache-burst-lag.json");
    let mut file = EdgeCacheFile::parse(text, "burst", &Defaults::default()).unwrap();
    file.chaos.source_lag_policy = SourceLagPolicy::FailRun;
    file.steps = vec![TimedStep { at_secs: Seconds(29.0), step: Step::KillEdgeNode { edge_id: 0 } }];
    let artifact = run(&file).unwrap();
    assert_eq!((artifact.outcome, artifact.outcome.exit_code()), (Outcome::Violated, 1));
    assert_eq!(artifact.violations.len(), 1);
    assert!(artifact.timeline[0].effect.starts_with("not reached: the run ended at "), "{}", artifact.timeline[0].effect);
    assert_eq!(artifact.faults.iter().filter(|fault| fault.applied).count(), 0);
}

#[test]
fn edge_39_and_d20_a_killed_edge_ignores_steps_and_serves_no_reads() {
    let steps = [(5.0, Step::KillEdgeNode { edge_id: 1 }), (6.0, Step::PartitionEdge { edge_id: 1, duration_ms: None })];
    let steps = steps.map(|(at, step)| TimedStep { at_secs: Seconds(at), step }).to_vec();
    let artifact = run(&EdgeCacheFile { steps, ..EdgeCacheFile::example() }).unwrap();
    let effects: Vec<_> = artifact.timeline.iter().map(|entry| entry.effect.as_str()).collect();
    assert_eq!(effects, ["applied", "no-op: edge 1 was killed"]);
    assert_eq!(artifact.faults.len(), 1);
    let unavailable = artifact.metrics().into_iter().find(|(name, _)| name == "reads_unavailable");
    assert!(unavailable.is_some_and(|(_, value)| value > Some(0.0)));
}

#[test]
fn edge_36_a_new_rate_changes_the_number_of_writes() {
    let writes = |steps: Vec<TimedStep>| {
        let file = EdgeCacheFile { steps, writes_per_client_per_sec: 0.0, ..EdgeCacheFile::example() };
        run(&file).unwrap().metrics().into_iter().find(|(name, _)| name == "writes_total").unwrap().1
    };
    assert_eq!(writes(Vec::new()), Some(300.0));
    // 10 s at 10 per second, 20 s at 100 per second.
    let faster = Step::IncreaseMutationRate { rate_per_sec: 100.0 };
    assert_eq!(writes(vec![TimedStep { at_secs: Seconds(10.0), step: faster }]), Some(2_100.0));
}

#[test]
fn an_invalid_file_built_in_code_is_refused_before_the_run() {
    let mut file = EdgeCacheFile::example();
    file.edge_count = 0;
    assert_eq!(
        run(&file).unwrap_err().to_string(),
        "scenario: at edge_count: 0 is out of range; use a whole number from 1 to 1000000"
    );
}
