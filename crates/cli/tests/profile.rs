//! The flag `--profile` of `run` and `sweep`.

mod common;

use std::fs;

use common::{Finished, Place, example};
use rstest::rstest;

/// The rows of a profile: the share in thousandths, and the text of what took it.
fn rows(finished: &Finished) -> Vec<(u64, String)> {
    let (_, table) = finished.stderr.split_once("  what\n").unwrap_or_else(|| panic!("no table: {finished:?}"));
    let row = |line: &str| {
        let (share, rest) = line.split_once(" %").unwrap_or_else(|| panic!("no share: {line}"));
        let what = rest.trim().rsplit("  ").next().expect("a row ends with a text").to_owned();
        (share.trim().replace('.', "").parse().expect("a share is a number"), what)
    };
    table.lines().map(row).collect()
}

#[test]
fn the_profile_of_a_run_is_on_stderr_and_changes_nothing() {
    let place = Place::new();
    place.file("my.json", fs::read(example()).expect("the example is there"));
    let run = |name: &str, more: &[&str]| place.run(&[&["run", "my.json", "--out", name], more].concat());
    let (plain, measured) = (run("plain.json", &[]), run("measured.json", &["--profile"]));
    assert_eq!((plain.code, measured.code, plain.stderr.as_str()), (Some(0), Some(0), ""), "{measured:?}");
    assert_eq!(measured.stdout.replace("measured.json", "plain.json"), plain.stdout);
    let read = |name: &str| fs::read_to_string(place.path(name)).expect("it was written");
    assert_eq!(read("measured.json"), read("plain.json"));

    assert!(measured.stderr.contains("profile  1 run, "), "{}", measured.stderr);
    let rows = rows(&measured);
    let find = |text: &str| rows.iter().find(|(_, what)| what.starts_with(text)).unwrap_or_else(|| panic!("{text}: {rows:?}"));
    find("observe \"edge-cache\"");
    find("nodes of \"edge\"");
    find("everything else");
    assert!(rows.is_sorted_by(|one, next| one.0 >= next.0), "most time first: {rows:?}");
    let whole: u64 = rows.iter().map(|(share, _)| share).sum();
    assert!(whole.abs_diff(1000) <= rows.len() as u64 / 2, "{whole}: {rows:?}");
}

#[test]
fn with_the_report_on_stdout_nothing_else_is_there() {
    let place = Place::new();
    let finished = place.run(&["run", "gossip", "--out", "-", "--profile"]);
    let report: serde_json::Value = serde_json::from_str(&finished.stdout).expect("stdout is the report alone");
    assert_eq!((finished.code, &report["outcome"]), (Some(0), &"held".into()));
    assert!(!rows(&finished).is_empty());
    assert_eq!(place.names(), [""; 0]);
}

#[rstest]
fn the_profile_of_a_sweep_sums_up_its_seeds(#[values(&[][..], &["--isolate"])] more: &[&str]) {
    let finished = Place::new().run(&[&["sweep", "gossip", "--seeds", "0x10..0x20", "--profile"], more].concat());
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "16 of seeds 16..32 of gossip passed\n"), "{finished:?}");
    assert!(finished.stderr.contains("profile  16 runs, "), "{}", finished.stderr);
    assert_eq!(rows(&finished).len(), 4, "two rules, one group and the rest: {}", finished.stderr);
}

#[test]
fn a_comparison_of_two_processes_has_no_profile() {
    let finished = Place::new().run(&["run", "gossip", "--profile", "--check-determinism"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
    assert!(finished.stderr.contains("'--profile' cannot be used with '--check-determinism'"), "{finished:?}");
}
