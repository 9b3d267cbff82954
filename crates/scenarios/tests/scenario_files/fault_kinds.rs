//! Every kind of fault of the simulator can stand in a scenario file.

use cluster_sim::Fault;
use cluster_sim_registry::{Shape, Tag};
use cluster_sim_scenarios::builtin;
use serde_json::{Value, json};

use crate::drawn::{Numbers, drawn_tag};
use crate::read_value;

/// The kinds that a file of the ledger may name.
fn tags() -> Vec<Tag> {
    let shape = builtin().file_shape("ledger").expect("it has files");
    let Some(Shape::List(entry, ..)) = shape.field("faults").map(|field| &field.shape) else { panic!("faults are a list") };
    let Shape::Object(entry) = &**entry else { panic!("an entry is an object") };
    match entry.field("fault").map(|field| &field.shape) {
        Some(Shape::Tagged(_, tags)) => tags.clone(),
        _ => panic!("a fault has a kind"),
    }
}

/// Puts together what only goes with something else: JSON Schema cannot say it, and the reader says what is missing.
fn repaired(kind: &str, mut fault: Value) -> Value {
    if fault.is_string() {
        return fault;
    }
    let fields = &mut fault[kind];
    match kind {
        "cut" | "flap" | "impair" | "hold" | "reset_sessions" => {
            fields["from"] = json!(["any:store"]);
            fields["to"] = json!(["group:client"]);
        }
        "bit_rot" | "rot_on_read" => fields["bits"] = json!(1),
        "slow_disk" => fields["factor"] = json!(2),
        "disk_limit" => fields["bytes_per_second"] = json!(1),
        "equal_random" | "rolling_restart" => fields["nodes"] = json!(["group:store"]),
        _ => {}
    }
    match kind {
        "impair" | "impair_links" => fields["by"] = json!({"loss": 0.5, "delay_ms": [1, 9]}),
        "links" => fields["model"] = json!({"delay_ms": [1, 9], "loss": 0.5, "session_timeout_ms": 900}),
        _ => {}
    }
    if let Some(path) = fields.get_mut("path") {
        *path = json!("wal/0");
    }
    fault
}

#[test]
fn a_file_may_name_every_kind_of_fault() {
    let refused = serde_json::from_str::<Fault>(r#"{"no_such_kind": {}}"#).unwrap_err().to_string();
    let (_, known) = refused.split_once("expected one of ").expect("it lists the kinds");
    let mut known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    let tags = tags();
    let mut named: Vec<&str> = tags.iter().map(|tag| tag.name).collect();
    known.sort_unstable();
    named.sort_unstable();
    assert_eq!(named, known);
}

#[test]
fn every_kind_of_fault_is_read_whatever_its_fields() {
    for tag in tags() {
        // The ledger declares no failpoint at which a node could crash.
        // It has no object store either.
        if tag.name == "crash_at" || tag.name.contains("object") {
            continue;
        }
        for number in 0..50 {
            let fault = repaired(tag.name, drawn_tag(&tag, &["store", "client"], &mut Numbers(number)));
            let file = json!({"format": 1, "system": "ledger", "duration_secs": 1, "faults": [{"at_ms": [1, 9], "fault": fault}]});
            if let Err(error) = read_value(&file) {
                panic!("{error}: {file}");
            }
        }
    }
}

#[test]
fn a_fault_at_a_failpoint_that_is_not_declared_is_refused() {
    let fault = json!({"crash_at": {"node": "store/0", "point": "nowhere"}});
    let error = read_value(&json!({"format": 1, "system": "ledger", "faults": [{"at_ms": 1, "fault": fault}]})).err().unwrap();
    assert_eq!(error.path, "faults[0].fault");
    assert!(error.cure.contains("nowhere"), "{error}");
}

/// The plan that the simulator itself writes.
#[test]
fn a_fault_plan_as_data_is_a_list_of_faults() {
    let plan = json!([
        {"at_ns": 1_000_000, "fault": {"cut": {"from": ["store/0"], "to": ["store/1"], "both_ways": true, "duration_ns": 5_000_000}}},
        {"at_ns": 2_000_000, "fault": "heal_all"},
        {"at_ns": 2_000_000, "fault": {"clock_step": {"node": "store/2", "by_ns": -5}}},
    ]);
    let by_file = read_value(&json!({"format": 1, "system": "ledger", "seed": 3, "faults": plan})).unwrap();
    let by_hand = read_value(&json!({"format": 1, "system": "ledger", "seed": 3})).unwrap();
    let by_hand = by_hand.scenario().clone().faults(serde_json::from_value(plan).unwrap());
    assert_eq!(by_file.run().digest, by_hand.run(by_file.seed()).digest);
}
