//! Lines that are printed to be pasted into a shell, where names have spaces and quotes.

#![cfg(unix)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Finished, Place, example};
use rstest::rstest;

/// Runs a line of the output in a shell that finds the command.
fn pasted(place: &Place, output: &str, prefix: &str) -> Finished {
    let (_, line) = output.split_once(prefix).unwrap_or_else(|| panic!("it has a line {prefix:?}: {output}"));
    let line = line.lines().next().expect("a line follows");
    let folder = Path::new(env!("CARGO_BIN_EXE_cluster-sim")).parent().expect("it is in a folder");
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let shell = Command::new("sh").args(["-c", line]).current_dir(place.path(".")).env("PATH", path).output();
    Finished::from(shell.expect("there is a shell"))
}

#[rstest]
fn a_replay_line_works_below_any_folder(#[values("plain", "a b", "it's", "$HOME `id`", "say \"x\"", "a;b & c")] folder: &str) {
    let place = Place::new();
    let finished = place.run(&["sweep", "canary", "--seeds", "500", "--out", folder]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_eq!(place.names(), [folder], "nothing stands beside it");
    let replayed = pasted(&place, &finished.stdout, "replay: ");
    assert_eq!(replayed.code, Some(1), "the finding: {replayed:?}");
    assert!(replayed.stdout.starts_with("the same run, event by event\n"), "{replayed:?}");
}

#[test]
fn rerun_lines_and_verdicts_quote_the_name_of_a_file() {
    let place = Place::new();
    place.file("it's my scenario.json", fs::read(example()).expect("it is there"));
    let verdicts = ["--junit", "verdicts.xml", "--out", "out"];
    let limit = ["sweep", "it's my scenario.json", "--seeds", "1", "--max", "reads_total=0.5"];
    let finished = place.run(&[&limit[..], &verdicts].concat());
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let again = pasted(&place, &finished.stdout, "rerun: ");
    assert_eq!(again.code, Some(1), "the limit: {again:?}");
    assert!(again.stderr.contains("over the limit of 0.5"), "{again:?}");
    let verdicts = fs::read_to_string(place.path("verdicts.xml")).expect("it was written");
    assert!(verdicts.contains("it&apos;\\&apos;&apos;s my scenario.json"), "{verdicts}");
}
