//! A system that is added in one line is listed, read, limited and digested.

use std::fs;

use cluster_sim_registry::{Registry, ScenarioErrorKind, Variables};
use cluster_sim_testkit::own_system::OwnSystem;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{digests, help, list, main_from};

fn registry() -> Registry {
    cluster_sim_scenarios::builtin().with(OwnSystem)
}

/// Runs a file of the system with more arguments; returns the exit code and the report, if there is one.
fn run(more: &[&str]) -> (u8, Option<Value>) {
    let folder = TempDir::new().unwrap();
    let [file, out] = ["tally.json", "report.json"].map(|name| folder.path().join(name));
    fs::write(&file, r#"{"system":"tally","seed":42,"numbers":12}"#).unwrap();
    let [file, text] = [&file, &out].map(|path| path.to_str().unwrap());
    let words = ["cluster-sim", "run", "--scenario", file, "--out", text].into_iter().chain(more.iter().copied());
    let code = main_from(&registry(), words);
    (code, fs::read_to_string(&out).ok().map(|text| serde_json::from_str(&text).unwrap()))
}

#[test]
fn it_is_in_the_list_and_in_the_help() {
    let listed = list(&registry(), false);
    for line in ["tally  ", "hunt-tally  "] {
        assert!(listed.lines().any(|listed| listed.starts_with(line)), "{listed}");
    }
    let mut command = help::command(&registry());
    let help = command.find_subcommand_mut("run").unwrap().render_long_help().to_string();
    for part in ["The smallest one of tally:\n  {\"system\":\"tally\",\"seed\":1}\n", "  TALLY_NUMBERS\n           numbers that"] {
        assert!(help.contains(part), "{help}");
    }
}

#[test]
fn its_file_runs_and_its_report_repeats_it() {
    let (code, report) = run(&[]);
    let report = report.unwrap();
    assert_eq!((code, &report["outcome"]), (0, &json!("held")));
    assert_eq!(report["scenario"], json!({"system": "tally", "seed": 42, "numbers": 12}));
    assert_eq!(report["metrics_snapshot"], json!({"counted": 12}));
}

#[rstest]
#[case("counted=12", 0)]
#[case("counted=11", 1)]
#[case("stale_reads=0", 2)]
fn its_metrics_can_be_limited(#[case] limit: &str, #[case] expected: u8) {
    let (code, report) = run(&["--max", limit]);
    assert_eq!((code, report.is_some()), (expected, expected < 2));
}

#[test]
fn its_variable_enters_its_scenarios() {
    let registry = registry();
    let set = Variables::read(registry.variables(), |name| (name == "TALLY_NUMBERS").then(|| "3".into())).unwrap();
    let read = registry.read(r#"{"system":"tally","seed":1}"#, "tally.json", &set).unwrap();
    assert_eq!(read.run().metrics_snapshot, json!({"counted": 3}));
}

#[test]
fn the_file_of_an_unknown_system_is_refused_with_those_known() {
    let error = registry().read(r#"{"system":"raft","seed":1}"#, "raft.json", &Variables::default()).err().unwrap();
    assert_eq!(
        (error.kind, error.path.as_str(), error.value.as_str()),
        (ScenarioErrorKind::Unknown("system"), "system", "\"raft\"")
    );
    assert_eq!(error.cure, "use one of edge-cache, tally, kv, ledger, stream-queue, or leave it out for edge-cache");
}

#[test]
fn its_scenarios_are_digested() {
    let lines = digests::digests(&Registry::new().with(OwnSystem), None, 20).unwrap();
    let names: Vec<_> = lines.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    assert_eq!(names, ["tally", "hunt-tally", "tally", "tally"], "{lines}");
}
