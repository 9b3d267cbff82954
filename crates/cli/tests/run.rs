//! Successful runs: reports, summaries, seeds, limits, the environment and the log.

mod common;

use std::fs;

use common::{Finished, Place, example};
use rstest::rstest;
use serde_json::Value;

fn report(place: &Place, name: &str) -> Value {
    serde_json::from_slice(&fs::read(place.path(name)).unwrap()).unwrap()
}

fn run(place: &Place, more: &[&str]) -> Finished {
    place.run(&[&["run", "--scenario", example().to_str().unwrap(), "--out", "report.json"], more].concat())
}

#[test]
fn edge_23_and_42_the_users_scenario_runs_from_its_file() {
    let place = Place::new();
    let finished = run(&place, &[]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
    let report = report(&place, "report.json");
    assert_eq!((&report["seed"], &report["scenario"]["edge_count"], &report["outcome"]), (&42.into(), &3.into(), &"held".into()));
    assert!(report["metrics_snapshot"]["monotonic_violations"].is_u64());
    // The summary names the seed and digest that identify the run.
    for part in ["PASS", "seed=0x2a", report["digest"].as_str().unwrap(), "monotonic_violations", "PartitionEdge", "report.json"] {
        assert!(finished.stdout.contains(part), "{}\nnames {part}", finished.stdout);
    }
    assert_eq!(place.names(), ["report.json"]);
}

#[test]
fn the_documented_summary_is_what_the_command_prints() {
    let page = include_str!("../../../docs/edge-cache.md");
    let (_, from) = page.split_once("```text\nPASS  ").expect("the page shows the summary of the users' scenario");
    let (block, _) = from.split_once("\n```").expect("the block ends");
    let place = Place::new();
    fs::create_dir(place.path("scenarios")).unwrap();
    place.file("scenarios/edge-cache.json", fs::read(example()).unwrap());
    let finished = place.run(&["run", "--scenario", "scenarios/edge-cache.json", "--out", "report.json"]);
    let mut printed = finished.stdout.lines();
    for line in format!("PASS  {block}").lines().filter(|line| line.trim() != "..." && !line.starts_with("report  ")) {
        assert!(
            printed.any(|found| found == line),
            "docs/edge-cache.md shows a line that is not printed, or not in this order: {line:?}\n{finished:?}"
        );
    }
}

#[test]
fn edge_d09_a_report_and_its_scenario_reproduce_the_same_bytes() {
    let place = Place::new();
    run(&place, &[]);
    let first = fs::read(place.path("report.json")).unwrap();
    run(&place, &[]);
    assert_eq!(fs::read(place.path("report.json")).unwrap(), first);

    place.file("repeated.json", report(&place, "report.json")["scenario"].to_string());
    place.run(&["run", "--scenario", "repeated.json", "--out", "again.json"]);
    assert_eq!(fs::read(place.path("again.json")).unwrap(), first);
}

#[test]
fn two_processes_agree_and_write_the_report_of_one_run() {
    let place = Place::new();
    let alone = run(&place, &[]);
    let first = fs::read(place.path("report.json")).unwrap();
    let checked = run(&place, &["--check-determinism"]);
    assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""), "{checked:?}");
    assert_eq!(fs::read(place.path("report.json")).unwrap(), first);
    let (summary, last) =
        checked.stdout.split_once("determinism  two processes agree in ").unwrap_or_else(|| panic!("{checked:?}"));
    assert!(alone.stdout.starts_with(summary), "{checked:?}");
    let (entries, _) = last.split_once(" events and facts\n").unwrap();
    let steps: u64 = serde_json::from_slice::<Value>(&first).unwrap()["steps"].as_u64().unwrap();
    assert!(entries.parse::<u64>().unwrap() > steps, "{entries} entries in {steps} steps");
}

#[test]
fn two_processes_that_log_can_be_compared() {
    let place = Place::new();
    let scenario = example();
    let arguments = ["run", "--scenario", scenario.to_str().unwrap(), "--out", "report.json", "--check-determinism"];
    let logged = Finished::from(place.command(&arguments).env("RUST_LOG", "trace").output().unwrap());
    assert_eq!(logged.code, Some(0), "{}", logged.stdout);
    assert!(logged.stdout.contains("determinism  two processes agree in "), "{}", logged.stdout);
}

