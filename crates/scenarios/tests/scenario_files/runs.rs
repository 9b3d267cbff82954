//! Runs of scenario files: they are the scenarios that the files describe.

use std::collections::BTreeSet;

use cluster_sim::{Outcome, Seed};
use cluster_sim_registry::{NodeStyle, Prepared};
use cluster_sim_scenarios::{kv, ledger};
use serde_json::{Value, json};

use crate::read_value;

fn prepared(file: &Value) -> Prepared {
    read_value(file).unwrap_or_else(|error| panic!("{error}"))
}

/// The builtin scenario of the key-value store, as a file.
fn builtin_kv(style: &str) -> Value {
    json!({
        "format": 1,
        "system": "kv",
        "duration_secs": 1,
        "topology": {"default_links": {"loss": 0.01, "duplicate": 0.01}},
        "workload": {"style": style},
        "faults": [
            {"at_ms": 600, "fault": {"pause": {"node": "replica/1", "duration_ms": 150}}},
            {"at_ms": 300, "fault": {"crash": {"node": "replica/0", "down_for_ms": 50}}},
        ],
        "fault_profile": {"mean_interval_ms": 500, "mean_duration_ms": 150, "spared_groups": ["replica"]},
    })
}

#[test]
fn the_builtin_scenario_of_the_store_can_be_written_as_a_file() {
    for (word, style) in [("machine", NodeStyle::Machine), ("async", NodeStyle::Async)] {
        let file = prepared(&builtin_kv(word));
        for seed in (0..20).map(Seed) {
            assert_eq!(file.scenario().run(seed).digest, kv::scenario(style).run(seed).digest, "{word} {seed}");
        }
    }
}

#[test]
fn the_builtin_scenario_of_the_ledger_can_be_written_as_a_file() {
    let kinds: Vec<Value> = ledger::profile().kinds.iter().map(|kind| json!(kind)).collect();
    let file = prepared(&json!({
        "format": 1,
        "system": "ledger",
        "duration_secs": 1,
        "topology": {"default_links": {"loss": 0.01, "duplicate": 0.01}},
        "workload": {"requests": 30, "pause_ms": 5, "lease_ms": 0, "recovery": "both_others"},
        "fault_profile": {"mean_interval_ms": 500, "mean_duration_ms": 150, "kinds": kinds},
    }));
    for seed in (0..20).map(Seed) {
        assert_eq!(file.scenario().run(seed).digest, ledger::scenario(NodeStyle::Machine).run(seed).digest, "{seed}");
    }
}

/// Also with the choices of its seeds, faults that wait for a condition, and a topology.
fn with_everything() -> Value {
    json!({
        "format": 1,
        "system": "ledger",
        "name": "everything",
        "seed": "0x2a",
        "duration_secs": 1.5,
        "topology": {
            "groups": {"store": {"zones": ["a", "b"], "region": "eu", "disk": {"crash": "xfs_like", "sync_us": [500, 900]}}, "client": {"count": 2}},
            "links": [{"from": "client", "to": "store", "name": "front", "model": {"delay_ms": [1, 3], "order": "fifo"}}],
        },
        "workload": {"requests": 20},
        "faults": [
            {"at_ms": [100, 900], "times": 3, "every_ms": [50, 200], "fault": {"crash": {"node": "any:store", "down_for_ms": [20, 80]}}},
            {"when": {"vouched": {"entries": 5}}, "after_ms": 3, "fault": {"cut": {"from": ["it"], "to": ["others:store"], "duration_ms": [50, 90]}}},
            {"at_ms": 1_000, "fault": {"loss": {"links": "front", "rule": "r", "ratio": 0.2, "duration_ms": 100}}},
            {"at_ms": 1_200, "fault": {"pause_all": {"nodes": ["zone:b"], "duration_ms": 30}}},
        ],
    })
}

