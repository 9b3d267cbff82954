//! Scenarios with a planted bug: listed, found by a sweep, and followed by the guide from a seed to a replay.

#![cfg(unix)]

#[expect(dead_code, reason = "the scenario file is for other commands")]
mod common;

use std::fs;

use common::Place;

const GUIDE: &str = include_str!("../../../docs/guide/histories.md");

/// The first block of that kind after a text of the guide.
fn block_after(text: &str, kind: &str) -> &'static str {
    let (_, rest) = GUIDE.split_once(text).unwrap_or_else(|| panic!("the guide has {text:?}"));
    let (_, rest) = rest.split_once(&format!("```{kind}\n")).expect("a block follows");
    rest.split_once("```").expect("it ends").0
}

/// Asserts that a text has the lines that the guide shows, in their order; `...` stands for others.
fn assert_shown(block: &str, text: &str) {
    let mut lines = text.lines().map(str::trim);
    for shown in block.lines().map(str::trim).filter(|line| *line != "...") {
        assert!(lines.any(|line| line == shown), "{shown:?} is not there, or not in this order: {text}");
    }
}

/// Asserts that a command of the guide fails as the guide shows; returns what it printed.
fn assert_run(place: &Place, command: &str) -> String {
    assert!(GUIDE.contains(&format!("```console\n$ {command}\n")), "the guide runs {command:?}");
    let arguments: Vec<&str> = command.split(' ').skip(1).collect();
    let finished = place.run(&arguments);
    assert_eq!(finished.code, Some(1), "it finds the stale read: {finished:?}");
    let shown = block_after(&format!("$ {command}\n"), "text");
    assert_shown(shown, &finished.stdout);
    finished.stdout
}

#[test]
fn the_guide_follows_a_stale_read_from_seed_to_replay() {
    let place = Place::new();
    let swept = assert_run(&place, "cluster-sim sweep hunt-kv-reads-from-backup --seeds 64 --out out");
    let (_, replay) = swept.split_once("replay: ").expect("it says how");
    let command = replay.lines().next().expect("a line follows");
    assert_run(&place, command);

    let (_, files) = swept.split_once("files: ").expect("it says where");
    let page =
        fs::read_to_string(place.path(files.lines().next().expect("a line follows")).join("report.html")).expect("it is there");
    let red = page.split("<g class=\"op contradicts\"><title>").skip(1);
    let told: Vec<&str> = red.map(|bar| bar.split_once("</title>").expect("it ends").0).collect();
    assert_eq!(told.join("\n\n"), block_after("Hover", "text").trim_end(), "the red bars of the page");
}

#[test]
fn the_scenarios_with_a_planted_bug_are_listed_apart() {
    let place = Place::new();
    let (planted, others) = (place.run(&["list", "--planted"]), place.run(&["list"]));
    assert_eq!((planted.code, planted.stderr.as_str()), (Some(0), ""), "{planted:?}");
    // The stream queue has one form.
    let forms = |system: &str| if system == "stream-queue" { 1 } else { 2 };
    let expected: usize = cluster_sim_scenarios::builtin().bugs().map(|bug| forms(bug.system)).sum();
    let names: Vec<&str> = planted.stdout.lines().filter_map(|line| line.split_once("  ")).map(|(name, _)| name).collect();
    assert_eq!(names.len(), expected, "in each form: {planted:?}");
    assert!(names.contains(&"hunt-kv-reads-from-backup-async"), "{names:?}");
    assert!(names.iter().all(|name| !others.stdout.contains(&format!("{name}  "))), "{others:?}");
}

/// An unknown bug is refused with the name that is meant.
#[test]
fn a_planted_bug_that_is_not_known_is_refused() {
    let finished = Place::new().run(&["sweep", "hunt-kv-reads-from-backups"]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("did you mean hunt-kv-reads-from-backup?"), "{finished:?}");
}
