//! Scenario files of the general format on the command line: run, repeated from a report, swept, replayed without the file, refused, described.

#[expect(dead_code, reason = "the edge cache has a dialect of its own")]
mod common;

use std::fs;

use common::{Finished, Place};
use rstest::rstest;
use serde_json::{Value, json};

/// A store that loses the reads of backups, in a file; most seeds find it.
fn buggy() -> Value {
    json!({
        "format": 1,
        "system": "kv",
        "name": "backup-reads",
        "seed": 5,
        "workload": {"bug": "reads-from-backup", "operations": 100, "pause_ms": 5},
        "faults": [{"at_ms": [100, 900], "fault": {"crash": {"node": "any:replica", "down_for_ms": [20, 90]}}}],
    })
}

fn sound() -> Value {
    let mut file = buggy();
    file["workload"]["bug"] = Value::Null;
    file
}

/// The report of a run that passed.
fn report(place: &Place, arguments: &[&str]) -> Value {
    let finished = place.run(&[&["run"], arguments, &["--out", "report.json"]].concat());
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
    serde_json::from_str(&fs::read_to_string(place.path("report.json")).unwrap()).unwrap()
}

#[test]
fn a_report_repeats_a_file_that_gives_its_run() {
    let place = Place::new();
    place.file("my.json", sound().to_string());
    let first = report(&place, &["--scenario", "my.json"]);
    assert_eq!((&first["scenario"]["name"], &first["scenario"]["workload"]["keys"]), (&json!("backup-reads"), &json!(2)));
    place.file("again.json", first["scenario"].to_string());
    assert_eq!(report(&place, &["again.json"]), first);
    let other = report(&place, &["my.json", "--seed", "6"]);
    assert_eq!(other["scenario"]["seed"], 6);
    assert_ne!(other["digest"], first["digest"]);
    assert_ne!(other["faults"][0]["at_ns"], first["faults"][0]["at_ns"], "each seed chooses");
}

#[rstest]
fn a_failure_is_replayed_without_its_file(#[values(&[][..], &["--isolate"][..])] more: &[&str]) {
    let place = Place::new();
    place.file("my.json", buggy().to_string());
    let swept = place.run(&[&["sweep", "my.json", "--seeds", "50", "--out", "artifacts"], more].concat());
    assert_eq!(swept.code, Some(1), "{swept:?}");
    let seed = fs::read_dir(place.path("artifacts/my.json")).unwrap().next().unwrap().unwrap().path();
    let reproducer = fs::read_to_string(seed.join("reproducer.json")).unwrap();
    place.file("case.json", &reproducer);
    fs::remove_file(place.path("my.json")).unwrap();
    let replayed = place.run(&["replay", "case.json"]);
    assert_eq!(replayed.code, Some(1), "{replayed:?}");
    assert!(replayed.stdout.starts_with("the same run, event by event\nFAIL  backup-reads  "), "{replayed:?}");
    assert_eq!(serde_json::from_str::<Value>(&reproducer).unwrap()["source"]["registered"]["file"], buggy());
}

fn assert_refused(finished: &Finished, line: &str) {
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
    assert!(finished.stderr.starts_with(line) && finished.stderr.lines().count() == 1, "{}", finished.stderr);
}

#[rstest]
#[case("/workload/operation", json!(5), "workload.operation: 5 is the value of an unknown field; did you mean operations? use one of style, ")]
#[case("/faults/0/at_ms", json!(5_000), "faults[0].at_ms: 5000 is after the end of the run; use at most 2000, or a longer duration_secs")]
#[case("/checks", json!(["settled"]), "checks[0]: \"settled\" is not a known rule; use one of the store answers as one register per key, ")]
fn a_mistake_in_a_file_is_one_line_and_nothing_runs(#[case] pointer: &str, #[case] value: Value, #[case] line: &str) {
    let place = Place::new();
    let mut file = sound();
    let (object, name) = pointer.rsplit_once('/').unwrap();
    file.pointer_mut(object).unwrap()[name] = value;
    place.file("bad.json", file.to_string());
    for command in ["run", "sweep"] {
        assert_refused(&place.run(&[command, "bad.json"]), &format!("cluster-sim: could not run: bad.json: at {line}"));
    }
    assert_eq!(place.names(), ["bad.json"]);
}

#[test]
fn the_schema_is_printed_for_one_system_or_for_all() {
    let place = Place::new();
    let registry = cluster_sim_scenarios::builtin();
    for (arguments, system) in [(&["schema"][..], None), (&["schema", "kv"], Some("kv"))] {
        let printed = place.run(arguments);
        assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""), "{printed:?}");
        assert_eq!(serde_json::from_str::<Value>(&printed.stdout).unwrap(), registry.schema(system).unwrap());
    }
    let listed = place.run(&["schema", "kv", "--fields"]).stdout;
    let line = "workload.keys: a whole number from 1 to 1000000 [default: 2]. The number of keys.\n";
    assert!(listed.contains(line), "{listed}");
    assert!(listed.contains("faults[].when.leading: [executed]. A replica leads"), "{listed}");
}

#[test]
fn a_schema_of_no_system_is_refused_with_the_known_ones() {
    let place = Place::new();
    let begin = "cluster-sim: could not run: command line: at SYSTEM: ";
    let unknown = place.run(&["schema", "ledgre"]);
    assert_refused(
        &unknown,
        &format!("{begin}\"ledgre\" is not a known system; did you mean ledger? use one of edge-cache, kv, ledger"),
    );
    assert_refused(&place.run(&["schema", "--fields"]), &format!("{begin}nothing is given; name one of edge-cache, kv, ledger"));
}