#[test]
fn a_builtin_scenario_runs_by_name_and_creates_folders() {
    let place = Place::new();
    let finished = place.run(&["run", "--scenario", "edge-cache-control", "--out", "a/b/report.json"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(report(&place, "a/b/report.json")["scenario"]["roam_interval_ms"], 0);
}

#[test]
fn a_scenario_is_named_by_argument_or_by_flag() {
    let place = Place::new();
    let (argument, flag) = (place.run(&["run", "gossip"]), place.run(&["run", "--scenario", "gossip"]));
    assert_eq!((argument.code, argument.stderr.as_str()), (Some(0), ""), "{argument:?}");
    assert_eq!((flag.code, flag.stdout), (argument.code, argument.stdout));
}

#[test]
fn without_out_no_file_is_written_and_the_summary_is_on_stdout() {
    let place = Place::new();
    let finished = place.run(&["run", "gossip", "--check-determinism"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
    assert!(finished.stdout.starts_with("PASS  gossip  seed="), "{finished:?}");
    assert!(finished.stdout.ends_with(" events and facts\n"), "no line names a report: {finished:?}");
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn a_dash_puts_the_report_on_stdout_and_the_summary_on_stderr() {
    let place = Place::new();
    let finished = place.run(&["run", "--scenario", "edge-cache", "--out", "-"]);
    assert_eq!(finished.code, Some(0));
    let printed: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(printed["seed"], 42);
    assert!(finished.stderr.starts_with("PASS  edge-cache"), "{}", finished.stderr);
    assert_eq!(place.names(), [""; 0]);
}

#[rstest]
#[case("617", 617)]
#[case("0x269", 617)]
#[case("00000000000002690000000000000000deadbeef", 617)]
fn a_seed_on_the_command_line_enters_the_reported_scenario(#[case] seed: &str, #[case] number: u64) {
    let place = Place::new();
    assert_eq!(run(&place, &["--seed", seed]).code, Some(0));
    let report = report(&place, "report.json");
    assert_eq!((report["seed"].as_u64(), report["scenario"]["seed"].as_u64()), (Some(number), Some(number)));
}

#[test]
fn edge_d18_and_d22_a_metric_at_its_limit_passes() {
    let arguments = ["run", "--scenario", "edge-cache-control", "--out", "report.json", "--max", "stale_reads=0"];
    assert_eq!(Place::new().run(&arguments).code, Some(0));
}

#[rstest]
#[case::within(&["--max", "reads_total=1000000"], 0, "")]
#[case::exceeded(&["--max", "reads_total=1000000", "--max", "reads_total=0.5"], 1, "over the limit of 0.5")]
#[case::alias(&["--fail-on", "reads_total=1000000", "--fail-on", "reads_total=0.5"], 1, "over the limit of 0.5")]
fn edge_d18_a_limit_decides_the_verdict_and_the_exit_code(#[case] limits: &[&str], #[case] code: i32, #[case] message: &str) {
    let place = Place::new();
    let finished = run(&place, limits);
    assert_eq!(finished.code, Some(code), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), usize::from(code == 1), "{}", finished.stderr);
    assert!(finished.stderr.contains(message), "{}", finished.stderr);
    assert!(finished.stdout.starts_with(if code == 1 { "FAIL  " } else { "PASS  " }), "{}", finished.stdout);
    // An exceeded limit does not change the outcome in the report.
    assert_eq!(report(&place, "report.json")["outcome"], "held");
}

#[test]
fn edge_d12_and_d18_a_run_that_its_lag_policy_ends_fails() {
    let place = Place::new();
    let text = fs::read_to_string(example().with_file_name("edge-cache-burst-lag.json")).unwrap();
    place.file("fail.json", text.replace("ResyncFromSource", "FailRun"));
    let finished = place.run(&["run", "--scenario", "fail.json", "--out", "report.json"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(1), ""), "{finished:?}");
    assert!(finished.stdout.starts_with("FAIL  fail.json  seed=0x2a"), "{}", finished.stdout);
    let report = report(&place, "report.json");
    assert_eq!((&report["outcome"], report["violations"].as_array().unwrap().len()), (&"violated".into(), 1));
}

#[test]
fn edge_40_the_capacity_of_the_environment_enters_the_reported_scenario() {
    let place = Place::new();
    let scenario = example();
    let arguments = ["run", "--scenario", scenario.to_str().unwrap(), "--out", "report.json"];
    let output = place.command(&arguments).env("EDGE_CONSISTENCY_SOURCE_FANOUT_CAPACITY", "77").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(report(&place, "report.json")["scenario"]["source_fanout_capacity"], 77);
    run(&place, &[]);
    assert_eq!(report(&place, "report.json")["scenario"]["source_fanout_capacity"], 1024);
}

#[test]
fn edge_41_log_lines_begin_with_virtual_time_and_node() {
    let place = Place::new();
    let scenario = example();
    let arguments = ["run", "--scenario", scenario.to_str().unwrap(), "--out", "report.json"];
    let finished = Finished::from(place.command(&arguments).env("RUST_LOG", "trace").output().unwrap());
    assert_eq!(finished.code, Some(0));
    let is_stepped = |line: &&str| {
        let mut words = line.split(' ');
        let at = words.next().and_then(|at| at.strip_suffix('s')).is_some_and(|at| at.parse::<f64>().is_ok());
        at && words.next().is_some_and(|node| node.contains('/'))
    };
    assert!(finished.stderr.lines().any(|line| is_stepped(&line)), "{}", finished.stderr.lines().take(5).collect::<String>());
    // A second run logs the same text: nothing in it is from this machine.
    assert_eq!(Finished::from(place.command(&arguments).env("RUST_LOG", "trace").output().unwrap()).stderr, finished.stderr);
}

#[test]
fn edge_41_d09_logging_does_not_change_the_report() {
    let place = Place::new();
    run(&place, &[]);
    let silent = fs::read(place.path("report.json")).unwrap();
    let scenario = example();
    let arguments = ["run", "--scenario", scenario.to_str().unwrap(), "--out", "report.json"];
    let logged = Finished::from(place.command(&arguments).env("RUST_LOG", "trace").output().unwrap());
    assert!(logged.stderr.lines().count() > 500, "{} lines were logged", logged.stderr.lines().count());
    assert_eq!(fs::read(place.path("report.json")).unwrap(), silent);
}

#[test]
fn the_list_names_every_builtin_scenario() {
    let finished = Place::new().run(&["list"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(finished.stdout);
}

#[rstest]
#[case("help", &["--help"])]
#[case("help_run", &["run", "--help"])]
#[case("help_sweep", &["sweep", "--help"])]
#[case("help_check", &["check", "--help"])]
#[case("help_replay", &["replay", "--help"])]
#[case("help_digests", &["digests", "--help"])]
fn help_shows_examples_and_flags(#[case] name: &str, #[case] arguments: &[&str]) {
    let finished = Place::new().run(arguments);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(name, finished.stdout);
}

#[test]
fn the_smallest_scenario_in_the_help_runs() {
    let place = Place::new();
    let help = place.run(&["run", "--help"]).stdout;
    let (_, from) = help.split_once("The smallest one:").unwrap();
    let (scenario, _) = from.split_once("\n\n").unwrap();
    place.file("smallest.json", scenario);
    let finished = place.run(&["run", "--scenario", "smallest.json", "--out", "report.json"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[test]
fn digests_depend_on_neither_threads_nor_environment() {
    let place = Place::new();
    let one = place.run(&["digests", "--threads", "1", "--seeds", "300"]);
    assert_eq!(one.code, Some(0), "{one:?}");
    // The value is invalid: reading it would be an error.
    let many = place
        .command(&["digests", "--threads", "4", "--seeds", "300"])
        .env("EDGE_CONSISTENCY_SOURCE_FANOUT_CAPACITY", "many")
        .output()
        .unwrap();
    assert_eq!(Finished::from(many).stdout, one.stdout);
    assert!(one.stdout.contains("\n[first_30_seeds]\n") && one.stdout.contains("\n[first_300_seeds]\n"), "{}", one.stdout);
    let lines: Vec<_> = one.stdout.lines().filter(|line| line.contains('=')).collect();
    assert_eq!(lines.len(), 44 + 2 * 10);
    for line in lines {
        let (_, digest) = line.split_once(" = ").unwrap();
        assert!(digest.len() == 18 && digest.trim_matches('"').bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
    }
}
