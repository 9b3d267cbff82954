//! Fault profiles in files: printed, run, swept in processes, replayed without the file, and refused.

mod common;

use std::fs;

use cluster_sim::fault::{FaultKind, FaultProfile};
use cluster_sim::{Outcome, Report, Scenario, Seed};
use cluster_sim_registry::Variables;
use common::{Place, example};
use rstest::rstest;
use serde_json::{Value, json};

/// The report of a run with these flags.
fn report(place: &Place, arguments: &[&str]) -> Value {
    let finished = place.run(&[&["run"], arguments, &["--out", "report.json"]].concat());
    assert!(matches!(finished.code, Some(0 | 1)), "{finished:?}");
    serde_json::from_str(&fs::read_to_string(place.path("report.json")).unwrap()).unwrap()
}

/// The kinds of the faults that a run applied.
fn kinds(report: &Value) -> Vec<String> {
    let faults = report["faults"].as_array().unwrap().iter();
    faults.map(|record| record["fault"].as_object().unwrap().keys().next().unwrap().clone()).collect()
}

const PAUSES: &str = r#"{"kinds": ["pause"], "mean_interval_ms": 50, "mean_duration_ms": 10}"#;

/// A profile that pauses nodes often.
fn pauses(place: &Place) -> &'static str {
    place.file("chaos.json", PAUSES);
    "chaos.json"
}

fn builtin(name: &str) -> Scenario {
    let prepared = cluster_sim_scenarios::builtin().named(name).unwrap().prepare(&Variables::default());
    prepared.unwrap().scenario().clone()
}

/// A seed from which a run of a scenario draws several faults, and of which this holds.
fn busy_seed(scenario: &Scenario, holds: impl Fn(&Report) -> bool) -> String {
    let is_busy = |report: &Report| report.faults.len() > 4 && holds(report);
    (0..5_000).find(|seed| is_busy(&scenario.run(Seed(*seed)))).expect("there is one").to_string()
}

/// A seed of gossip that pauses nodes.
fn pausing_seed() -> String {
    busy_seed(&builtin("gossip").chaos(FaultProfile::from_json(PAUSES).unwrap()), |_| true)
}

#[test]
fn a_printed_profile_gives_the_run_without_one() {
    let place = Place::new();
    let printed = place.run(&["fault-profile", "gossip"]);
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""), "{printed:?}");
    let own = builtin("gossip");
    assert_eq!(FaultProfile::from_json(&printed.stdout).as_ref(), Ok(own.fault_profile().unwrap()));
    let seed = busy_seed(&own, |_| true);
    place.file("chaos.json", &printed.stdout);
    let plain = report(&place, &["gossip", "--seed", &seed]);
    let mut under = report(&place, &["gossip", "--seed", &seed, "--fault-profile", "chaos.json"]);
    assert!(!kinds(&plain).is_empty(), "{plain}");
    assert_eq!(under["scenario"].as_object_mut().unwrap().remove("fault_profile"), serde_json::from_str(&printed.stdout).ok());
    assert_eq!(under, plain);
}

#[test]
fn the_default_profile_is_printed_where_there_is_no_other() {
    let place = Place::new();
    let default = place.run(&["fault-profile"]);
    assert_eq!((default.code, default.stderr.as_str()), (Some(0), ""));
    assert_eq!(FaultProfile::from_json(&default.stdout), Ok(FaultProfile::default()));
    let without = place.run(&["fault-profile", "canary"]);
    assert_eq!((without.code, without.stdout), (Some(0), default.stdout));
    assert_eq!(without.stderr, "cluster-sim: canary draws no faults from a profile; this is the default one\n");
    let unknown = place.run(&["fault-profile", "canry"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(2), ""));
    assert!(unknown.stderr.contains("did you mean canary?"), "{unknown:?}");
}

#[test]
fn a_profile_replaces_that_of_the_scenario_and_keeps_its_plan() {
    let place = Place::new();
    let file = pauses(&place);
    let seed = pausing_seed();
    let gossip = report(&place, &["gossip", "--seed", &seed, "--fault-profile", file]);
    let of_gossip = kinds(&gossip);
    assert!(of_gossip.len() > 3 && of_gossip.iter().all(|kind| kind == "pause"), "{of_gossip:?}");
    assert_eq!(gossip["scenario"]["fault_profile"]["kinds"], json!(["pause"]), "the report says which faults it was");
    let canary = kinds(&report(&place, &["canary", "--seed", &seed, "--fault-profile", file]));
    assert!(canary.contains(&"cut".to_owned()) && canary.contains(&"pause".to_owned()), "{canary:?}");
}

