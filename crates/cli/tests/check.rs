//! The command `check`: verdicts, exit codes, the page, and files that are refused.

#[expect(dead_code, reason = "the scenario file is for the other commands")]
mod common;

use std::fs;

use common::Place;
use rstest::rstest;

const POSSIBLE: &str = "\
{:process 0, :type :invoke, :f :write, :value 3}
{:process 1, :type :invoke, :f :read, :value nil}
{:process 1, :type :ok, :f :read, :value 3}
{:process 0, :type :info, :f :write, :value 3, :error :timeout}
";
const STALE: &str = "\
{:process 0, :type :invoke, :f :write, :value 3}
{:process 0, :type :ok, :f :write, :value 3}
{:process 0, :type :invoke, :f :write, :value 4}
{:process 0, :type :ok, :f :write, :value 4}
{:process 1, :type :invoke, :f :read, :value nil}
{:process 1, :type :ok, :f :read, :value 3}
";
/// A value that is written twice needs a search.
const REPEATED: &str = "\
{:process 0, :type :invoke, :f :write, :value 3}
{:process 0, :type :ok, :f :write, :value 3}
{:process 0, :type :invoke, :f :write, :value 4}
{:process 1, :type :invoke, :f :write, :value 3}
{:process 0, :type :ok, :f :write, :value 4}
{:process 1, :type :ok, :f :write, :value 3}
{:process 1, :type :invoke, :f :read, :value nil}
{:process 1, :type :ok, :f :read, :value 3}
";
const LINES: &str = "\
{\"process\":0,\"name\":\"client-0\",\"at_ns\":0,\"invoke\":{\"write\":3}}
{\"process\":0,\"at_ns\":1,\"ok\":\"written\"}
";

#[rstest]
#[case::possible(POSSIBLE, &[], 0, "PASS  history  cas-register: linearizable\n      2 operations of 2 processes, 1 of them open, 0 failed\n")]
#[case::lines(LINES, &[], 0, "PASS  history  cas-register: linearizable\n      1 operations of 1 processes, 0 of them open, 0 failed\n")]
#[case::stale(STALE, &[], 1, "FAIL  history  cas-register: linearizable\n      read 3 of process 1 (0.000000s to 0.000000s) cannot be placed after \
    write 3 of process 0 (0.000000s to 0.000000s), then write 4 of process 0 (0.000000s to 0.000000s); the state is 4 then\n      \
    3 operations of 2 processes, 0 of them open, 0 failed\n")]
#[case::bounded(REPEATED, &["--max-steps", "1"], 4, "UNKNOWN  history  cas-register: linearizable\n      (): 1 steps of the model were not enough: \
    raise --max-steps\n      4 operations of 2 processes, 0 of them open, 0 failed\n")]
fn the_verdict_decides_the_exit_code(#[case] content: &str, #[case] flags: &[&str], #[case] code: i32, #[case] expected: &str) {
    let place = Place::new();
    place.file("history", content);
    let finished = place.run(&[&["check", "history", "--model", "cas-register"], flags].concat());
    assert_eq!((finished.code, &*finished.stdout, &*finished.stderr), (Some(code), expected, ""));
}

#[test]
fn a_contradiction_is_drawn_and_a_pass_leaves_no_page() {
    let place = Place::new();
    place.file("stale.edn", STALE);
    let finished = place.run(&["check", "stale.edn", "--model", "cas-register", "--html", "page.html"]);
    assert_eq!(finished.code, Some(1));
    let page = fs::read_to_string(place.path("page.html")).unwrap();
    assert_eq!(page.matches("class=\"op contradicts\"").count(), 3, "{page}");
    place.file("possible.edn", POSSIBLE);
    let finished = place.run(&["check", "possible.edn", "--model", "cas-register", "--html", "other.html"]);
    assert_eq!(
        (finished.code, &*finished.stderr),
        (Some(0), "cluster-sim: no page was written: the history shows no contradiction\n")
    );
    assert_eq!(place.names(), ["page.html", "possible.edn", "stale.edn"]);
    let finished = place.run(&["check", "stale.edn", "--model", "cas-register", "--html", "stale.edn"]);
    assert_eq!(finished.code, Some(2), "the page would overwrite the history");
    assert_eq!(fs::read_to_string(place.path("stale.edn")).unwrap(), STALE);
}

#[rstest]
#[case::missing("other", "cas-register", "cluster-sim: could not run: other: at FILE: \"other\"")]
#[case::broken("history", "text", "cluster-sim: could not run: history: at line 1: ")]
fn a_file_that_is_no_history_is_refused(#[case] file: &str, #[case] model: &str, #[case] start: &str) {
    let place = Place::new();
    place.file("history", POSSIBLE);
    let finished = place.run(&["check", file, "--model", model]);
    assert_eq!((finished.code, &*finished.stdout, finished.stderr.lines().count()), (Some(2), "", 1));
    assert!(finished.stderr.starts_with(start), "{}", finished.stderr);
}

#[test]
fn the_guide_shows_a_history_and_its_verdict() {
    let (_, page) = include_str!("../../../docs/guide/histories.md").split_once("```edn\n").unwrap();
    let (history, page) = page.split_once("```").unwrap();
    let (_, page) = page.split_once("```console\n").unwrap();
    let place = Place::new();
    place.file("skew.edn", history);
    let (command, output) = page.split_once("```").unwrap().0.split_once('\n').unwrap();
    let words: Vec<&str> = command.strip_prefix("$ cluster-sim ").unwrap().split(' ').collect();
    let finished = place.run(&words);
    assert_eq!((finished.code, &*finished.stdout), (Some(1), output));
    let others: Vec<&str> = words.iter().map(|word| if *word == "serializable" { "snapshot-isolation" } else { word }).collect();
    assert_eq!(place.run(&others).code, Some(0));
}
