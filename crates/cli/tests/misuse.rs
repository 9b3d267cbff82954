//! Mistakes of a first day at the command line, each with the message that a person gets.

mod common;

use std::fs;

use common::{Place, example};
use insta::assert_snapshot;

const RUN: &[&str] = &["run", "scenario.json"];

/// Runs the command in a folder with `scenario.json`, and returns its exit code and what it says to a person.
fn said(arguments: &[&str]) -> String {
    said_with("", "", arguments)
}

/// As [`said`], with one thing of the scenario changed.
fn said_with(old: &str, new: &str, arguments: &[&str]) -> String {
    let place = Place::new();
    let scenario = fs::read_to_string(example()).expect("the example is there");
    assert!(scenario.contains(old), "{old} is not in the scenario");
    place.file("scenario.json", scenario.replacen(old, new, 1));
    let finished = place.run(arguments);
    assert_eq!((finished.stdout.as_str(), place.names()), ("", vec!["scenario.json".to_owned()]), "nothing was run or written");
    let lines = finished.stderr.lines().filter(|line| !line.is_empty());
    [format!("exit code {}", finished.code.expect("it ends by itself"))]
        .into_iter()
        .chain(lines.map(cut))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Cuts a long list of known names.
fn cut(line: &str) -> String {
    let short: String = line.chars().take(250).collect();
    if short.len() < line.len() { format!("{short}…") } else { short }
}

#[test]
fn no_scenario() {
    assert_snapshot!(said(&["run"]), @r"
    exit code 2
    cluster-sim: could not run: command line: at SCENARIO: nothing is given; name a builtin scenario (see `cluster-sim list`) or a file, as in `cluster-sim run NAME`
    ");
}

#[test]
fn a_misspelt_command() {
    assert_snapshot!(said(&["swep", "edge-cache-short"]), @r"
    exit code 2
    error: unrecognized subcommand 'swep'
      tip: a similar subcommand exists: 'sweep'
    Usage: cluster-sim <COMMAND>
    For more information, try '--help'.
    ");
}

#[test]
fn a_misspelt_flag() {
    assert_snapshot!(said(&["run", "scenario.json", "--sede", "7"]), @r"
    exit code 2
    error: unexpected argument '--sede' found
      tip: a similar argument exists: '--seed'
    Usage: cluster-sim run [OPTIONS] <SCENARIO>
    For more information, try '--help'.
    ");
}

#[test]
fn a_misspelt_scenario() {
    assert_snapshot!(said(&["run", "edge-cahce"]), @r#"
    exit code 2
    cluster-sim: could not run: edge-cahce: at SCENARIO: "edge-cahce" does not exist; did you mean edge-cache? name a scenario file, or one of edge-cache, edge-cache-control, edge-cache-burst-lag, edge-cache-version-gated, edge-cache-async, edge-cache-sh…
    "#);
}

#[test]
fn a_misspelt_file() {
    assert_snapshot!(said(&["run", "scenaro.json"]), @r#"
    exit code 2
    cluster-sim: could not run: scenaro.json: at SCENARIO: "scenaro.json" does not exist; name a scenario file, or one of edge-cache, edge-cache-control, edge-cache-burst-lag, edge-cache-version-gated, edge-cache-async, edge-cache-short, edge-cache-short…
    "#);
}

#[test]
fn a_misspelt_field() {
    assert_snapshot!(said_with(r#""seed""#, r#""sede""#, RUN), @r"
    exit code 2
    cluster-sim: could not run: scenario.json: at sede: 42 is the value of an unknown field; did you mean seed? use one of format, system, seed, duration_secs, edge_count, client_count, mutation_rate_per_sec, chaos, steps, source_fanout_capacity, key_cou…
    ");
}

#[test]
fn a_number_as_text() {
    assert_snapshot!(said_with(r#""edge_count":3"#, r#""edge_count":"3""#, RUN), @r#"
    exit code 2
    cluster-sim: could not run: scenario.json: at edge_count: "3" is of the wrong type; use a whole number from 1 to 1000000
    "#);
}

#[test]
fn a_duration_with_a_unit() {
    assert_snapshot!(said_with(r#""duration_secs":30"#, r#""duration_secs":"30s""#, RUN), @r#"
    exit code 2
    cluster-sim: could not run: scenario.json: at duration_secs: "30s" is of the wrong type; use a number from 0.001 to 31536000
    "#);
}

#[test]
fn a_share_in_percent() {
    assert_snapshot!(said_with(r#""loss_rate":0.05"#, r#""loss_rate":5"#, RUN), @r"
    exit code 2
    cluster-sim: could not run: scenario.json: at chaos.loss_rate: 5.0 is not a rate; use a number from 0 to 1
    ");
}

#[test]
fn a_misspelt_step() {
    assert_snapshot!(said_with("PartitionEdge", "PartitonEdge", RUN), @r#"
    exit code 2
    cluster-sim: could not run: scenario.json: at steps[1].step: {"PartitonEdge":{"duration_ms":2000,"edge_id":1}} is not a known step; did you mean PartitionEdge? use one of IncreaseMutationRate, DropInvalidationsPercent, PartitionEdge, KillEdgeNode
    "#);
}

#[test]
fn a_comma_too_much() {
    assert_snapshot!(said_with(r#"}}]}"#, r#"}}],}"#, RUN), @r"
    exit code 2
    cluster-sim: could not run: scenario.json: at 3:153: } is not JSON; fix the JSON (trailing comma)
    ");
}

#[test]
fn a_misspelt_system() {
    assert_snapshot!(said_with(r#"{"seed""#, r#"{"system":"edge-cahce","seed""#, RUN), @r#"
    exit code 2
    cluster-sim: could not run: scenario.json: at system: "edge-cahce" is not a known system; did you mean edge-cache? use one of edge-cache, kv, ledger, stream-queue, or leave it out for edge-cache
    "#);
}

#[test]
fn a_misspelt_metric() {
    assert_snapshot!(said(&["run", "scenario.json", "--max", "read_total=10"]), @r#"
    exit code 2
    cluster-sim: could not run: command line: at --max: "read_total" is not known; did you mean reads_total? use one of applied, client_writes_acked, inversion_distance.micro_inversions, inversion_distance.temporal_buckets.gt_100ms, inversion_distance.te…
    "#);
}

#[test]
fn a_limit_without_a_number() {
    assert_snapshot!(said(&["run", "scenario.json", "--max", "reads_total"]), @r#"
    exit code 2
    error: invalid value 'reads_total' for '--max <METRIC=LIMIT>': "reads_total" is not a limit; use a metric, = and a number, such as retries=100
    For more information, try '--help'.
    "#);
}

#[test]
fn seeds_that_run_backwards() {
    assert_snapshot!(said(&["sweep", "edge-cache-short", "--seeds", "64..5"]), @r#"
    exit code 2
    error: invalid value '64..5' for '--seeds <A..B|N|HASH>': "64..5" is no range of seeds with one in it; use the first seed and the one after the last, such as 0..1024 or 0x2a..0x2b, or how many, or a git hash
    For more information, try '--help'.
    "#);
}

#[test]
fn no_thread() {
    assert_snapshot!(said(&["sweep", "edge-cache-short", "--threads", "0"]), @r"
    exit code 2
    error: invalid value '0' for '--threads <N>': use a whole number from 1 on, such as 8
    For more information, try '--help'.
    ");
}

#[test]
fn a_time_without_length() {
    assert_snapshot!(said(&["run", "scenario.json", "--max-time", "0"]), @r"
    exit code 2
    error: invalid value '0' for '--max-time <SECONDS>': use seconds above 0, such as 60 or 0.5
    For more information, try '--help'.
    ");
}

#[test]
fn a_report_over_its_scenario() {
    assert_snapshot!(said(&["run", "scenario.json", "--out", "scenario.json"]), @r#"
    exit code 2
    cluster-sim: could not run: scenario.json: at --out: "scenario.json" cannot be written; it is the scenario itself: name another file
    "#);
}

#[test]
fn a_replay_of_what_is_not_there() {
    assert_snapshot!(said(&["replay", "reproducer.json"]), @r#"
    exit code 2
    cluster-sim: could not run: reproducer.json: at FILE: "reproducer.json" does not exist; name the reproducer.json that a failing sweep wrote
    "#);
}

#[test]
fn a_replay_of_a_scenario() {
    assert_snapshot!(said(&["replay", "scenario.json"]), @r#"
    exit code 2
    cluster-sim: could not run: scenario.json: at reproducer: the file does not fit; it is no reproducer: it has no number "format"
    "#);
}

#[test]
fn a_variable_that_is_no_number() {
    let place = Place::new();
    place.file("scenario.json", fs::read(example()).expect("the example is there"));
    let mut command = place.command(&["run", "scenario.json"]);
    let output = command.env("EDGE_CONSISTENCY_SOURCE_FANOUT_CAPACITY", "many").output().expect("the command runs");
    assert_snapshot!(String::from_utf8_lossy(&output.stderr).trim_end(), @r#"cluster-sim: could not run: EDGE_CONSISTENCY_SOURCE_FANOUT_CAPACITY: at environment: "many" is of the wrong type; use a whole number from 1 to 16777216, or unset it"#);
}