#[test]
fn a_report_of_a_scenario_file_holds_the_profile_and_runs_alike() {
    let place = Place::new();
    place.file("my.json", fs::read(example()).unwrap());
    let first = report(&place, &["my.json", "--fault-profile", pauses(&place)]);
    place.file("again.json", first["scenario"].to_string());
    let again = report(&place, &["again.json"]);
    assert_eq!((&again["digest"], &again["scenario"]), (&first["digest"], &first["scenario"]));
    place.file("bad.json", r#"{"seed": 1, "fault_profile": {"kinds": ["pase"]}}"#);
    let refused = place.run(&["run", "bad.json"]);
    let begins = "cluster-sim: could not run: bad.json: at fault_profile.kinds[0]: \"pase\" is not a known kind of fault; did you mean pause?";
    assert!(refused.code == Some(2) && refused.stderr.starts_with(begins), "{refused:?}");
}

#[test]
fn a_sweep_in_processes_has_the_profile_and_its_replay_needs_none() {
    let place = Place::new();
    let file = pauses(&place);
    let paused =
        |report: &Report| report.outcome == Outcome::Violated && report.faults.iter().any(|record| record.fault.kind() == "pause");
    let first: u64 = busy_seed(&builtin("canary").chaos(FaultProfile::from_json(PAUSES).unwrap()), paused).parse().unwrap();
    let seeds = format!("{first}..{}", first + 1);
    let sweep = |more: &[&str]| {
        let arguments = ["sweep", "canary", "--seeds", &seeds, "--fault-profile", file, "--out", "out"];
        let finished = place.run(&[&arguments, more].concat());
        assert_eq!(finished.code, Some(1), "{finished:?}");
        finished.stdout
    };
    let alone = sweep(&[]);
    assert_eq!(sweep(&["--isolate"]), alone);
    let (_, rerun) = alone.split_once("rerun: cluster-sim run canary ").expect("it says how to run it again");
    assert!(rerun.lines().next().is_some_and(|line| line.ends_with("--fault-profile chaos.json")), "{alone}");
    let (_, replay) = alone.split_once("replay: cluster-sim replay ").expect("it wrote a reproducer");
    let reproducer = replay.lines().next().unwrap();
    fs::remove_file(place.path(file)).unwrap();
    for more in [&[][..], &["--original"]] {
        let replayed = place.run(&[&["replay", reproducer], more].concat());
        assert!(replayed.code == Some(1) && replayed.stdout.starts_with("the same run, event by event\n"), "{replayed:?}");
    }
    let text = fs::read_to_string(place.path(reproducer)).unwrap();
    assert!(text.contains("\"pause\""), "the reproducer holds the faults that were drawn: {text}");
}

#[test]
fn two_processes_of_one_run_have_the_profile() {
    let place = Place::new();
    let file = pauses(&place);
    let finished = place.run(&["run", "gossip", "--seed", &pausing_seed(), "--fault-profile", file, "--check-determinism"]);
    assert!(finished.code == Some(0) && finished.stdout.contains("determinism  two processes agree"), "{finished:?}");
}

#[rstest]
#[case::kind(
    r#"{"kinds": ["crahs"]}"#,
    "kinds[0]: \"crahs\" is not a known kind of fault; did you mean crash? use one of cut, crash, "
)]
#[case::field(
    r#"{"max_dwn": 1}"#,
    "max_dwn: 1 is the value of an unknown field; did you mean max_down? use one of mean_interval_ms, "
)]
#[case::rate(r#"{"mean_interval_ms": -5}"#, "mean_interval_ms: -5 is out of range; use a whole number from 0 to ")]
#[case::not_json("kinds = crash", "1:1: kinds is not JSON; fix the JSON (expected value)")]
#[case::blank(
    "",
    "1:1: \"\" is an empty file; fill it with a fault profile, such as the one that `cluster-sim fault-profile` prints"
)]
#[case::truncated(r#"{"kinds": ["crash""#, "kinds (1:18): {\"kinds\": [\"crash\" is where the text ends; complete the JSON")]
#[case::group(
    r#"{"spared_groups": ["gosip"]}"#,
    "$: the profile does not fit; the fault profile names group \"gosip\", but the scenario has no such group; did you mean \"gossip\""
)]
fn a_bad_profile_is_refused_before_anything_runs(#[case] content: &str, #[case] begins: &str) {
    let place = Place::new();
    place.file("chaos.json", content);
    for command in [&["run", "gossip"][..], &["sweep", "gossip", "--seeds", "1"], &["sweep", "gossip", "--seeds", "1", "--isolate"]]
    {
        let finished = place.run(&[command, &["--fault-profile", "chaos.json"]].concat());
        assert_eq!((finished.code, finished.stdout.as_str(), finished.stderr.lines().count()), (Some(2), "", 1), "{finished:?}");
        let begins = format!("cluster-sim: could not run: chaos.json: at {begins}");
        assert!(finished.stderr.starts_with(&begins), "{}\nstarts with\n{begins}", finished.stderr);
    }
    assert_eq!(place.names(), ["chaos.json"]);
}

#[rstest]
#[case::missing(
    "none.json",
    "\"none.json\" does not exist; name a file with a fault profile; `cluster-sim fault-profile` prints one"
)]
#[case::folder(".", "\".\" cannot be read; name a file with JSON in UTF-8 that you may read (")]
fn a_profile_that_cannot_be_read_is_refused(#[case] file: &str, #[case] begins: &str) {
    let finished = Place::new().run(&["run", "gossip", "--fault-profile", file]);
    let begins = format!("cluster-sim: could not run: {file}: at --fault-profile: {begins}");
    assert!(finished.code == Some(2) && finished.stderr.starts_with(&begins), "{finished:?}");
}

#[test]
fn the_help_lists_every_kind() {
    let help = Place::new().run(&["fault-profile", "--help"]).stdout;
    for kind in FaultKind::ALL {
        let name = serde_json::to_value(kind).unwrap();
        assert!(help.contains(name.as_str().unwrap()), "{name} in {help}");
    }
}