#[test]
fn each_seed_makes_choices_of_its_own_and_repeats_them() {
    let file = prepared(&with_everything());
    let faults = |seed| {
        let report = file.scenario().run(Seed(seed));
        assert_eq!(report.outcome, Outcome::Held, "{report}");
        report.faults.iter().map(|record| (record.at, record.fault.to_string())).collect::<Vec<_>>()
    };
    let plans: Vec<_> = (0..30).map(faults).collect();
    assert!((0..30).all(|seed| faults(seed) == plans[seed as usize]));
    // Three crashes, the cut, the loss and the pauses.
    assert!(plans.iter().all(|plan| plan.len() == 6), "{plans:?}");
    let distinct = |part: &dyn Fn(&str) -> Option<String>| {
        plans.iter().flatten().filter_map(|(_, text)| part(text)).collect::<BTreeSet<_>>().len()
    };
    assert!(distinct(&|text| text.starts_with("crash").then(|| text.to_owned())) > 50, "nodes and times differ");
    assert!(distinct(&|text| text.starts_with("cut").then(|| text.to_owned())) > 20, "so do those of a condition");
}

#[test]
fn a_fault_waits_for_its_condition_and_hits_the_node_of_it() {
    let file = prepared(&json!({
        "format": 1,
        "system": "kv",
        "faults": [{"when": {"leading": {"executed": 4}}, "times": 2, "fault": {"pause": {"node": "it", "duration_ms": 200}}}],
    }));
    let report = file.scenario().run(Seed(1));
    let fired: Vec<_> = report.faults.iter().filter_map(|record| record.trigger.as_deref()).collect();
    assert_eq!(fired, ["leading (faults[0])"; 2]);
    assert!(report.faults.iter().all(|record| record.fault.nodes()[0].starts_with("replica/")));
}

#[test]
fn a_report_repeats_its_file_with_all_defaults() {
    let file = prepared(&with_everything());
    let artifact = file.run();
    let repeated = prepared(&artifact.scenario);
    assert_eq!(artifact.scenario["workload"]["answer_timeout_ms"], 60);
    assert_eq!(artifact.scenario["seed"], 0x2a);
    assert_eq!(repeated.run().to_json(), artifact.to_json());
    assert!(artifact.metrics().iter().any(|(name, _)| name == "entries"), "it measures what the builtin scenario does");
}

#[test]
fn a_file_chooses_its_rules() {
    let bug = |checks: Value| {
        let mut file = json!({
            "format": 1,
            "system": "kv",
            "workload": {"bug": "reads-from-backup", "operations": 100, "pause_ms": 5},
        });
        if !checks.is_null() {
            file["checks"] = checks;
        }
        let scenario = prepared(&file).scenario().clone();
        (0..20).map(|seed| scenario.run(Seed(seed))).find(|report| report.outcome == Outcome::Violated)
    };
    let settled = "in the end all replicas have one log and all clients their answers";
    assert!(bug(Value::Null).is_some());
    assert!(bug(json!(["the store answers as one register per key"])).is_some());
    assert!(bug(json!([settled])).is_none(), "the rule that it breaks is left out");
    let one = prepared(&json!({"format": 1, "system": "kv", "checks": [settled]})).scenario().run(Seed(1));
    assert_eq!(one.checks.iter().map(|check| check.name.as_str()).collect::<Vec<_>>(), [settled]);
}

#[test]
fn a_number_with_a_point_is_the_whole_number() {
    let with = |keys: Value, at: Value| {
        let fault = json!({"crash": {"node": "replica/0", "down_for_ms": 20}});
        prepared(&json!({"format": 1, "system": "kv", "workload": {"keys": keys}, "faults": [{"at_ms": at, "fault": fault}]}))
    };
    let (whole, pointed) = (with(json!(3), json!([5, 9])), with(json!(3.0), json!([5.0, 9.0])));
    assert_eq!(whole.run().to_json(), pointed.run().to_json());
}
