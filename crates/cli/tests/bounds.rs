//! Large scenarios: their size and their progress, and what bounds a run.

mod common;

use std::fs;

use common::{Place, example};
use rstest::rstest;
use serde_json::{Value, json};

/// The users' scenario with other values, as a file of this folder.
fn with(place: &Place, name: &str, fields: &[(&str, Value)]) {
    let mut scenario: Value = serde_json::from_slice(&fs::read(example()).expect("the example is there")).expect("it is JSON");
    fields.iter().for_each(|(field, value)| scenario[*field] = value.clone());
    place.file(name, scenario.to_string());
}

/// The field for the length of a run.
const LENGTH: &str = "duration_secs";

/// A folder with a scenario that would run for hours.
fn long() -> Place {
    let place = Place::new();
    with(&place, "long.json", &[(LENGTH, json!(1_000_000))]);
    place
}

#[rstest]
#[case::clients("client_count", json!(65_536), "is large: 65,541 nodes (", "65,536 client", "about 83559300")]
#[case::time("duration_secs", json!(1_000_000), "is large: 21 nodes (", "1000000s of virtual time", "about 710000000")]
fn a_large_scenario_says_its_size_before_it_runs(
    #[case] field: &str,
    #[case] value: Value,
    #[case] nodes: &str,
    #[case] part: &str,
    #[case] messages: &str,
) {
    let place = Place::new();
    with(&place, "large.json", &[(field, value)]);
    let finished = place.run(&["run", "large.json", "--max-steps", "1000", "--progress", "auto"]);
    assert_eq!(finished.code, Some(4), "{finished:?}");
    let first = finished.stderr.lines().next().expect("it says its size");
    assert!(first.starts_with("cluster-sim: large.json ") && first.contains(nodes), "{first}");
    assert!(first.contains(part) && first.contains(messages), "{first}");
    assert!(first.ends_with(" messages; --max-steps and --max-time bound a run"), "{first}");
}

#[test]
fn a_small_scenario_says_nothing() {
    let place = Place::new();
    let finished = place.run(&["run", "gossip", "--progress", "auto", "--max-time", "3600"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!finished.stderr.contains("is large"), "{finished:?}");
}

#[test]
fn lines_of_progress_name_time_share_steps_and_seed() {
    let place = long();
    let run = place.run(&["run", "long.json", "--max-steps", "5000", "--progress", "lines"]);
    let line = run.stderr.lines().find(|line| line.contains(" steps")).expect("a line of progress");
    let begins = "cluster-sim: long.json  seed=0x2a: ";
    assert!(line.starts_with(begins) && line.contains("s of 1000000s of virtual time (0 %), "), "{run:?}");
    let sweep = place.run(&["sweep", "canary", "--seeds", "500", "--progress", "lines"]);
    let line = sweep.stderr.lines().next().expect("a line of progress");
    assert!(line.starts_with("cluster-sim: ") && line.contains(" of 500 seeds (") && line.contains(" s/s virtual, "), "{sweep:?}");
    assert!(sweep.stderr.contains("cluster-sim: minimizing: 1 runs, "), "{sweep:?}");
}

#[test]
fn a_bound_on_steps_ends_a_run_as_unknown() {
    let place = long();
    with(&place, "bounded.json", &[(LENGTH, json!(1_000_000)), ("max_steps", json!(5_000))]);
    let flag = place.run(&["run", "long.json", "--max-steps", "5000", "--out", "flag.json"]);
    let field = place.run(&["run", "bounded.json", "--out", "field.json"]);
    for finished in [&flag, &field] {
        assert_eq!(finished.code, Some(4), "{finished:?}");
        assert!(finished.stdout.contains("the budget of 5000 steps is spent"), "{finished:?}");
    }
    let [flag, field] = ["flag.json", "field.json"].map(|name| fs::read(place.path(name)).expect("it was written"));
    assert_eq!(flag, field, "both reports repeat the bound");
    let report: Value = serde_json::from_slice(&flag).expect("it is JSON");
    assert_eq!((&report["scenario"]["max_steps"], &report["steps"]), (&json!(5_000), &json!(5_000)));
}

#[rstest]
fn a_bound_on_steps_holds_for_every_seed(#[values(&[][..], &["--isolate"])] more: &[&str]) {
    let place = long();
    let arguments = [&["sweep", "long.json", "--seeds", "2", "--max-steps", "5000"], more].concat();
    let finished = place.run(&arguments);
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert!(finished.stdout.contains("the budget of 5000 steps is spent"), "{finished:?}");
    assert!(finished.stdout.contains("cluster-sim run long.json --seed 0x0 --max-steps 5000\n"), "{finished:?}");
}

#[test]
fn a_bound_on_real_time_ends_run_and_sweep_as_unknown() {
    let place = long();
    let run = place.run(&["run", "long.json", "--max-time", "0.2"]);
    assert_eq!(run.code, Some(4), "{run:?}");
    assert!(run.stdout.starts_with("UNKNOWN  long.json  seed=0x2a\n      ended by --max-time 0.2 at "), "{run:?}");
    let endless = ["sweep", "gossip", "--seeds", "0..1000000000", "--max-time", "0.2", "--junit", "verdicts.xml"];
    let sweep = place.run(&endless);
    assert_eq!(sweep.code, Some(4), "{sweep:?}");
    assert!(sweep.stdout.contains("out of time (max_time 200ms) before all were run"), "{sweep:?}");
    let verdicts = fs::read_to_string(place.path("verdicts.xml")).expect("it was written");
    assert!(verdicts.contains("errors=\"1\""), "{verdicts}");
    let failing = place.run(&[&endless[..6], &["--max", "learned=0", "--max-failures", "9"]].concat());
    assert_eq!(failing.code, Some(1), "a finding comes before the bound: {failing:?}");
}

#[rstest]
#[case::time(&["--max-time", "0"], "use seconds above 0, such as 60 or 0.5")]
#[case::steps(&["--max-steps", "0"], "--max-steps")]
fn bounds_of_nothing_are_refused(#[case] more: &[&str], #[case] message: &str) {
    let finished = Place::new().run(&[&["run", "gossip"], more].concat());
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
    assert!(finished.stderr.contains(message), "{finished:?}");
}

#[rstest]
#[case(json!(0), "0 is out of range")]
#[case(json!("many"), "\"many\" is of the wrong type")]
#[case(json!(null), "null is of the wrong type")]
fn an_invalid_bound_in_a_file_is_refused(#[case] value: Value, #[case] message: &str) {
    let place = Place::new();
    with(&place, "bad.json", &[("max_steps", value)]);
    let finished = place.run(&["run", "bad.json"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
    let expected = format!("cluster-sim: could not run: bad.json: at max_steps: {message}; use a whole number from 1 to ");
    assert!(finished.stderr.starts_with(&expected), "{finished:?}");
}

#[test]
fn a_name_cannot_command_the_terminal() {
    let place = Place::new();
    place.file("\u{1b}[31mred.json", fs::read(example()).expect("the example is there"));
    let finished = place.run(&["run", "\u{1b}[31mred.json", "--max", "reads_total=0"]);
    assert!(finished.stdout.starts_with("FAIL  \\u{1b}[31mred.json"), "{finished:?}");
    assert_eq!(place.names(), ["\u{1b}[31mred.json"], "no file is made of the name");
    assert!(!finished.stdout.contains('\u{1b}') && !finished.stderr.contains('\u{1b}'), "{finished:?}");
}
