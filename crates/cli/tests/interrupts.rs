//! Signals by which a person or a supervisor ends a command politely.

#![cfg(unix)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use common::{Finished, Place, example};
use rstest::rstest;
use serde_json::{Value, json};

/// Starts a command that logs what its nodes do, and signals it after `after` lines of stderr.
fn signalled(place: &Place, signal: &str, after: usize, arguments: &[&str]) -> Finished {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cluster-sim"));
    command.args(arguments).env("RUST_LOG", "cluster_sim_edge_cache=debug");
    signal_after_lines(place, command, signal, after)
}

/// Starts a command in a folder and a process group of its own, and signals that group after `after` lines of stderr.
fn signal_after_lines(place: &Place, mut command: Command, signal: &str, after: usize) -> Finished {
    command.current_dir(place.path(".")).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0);
    let mut process = command.spawn().expect("the command is there");
    let mut stderr = BufReader::new(process.stderr.take().expect("it is a pipe"));
    let mut printed = String::new();
    (0..after).for_each(|_| assert!(stderr.read_line(&mut printed).is_ok_and(|length| length > 0), "it prints a line"));
    // A terminal signals the whole process group, workers included.
    let group = format!("-{}", process.id());
    let kill = Command::new("kill").args([format!("-{signal}").as_str(), "--", &group]).status().expect("kill is there");
    assert!(kill.success());
    stderr.read_to_string(&mut printed).expect("it prints text");
    let mut finished = Finished::from(process.wait_with_output().expect("it ends"));
    finished.stderr = printed;
    finished
}

/// A sweep that takes minutes; its first line on stderr lists the seeds, the others are logged by nodes.
const SWEEP: [&str; 6] = ["sweep", "my.json", "--max-failures", "9", "--junit", "verdicts.xml"];

/// A folder with the scenario of that sweep.
fn with_scenario() -> Place {
    let place = Place::new();
    place.file("my.json", fs::read(example()).expect("the example is there"));
    place
}

#[rstest]
#[case("INT", 130)]
#[case("TERM", 143)]
#[case("HUP", 129)]
fn a_signal_ends_a_sweep_with_the_failures_up_to_then(#[case] signal: &str, #[case] code: i32) {
    // Every seed exceeds that limit, and the sweep finishes the seed in progress.
    let place = with_scenario();
    let finished = signalled(&place, signal, 2, &[&SWEEP[..], &["--threads", "1", "--max", "stale_reads=0"]].concat());
    assert_eq!(finished.code, Some(code), "{finished:?}");
    assert!(finished.stdout.starts_with("0 of seeds 0..1024 of edge-cache passed, "), "{finished:?}");
    assert!(finished.stdout.contains("interrupted before all were run\nFAIL  edge-cache  seed=0x0  digest="), "{finished:?}");
    let verdicts = fs::read_to_string(place.path("verdicts.xml")).expect("it was written");
    assert!(verdicts.contains("errors=\"1\"") && verdicts.contains("interrupted after "), "{verdicts}");
    let (_, line) = finished.stdout.split_once("rerun: cluster-sim ").expect("it says how to run the seed again");
    let again = place.run(&line.lines().next().expect("it has a line").split(' ').collect::<Vec<_>>());
    assert!(again.stdout.contains("  my.json  seed=0x0  "), "{again:?}");
}

#[rstest]
#[case("INT", 130)]
#[case("TERM", 143)]
#[case("HUP", 129)]
fn a_signal_ends_a_sweep_with_workers(#[case] signal: &str, #[case] code: i32) {
    let place = with_scenario();
    let finished = signalled(&place, signal, 1, &[&SWEEP[..], &["--threads", "2", "--isolate"]].concat());
    assert_eq!(finished.code, Some(code), "{finished:?}");
    assert!(finished.stdout.contains(" of seeds 0..1024 of edge-cache passed, "), "{finished:?}");
    assert!(finished.stdout.contains("interrupted before all were run"), "{finished:?}");
    let verdicts = fs::read_to_string(place.path("verdicts.xml")).expect("it was written");
    assert!(verdicts.contains("errors=\"1\"") && verdicts.contains("interrupted after "), "{verdicts}");
    assert_eq!(place.names(), ["my.json", "verdicts.xml"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_sweep_under_nohup_outlives_its_terminal() {
    let mut command = Command::new("sh");
    // As `nohup` does: what the shell ignores, the command that replaces it ignores too.
    command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_cluster-sim"), "sweep", "gossip"]);
    let finished = signal_after_lines(&Place::new(), command, "HUP", 1);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stdout, "1024 of seeds 0..1024 of gossip passed\n");
}

/// The users' scenario, made so long that it runs for hours.
fn long() -> Value {
    let mut scenario: Value = serde_json::from_slice(&fs::read(example()).expect("the example is there")).expect("it is JSON");
    scenario["duration_secs"] = json!(1_000_000);
    scenario
}

#[rstest]
fn a_signal_ends_a_run_and_says_how_far_it_came(
    #[values(("INT", 130), ("TERM", 143), ("HUP", 129))] (signal, code): (&str, i32),
    #[values(&[][..], &["--check-determinism"])] more: &[&str],
) {
    let place = Place::new();
    place.file("long.json", long().to_string());
    place.file("report.json", "an older report");
    let finished = signalled(&place, signal, 3, &[&["run", "long.json", "--out", "report.json"], more].concat());
    assert_eq!(finished.code, Some(code), "{:?}", finished.stdout);
    assert!(finished.stdout.starts_with("UNKNOWN  long.json  seed=0x2a\n      interrupted at "), "{}", finished.stdout);
    assert!(finished.stdout.ends_with(" steps; the run was not judged\n"), "{}", finished.stdout);
    assert!(!finished.stdout.contains(", 0 steps"), "its nodes had logged something: {}", finished.stdout);
    assert_eq!(fs::read_to_string(place.path("report.json")).expect("it is there"), "an older report");
}

#[rstest]
#[case("INT", 130)]
#[case("TERM", 143)]
#[case("HUP", 129)]
fn a_signal_ends_a_replay(#[case] signal: &str, #[case] code: i32) {
    let place = Place::new();
    let found = place.run(&["sweep", "canary", "--seeds", "500", "--out", "."]);
    let (_, line) = found.stdout.split_once("replay: cluster-sim replay ").expect("it names the reproducer");
    let file = place.path(line.lines().next().expect("it has a line"));
    let mut data: Value = serde_json::from_slice(&fs::read(file).expect("it was written")).expect("it is JSON");
    data["scenario"] = json!("edge-cache");
    data["source"] = json!({"registered": {"name": "long.json", "file": long()}});
    data["case"] = json!({"faults": []});
    data.as_object_mut().expect("it is an object").remove("minimized");
    place.file("long_case.json", data.to_string());
    let finished = signalled(&place, signal, 3, &["replay", "long_case.json", "--html", "page.html"]);
    assert_eq!(finished.code, Some(code), "{:?}", finished.stdout);
    assert!(finished.stdout.starts_with("UNKNOWN  long_case.json  seed="), "{}", finished.stdout);
    let is_position =
        finished.stdout.contains("      interrupted at ") && finished.stdout.contains("s of 1000000s of virtual time (");
    assert!(is_position && !finished.stdout.contains(", 0 steps"), "{}", finished.stdout);
    assert!(!place.path("page.html").exists());
}
