//! Runs that go through: reports, summaries, seeds, thresholds, the environment and the log.

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
fn edge_23_and_42_the_first_users_scenario_runs_from_its_file() {
    let place = Place::new();
    let finished = run(&place, &[]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
    let report = report(&place, "report.json");
    assert_eq!((&report["seed"], &report["scenario"]["edge_count"], &report["outcome"]), (&42.into(), &3.into(), &"held".into()));
    assert!(report["metrics_snapshot"]["monotonic_violations"].is_u64());
    // The summary names what one needs to see the run again.
    for part in ["OK", "seed=0x2a", report["digest"].as_str().unwrap(), "monotonic_violations", "PartitionEdge", "report.json"] {
        assert!(finished.stdout.contains(part), "{}\nnames {part}", finished.stdout);
    }
    assert_eq!(place.names(), ["report.json"]);
}

#[test]
fn the_readme_shows_what_the_command_prints() {
    let readme = include_str!("../../../README.md");
    let (_, from) = readme.split_once("```text\nOK  ").expect("the README shows the summary of the users' scenario");
    let (shown, _) = from.split_once("\n```").expect("the block ends");
    let place = Place::new();
    fs::create_dir(place.path("scenarios")).unwrap();
    place.file("scenarios/edge-cache.json", fs::read(example()).unwrap());
    let finished = place.run(&["run", "--scenario", "scenarios/edge-cache.json", "--out", "report.json"]);
    let mut printed = finished.stdout.lines();
    for line in format!("OK  {shown}").lines().filter(|line| line.trim() != "..." && !line.starts_with("report  ")) {
        assert!(
            printed.any(|said| said == line),
            "the README shows a line that is not printed, or not there: {line:?}\n{finished:?}"
        );
    }
}

#[test]
fn edge_d09_two_processes_write_equal_bytes_and_the_echo_gives_the_run_again() {
    let place = Place::new();
    run(&place, &[]);
    let first = fs::read(place.path("report.json")).unwrap();
    run(&place, &[]);
    assert_eq!(fs::read(place.path("report.json")).unwrap(), first);

    place.file("echo.json", report(&place, "report.json")["scenario"].to_string());
    place.run(&["run", "--scenario", "echo.json", "--out", "again.json"]);
    assert_eq!(fs::read(place.path("again.json")).unwrap(), first);
}

#[test]
fn two_processes_of_one_scenario_agree_and_the_report_is_that_of_one() {
    let place = Place::new();
    let alone = run(&place, &[]);
    let first = fs::read(place.path("report.json")).unwrap();
    let twice = run(&place, &["--twice"]);
    assert_eq!((twice.code, twice.stderr.as_str()), (Some(0), ""), "{twice:?}");
    assert_eq!(fs::read(place.path("report.json")).unwrap(), first);
    let (summary, last) = twice.stdout.split_once("twice   two processes agree in ").unwrap_or_else(|| panic!("{twice:?}"));
    assert!(alone.stdout.starts_with(summary), "{twice:?}");
    let (entries, _) = last.split_once(" events and facts\n").unwrap();
    let steps: u64 = serde_json::from_slice::<Value>(&first).unwrap()["steps"].as_u64().unwrap();
    assert!(entries.parse::<u64>().unwrap() > steps, "{entries} entries in {steps} steps");
}

#[test]
fn two_processes_compare_in_peace_while_they_log() {
    let place = Place::new();
    let scenario = example();
    let arguments = ["run", "--scenario", scenario.to_str().unwrap(), "--out", "report.json", "--twice"];
    let logged = Finished::from(place.command(&arguments).env("RUST_LOG", "trace").output().unwrap());
    assert_eq!(logged.code, Some(0), "{}", logged.stdout);
    assert!(logged.stdout.contains("twice   two processes agree in "), "{}", logged.stdout);
}

#[test]
fn a_ready_scenario_runs_by_its_name_and_folders_are_created() {
    let place = Place::new();
    let finished = place.run(&["run", "--scenario", "edge-cache-control", "--out", "a/b/report.json"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(report(&place, "a/b/report.json")["scenario"]["roam_interval_ms"], 0);
}

#[test]
fn a_dash_writes_the_report_to_stdout_and_the_summary_to_stderr() {
    let place = Place::new();
    let finished = place.run(&["run", "--scenario", "edge-cache", "--out", "-"]);
    assert_eq!(finished.code, Some(0));
    let printed: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(printed["seed"], 42);
    assert!(finished.stderr.starts_with("OK  edge-cache"), "{}", finished.stderr);
    assert_eq!(place.names(), [""; 0]);
}

#[rstest]
#[case("617", 617)]
#[case("0x269", 617)]
#[case("00000000000002690000000000000000deadbeef", 617)]
fn a_seed_on_the_command_line_is_echoed_in_the_scenario(#[case] seed: &str, #[case] number: u64) {
    let place = Place::new();
    assert_eq!(run(&place, &["--seed", seed]).code, Some(0));
    let report = report(&place, "report.json");
    assert_eq!((report["seed"].as_u64(), report["scenario"]["seed"].as_u64()), (Some(number), Some(number)));
}

#[test]
fn edge_d18_and_d22_a_number_at_its_limit_is_within_it() {
    let arguments = ["run", "--scenario", "edge-cache-control", "--out", "report.json", "--fail-on", "stale_reads=0"];
    assert_eq!(Place::new().run(&arguments).code, Some(0));
}

#[rstest]
#[case::within(&["--fail-on", "reads_total=1000000"], 0, "")]
#[case::exceeded(&["--fail-on", "reads_total=1000000", "--fail-on", "reads_total=0.5"], 1, "over the limit of 0.5")]
fn edge_d18_a_threshold_decides_the_exit_code(#[case] thresholds: &[&str], #[case] code: i32, #[case] said: &str) {
    let place = Place::new();
    let finished = run(&place, thresholds);
    assert_eq!(finished.code, Some(code), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), usize::from(code == 1), "{}", finished.stderr);
    assert!(finished.stderr.contains(said), "{}", finished.stderr);
    // The run is over: its report is what one looks at next.
    assert_eq!(report(&place, "report.json")["outcome"], "held");
}

#[test]
fn edge_d12_and_d18_a_run_that_its_lag_policy_ends_is_a_finding_with_a_report() {
    let place = Place::new();
    let text = fs::read_to_string(example().with_file_name("edge-cache-burst-lag.json")).unwrap();
    place.file("fail.json", text.replace("ResyncFromSource", "FailRun"));
    let finished = place.run(&["run", "--scenario", "fail.json", "--out", "report.json"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(1), ""), "{finished:?}");
    assert!(finished.stdout.starts_with("FAIL  fail.json  violated  seed=0x2a"), "{}", finished.stdout);
    let report = report(&place, "report.json");
    assert_eq!((&report["outcome"], report["violations"].as_array().unwrap().len()), (&"violated".into(), 1));
}

#[test]
fn edge_40_the_capacity_of_the_environment_is_echoed() {
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
fn edge_41_the_log_begins_each_line_with_virtual_time_and_node() {
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
    // The same log once more: nothing in it is from this machine.
    assert_eq!(Finished::from(place.command(&arguments).env("RUST_LOG", "trace").output().unwrap()).stderr, finished.stderr);
}

#[test]
fn edge_41_d09_the_log_changes_nothing_in_the_report() {
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
fn the_list_names_every_ready_scenario_and_how_to_run_one() {
    let finished = Place::new().run(&["list"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(finished.stdout);
}

#[rstest]
#[case("help", &["--help"])]
#[case("help_run", &["run", "--help"])]
#[case("help_sweep", &["sweep", "--help"])]
#[case("help_replay", &["replay", "--help"])]
#[case("help_digests", &["digests", "--help"])]
fn the_help_teaches(#[case] name: &str, #[case] arguments: &[&str]) {
    let finished = Place::new().run(arguments);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(name, finished.stdout);
}

#[test]
fn the_least_scenario_that_the_help_shows_runs() {
    let place = Place::new();
    let help = place.run(&["run", "--help"]).stdout;
    let (_, from) = help.split_once("the least one:").unwrap();
    let (scenario, _) = from.split_once("Every report").unwrap();
    place.file("least.json", scenario);
    let finished = place.run(&["run", "--scenario", "least.json", "--out", "report.json"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[test]
fn the_digests_are_the_same_lines_whatever_the_threads_and_the_environment() {
    let place = Place::new();
    let one = place.run(&["digests", "--threads", "1", "--seeds", "300"]);
    assert_eq!(one.code, Some(0), "{one:?}");
    // Whoever read that value would refuse it.
    let many = place
        .command(&["digests", "--threads", "4", "--seeds", "300"])
        .env("EDGE_CONSISTENCY_SOURCE_FANOUT_CAPACITY", "many")
        .output()
        .unwrap();
    assert_eq!(Finished::from(many).stdout, one.stdout);
    assert!(one.stdout.contains("\n[first_300_seeds]\n"), "{}", one.stdout);
    let lines: Vec<_> = one.stdout.lines().filter(|line| line.contains('=')).collect();
    assert_eq!(lines.len(), 18 + 6);
    for line in lines {
        let (_, digest) = line.split_once(" = ").unwrap();
        assert!(digest.len() == 18 && digest.trim_matches('"').bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
    }
}
