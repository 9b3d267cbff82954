//! Outputs that cannot be written: told on stderr, with a code that is no pass, and without hiding a finding.

#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::process::{Command, Stdio};

use common::{Finished, Place, example};
use rstest::rstest;

/// Runs the command with stdout on a full disk.
fn full(place: &Place, arguments: &[&str]) -> Finished {
    let full = fs::File::options().write(true).open("/dev/full").expect("Linux has it");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cluster-sim"));
    command.current_dir(place.path(".")).args(arguments).stdin(Stdio::null()).stdout(full).stderr(Stdio::piped());
    Finished::from(command.output().expect("the command is there"))
}

/// A folder with the reproducer of a run that fails.
fn failing() -> (Place, String) {
    let place = Place::new();
    let finished = place.run(&["sweep", "canary", "--seeds", "500", "--out", "."]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let (_, line) = finished.stdout.split_once("replay: cluster-sim replay ").expect("it names the reproducer");
    let file = line.lines().next().expect("it has a line").to_owned();
    (place, file)
}

#[rstest]
#[case::list(&["list"])]
#[case::digests(&["digests", "--seeds", "1"])]
#[case::run(&["run", "gossip"])]
#[case::report(&["run", "gossip", "--out", "-"])]
#[case::compared(&["run", "gossip", "--check-determinism"])]
#[case::sweep(&["sweep", "gossip", "--seeds", "5"])]
#[case::verdicts(&["sweep", "gossip", "--seeds", "5", "--junit", "-"])]
#[case::help(&["--help"])]
#[case::version(&["--version"])]
fn a_full_disk_behind_stdout_is_no_pass(#[case] arguments: &[&str]) {
    let finished = full(&Place::new(), arguments);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("cluster-sim: could not write"), "{finished:?}");
    assert!(finished.stderr.contains("No space left on device"), "{finished:?}");
}

#[rstest]
#[case::run(&["run", "gossip", "--out", "/dev/full"], "PASS  gossip")]
#[case::sweep(&["sweep", "gossip", "--seeds", "5", "--junit", "/dev/full"], "5 of seeds 0..5 of gossip passed")]
fn a_file_that_cannot_be_written_hides_no_summary(#[case] arguments: &[&str], #[case] summary: &str) {
    let finished = Place::new().run(arguments);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stdout.starts_with(summary) && !finished.stdout.contains("\nreport  "), "{finished:?}");
    assert!(finished.stderr.starts_with("cluster-sim: could not write: /dev/full: at --"), "{finished:?}");
}

#[test]
fn a_finding_keeps_its_code_and_is_printed() {
    let (place, reproducer) = failing();
    let outputs: [&[&str]; 3] = [
        &["sweep", "canary", "--seeds", "500", "--junit", "/dev/full"],
        &["replay", &reproducer, "--html", "/dev/full"],
        &["run", "gossip", "--max", "learned=0", "--out", "/dev/full"],
    ];
    for arguments in outputs {
        let finished = place.run(arguments);
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(finished.stdout.contains("FAIL  "), "{finished:?}");
        assert!(finished.stderr.contains("cluster-sim: could not write: /dev/full: at --"), "{finished:?}");
    }
    for arguments in [&["sweep", "canary", "--seeds", "500"][..], &["replay", &reproducer]] {
        let finished = full(&place, arguments);
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(finished.stderr.contains("cluster-sim: could not write to stdout: "), "{finished:?}");
    }
}

#[test]
fn artifacts_that_cannot_be_written_are_told_on_stderr() {
    let place = Place::new();
    place.file("artifacts", "a file where a folder should be");
    let finished = place.run(&["sweep", "canary", "--seeds", "500", "--out", "artifacts"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("reproducer.json was not written: "), "{finished:?}");
    assert_eq!(place.names(), ["artifacts"]);
}

#[rstest]
#[case::list(&["list"])]
#[case::run(&["run", "gossip"])]
#[case::report(&["run", "gossip", "--out", "-"])]
#[case::sweep(&["sweep", "gossip", "--seeds", "5"])]
#[case::help(&["--help"])]
fn a_reader_that_went_away_is_no_error(#[case] arguments: &[&str]) {
    // The read end of this pipe is closed once `true` ended.
    let mut gone = Command::new("true").stdin(Stdio::piped()).spawn().expect("true is there");
    let pipe = gone.stdin.take().expect("it is a pipe");
    assert!(gone.wait().expect("it ends").success());
    let (place, mut command) = (Place::new(), Command::new(env!("CARGO_BIN_EXE_cluster-sim")));
    command.current_dir(place.path(".")).args(arguments).stdin(Stdio::null()).stdout(pipe).stderr(Stdio::piped());
    let finished = Finished::from(command.output().expect("the command is there"));
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!finished.stderr.contains("could not write"), "{finished:?}");
}

#[test]
fn verdicts_on_stdout_put_the_summary_on_stderr() {
    let finished = Place::new().run(&["sweep", "gossip", "--seeds", "5", "--junit", "-"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), "5 of seeds 0..5 of gossip passed\n"), "{finished:?}");
    assert!(finished.stdout.starts_with("<?xml ") && finished.stdout.trim_end().ends_with("</testsuites>"), "{finished:?}");
    assert!(finished.stdout.contains("<testcase name=\"the sweep runs every seed\""), "{finished:?}");
}

#[test]
fn no_output_overwrites_its_input() {
    let (place, reproducer) = failing();
    let scenario = place.file("my.json", fs::read(example()).expect("the example is there"));
    let recorded = fs::read(place.path(&reproducer)).expect("it was written");
    let outputs: [(&[&str], &str); 3] = [
        (&["run", "my.json", "--out", "./my.json"], "it is the scenario itself"),
        (&["sweep", "my.json", "--seeds", "2", "--junit", "my.json"], "it is the scenario itself"),
        (&["replay", &reproducer, "--html", &reproducer], "it is the reproducer itself"),
    ];
    for (arguments, cure) in outputs {
        let finished = place.run(arguments);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
        assert!(finished.stderr.contains(cure), "{finished:?}");
    }
    assert_eq!(fs::read(scenario).expect("it is there"), fs::read(example()).expect("the example is there"));
    assert_eq!(fs::read(place.path(&reproducer)).expect("it is there"), recorded);
}
