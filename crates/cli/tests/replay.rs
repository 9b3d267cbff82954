//! Reproducers: a failing sweep writes one, `replay` runs it, and invalid ones are refused.

mod common;

use std::fs;
use std::process::Command;

use cluster_sim::Outcome;
use cluster_sim::explore::Reproducer;
use cluster_sim_scenarios::canary::{RULE, scenario};
use common::{Finished, Place};
use rstest::rstest;
use serde_json::{Value, json};

/// The first seed from which the canary breaks its rule.
fn failing() -> u64 {
    let breaks = |seed: &u64| scenario().run(cluster_sim::Seed(*seed)).outcome == Outcome::Violated;
    (0..500).find(breaks).expect("one in a hundred does")
}

/// Sweeps that seed alone, with more flags.
fn sweep(place: &Place, more: &[&str]) -> Finished {
    let seeds = format!("{}..{}", failing(), failing() + 1);
    place.run(&[&["sweep", "--scenario", "canary", "--seeds", &seeds], more].concat())
}

/// A folder with a reproducer of the canary as `case.json`, and its content.
fn canary_case() -> (Place, Value) {
    let place = Place::new();
    let finished = sweep(&place, &["--out", "artifacts"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let file = place.path(&format!("artifacts/canary/{:#x}/reproducer.json", failing()));
    let data = serde_json::from_str(&fs::read_to_string(file).expect("it was written")).expect("it is JSON");
    fs::remove_dir_all(place.path("artifacts")).expect("the folder is ours");
    place.file("case.json", format!("{data:#}"));
    (place, data)
}

/// Makes the folder a git repository with one commit, and returns its revision.
fn commit(place: &Place) -> String {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@b.c"]).args(arguments).current_dir(place.path("."));
        let output = git.output().expect("git is there");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("git writes text").trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["commit", "--quiet", "--allow-empty", "--message", "a"]);
    git(&["rev-parse", "HEAD"])
}

#[test]
fn an_unchanged_run_is_confirmed_and_exits_with_its_code() {
    let (place, data) = canary_case();
    let read = Reproducer::parse(&data.to_string()).expect("it is one");
    let smallest = place.run(&["replay", "case.json"]);
    let original = place.run(&["replay", "case.json", "--original"]);
    for (finished, digest) in [(&smallest, read.smallest().2), (&original, read.digest)] {
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(1), ""), "{finished:?}");
        let begins = format!("the same run, event by event\nFAIL  canary  seed={:#x}  digest={digest}\n", failing());
        assert!(finished.stdout.starts_with(&begins) && finished.stdout.contains(RULE), "{begins}{}", finished.stdout);
    }
    assert_ne!(smallest.stdout, original.stdout, "minimization removed something");
    assert_eq!(place.names(), ["case.json"], "nothing is written");
}

#[test]
fn html_writes_a_page_to_the_given_path() {
    let (place, _) = canary_case();
    let finished = place.run(&["replay", "case.json", "--html", "pages/case.html"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(1), ""), "{finished:?}");
    let page = fs::read_to_string(place.path("pages/case.html")).expect("it is written");
    assert!(page.starts_with("<!") && page.contains(RULE) && page.contains("cluster-sim replay case.json"));
    let original = place.run(&["replay", "case.json", "--original", "--html", "original.html"]);
    assert_eq!(original.code, Some(1), "{original:?}");
    assert_ne!(fs::read_to_string(place.path("original.html")).expect("it is written"), page, "another run");
}

#[test]
fn an_unwritable_page_is_refused_before_the_run() {
    let (place, _) = canary_case();
    place.file("file", "mine");
    let finished = place.run(&["replay", "case.json", "--html", "file/case.html"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
    assert!(finished.stderr.contains("at --html: \"file\" cannot be written; "), "{finished:?}");
}

/// Replays a file with this text: it must be refused in one line, and nothing may be run or written.
#[track_caller]
fn refused(place: &Place, text: Option<&str>, message: &str) {
    if let Some(text) = text {
        place.file("case.json", text);
    }
    let before = place.names();
    // Every step would be logged: a single line of stderr shows that none ran.
    let arguments = ["replay", "case.json", "--html", "case.html"];
    let finished = Finished::from(place.command(&arguments).env("RUST_LOG", "debug").output().expect("the command is there"));
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
    let begins = format!("cluster-sim: could not run: case.json: at {message}");
    assert!(finished.stderr.starts_with(&begins), "{}\nstarts with\n{begins}", finished.stderr);
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    assert_eq!(place.names(), before);
}

#[test]
fn a_missing_file_or_a_folder_is_refused() {
    let place = Place::new();
    refused(&place, None, "FILE: \"case.json\" does not exist; name the reproducer.json that a failing sweep wrote");
    fs::create_dir(place.path("case.json")).expect("there is room");
    refused(&place, None, "FILE: \"case.json\" cannot be read; name a file with JSON in UTF-8 that you may read (");
}

#[test]
fn a_truncated_file_or_another_format_is_refused() {
    let (place, data) = canary_case();
    let text = format!("{data:#}");
    for end in [0, 1, text.len() / 2, text.len() - 1] {
        refused(&place, Some(&text[..end]), "reproducer: the file does not fit; it is cut short: EOF while parsing ");
    }
    refused(&place, Some("seed 7"), "reproducer: the file does not fit; it is no reproducer: ");
    let newer = json!({"format": 99, "whatever": "it holds"}).to_string();
    let message = "reproducer: the file does not fit; it is of format 99; this version reads format 2: replay it with the version that wrote it";
    refused(&place, Some(&newer), message);
    let mut more = data.clone();
    more["sede"] = json!(7);
    refused(&place, Some(&more.to_string()), "reproducer: the file does not fit; it is no reproducer: unknown field `sede`, ");
}

#[test]
fn a_reproducer_of_an_unknown_scenario_is_refused_by_name() {
    let (place, mut data) = canary_case();
    data["source"] = json!({"registered": {"name": "raft"}});
    let message = "source: \"raft\" is not known; replay it with a cluster-sim that has it; this one has edge-cache, ";
    // A file of that name is not a builtin scenario.
    fs::copy(common::example(), place.path("raft")).expect("there is room");
    refused(&place, Some(&data.to_string()), message);
    data["source"] = json!({"test": {"package": "my-store", "name": "chaos::it_holds"}});
    let message = "source: test chaos::it_holds of package my-store does not fit; run it by: CLUSTER_SIM_REPLAY=case.json cargo nextest run \
                -p my-store -E 'test(=chaos::it_holds)'\n";
    refused(&place, Some(&data.to_string()), message);
    // The name of one scenario and the case of another.
    data["source"] = json!({"registered": {"name": "gossip"}});
    refused(
        &place,
        Some(&data.to_string()),
        "reproducer: the file does not fit; it is about scenario \"canary\", not \"gossip\"; ",
    );
}

#[rstest]
#[case::unknown_node("faults", json!([{"at_ns": 5, "fault": {"crash": {"node": "canary/9", "down_for_ns": null}}}]), "fault 0 (crash) names node \"canary/9\"")]
#[case::order("faults", json!([{"at_ns": 5, "fault": "heal_all"}, {"at_ns": 4, "fault": "heal_all"}]), "fault 1 ")]
#[case::node_left_out("absent", json!(["canary/9"]), "\"canary/9\" ")]
fn a_case_with_an_invalid_plan_is_refused_by_name(#[case] field: &str, #[case] value: Value, #[case] message: &str) {
    let (place, mut data) = canary_case();
    data.as_object_mut().expect("it is an object").remove("minimized");
    data["case"][field] = value;
    let begins = "reproducer: the file does not fit; its ";
    refused(&place, Some(&data.to_string()), begins);
    let finished = place.run(&["replay", "case.json"]);
    assert!(finished.stderr.contains(message), "{finished:?}");
}

#[test]
fn a_reproducer_of_another_revision_runs_with_a_warning() {
    let (place, mut data) = canary_case();
    let now = commit(&place);
    data["build"] = json!({"revision": "abc"});
    place.file("case.json", data.to_string());
    let finished = place.run(&["replay", "case.json"]);
    assert_eq!(finished.stderr, format!("warning: case.json: the revision was abc and is {now} now\n"));
    assert!(finished.code == Some(1) && finished.stdout.starts_with("the same run, event by event\nFAIL  canary"), "{finished:?}");
}

#[rstest]
#[case::committed_code("", 3)]
#[case::uncommitted_changes("-dirty", 1)]
fn a_different_run_exits_with_3_only_for_committed_code(#[case] changed: &str, #[case] code: i32) {
    let (place, mut data) = canary_case();
    let now = format!("{}{changed}", commit(&place));
    if !changed.is_empty() {
        // An uncommitted change makes the revision dirty.
        let git =
            |arguments: &[&str]| Command::new("git").args(arguments).current_dir(place.path(".")).status().expect("git is there");
        place.file("code", "one");
        assert!(git(&["add", "code"]).success());
    }
    data["build"] = json!({"revision": now});
    data["minimized"]["digest"] = json!("0000000000000007");
    place.file("case.json", data.to_string());
    let finished = place.run(&["replay", "case.json"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(code), ""), "{finished:?}");
    assert!(
        finished.stdout.starts_with("not the same run: its digest is ") && finished.stdout.contains("FAIL  canary"),
        "{finished:?}"
    );
    // The digest of the original case still matches.
    let original = place.run(&["replay", "case.json", "--original"]);
    assert!(original.code == Some(1) && original.stdout.starts_with("the same run, event by event\n"), "{original:?}");
}

/// A scenario that its lag policy ends from any seed.
fn lagging() -> Value {
    json!({
        "seed": 42, "duration_secs": 2, "edge_count": 1, "client_count": 1, "mutation_rate_per_sec": 400.0,
        "chaos": {"delay_ms": 20, "loss_rate": 0.01, "reorder_rate": 0.05, "burst_lag_ms": 400, "source_lag_policy": "FailRun"},
        "source_fanout_capacity": 8
    })
}

#[test]
fn a_reproducer_embeds_its_scenario_file() {
    let place = Place::new();
    let file = place.file("my.json", lagging().to_string());
    let finished = place.run(&["sweep", "--scenario", "my.json", "--seeds", "1", "--out", "artifacts"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(1), ""), "{finished:?}");
    fs::remove_file(file).expect("the folder is ours");
    let replayed = place.run(&["replay", "artifacts/my.json/0x0/reproducer.json"]);
    assert_eq!((replayed.code, replayed.stderr.as_str()), (Some(1), ""), "{replayed:?}");
    assert!(replayed.stdout.starts_with("the same run, event by event\nFAIL  edge-cache  seed=0x0  "), "{replayed:?}");
    // The embedded file is checked like any other.
    let text = fs::read_to_string(place.path("artifacts/my.json/0x0/reproducer.json")).expect("it was written");
    let mut data: Value = serde_json::from_str(&text).expect("it is JSON");
    data["source"]["registered"]["file"]["edge_count"] = json!(0);
    place.file("case.json", data.to_string());
    let finished = place.run(&["replay", "case.json"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
    assert!(finished.stderr.contains("my.json: at edge_count: 0 is out of range; use a whole number from 1"), "{finished:?}");
}

#[test]
fn a_sweep_writes_junit_verdicts() {
    let place = Place::new();
    let finished = sweep(&place, &["--junit", "verdicts/junit.xml"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(1), ""), "{finished:?}");
    let xml = fs::read_to_string(place.path("verdicts/junit.xml")).expect("it is written");
    let folder = format!("target/cluster-sim/canary/{:#x}", failing());
    let replay = format!("name=\"replay\" value=\"cluster-sim replay {folder}/reproducer.json\"");
    for part in [&format!("<testcase name=\"{RULE}\" classname=\"canary\""), "<failure ", &replay, "failures=\"1\""] {
        assert!(xml.contains(part), "{part}\n{xml}");
    }
    assert!(place.path(&folder).join("report.html").is_file(), "the default folder");
    let held = place.run(&["sweep", "--scenario", "gossip", "--seeds", "2", "--junit", "held.xml"]);
    assert_eq!(held.code, Some(0), "{held:?}");
    let verdicts = fs::read_to_string(place.path("held.xml")).expect("it is written");
    assert!(verdicts.contains("failures=\"0\"") && verdicts.contains("classname=\"gossip\""), "{verdicts}");
    let isolated = place.run(&["sweep", "--scenario", "gossip", "--seeds", "2", "--isolate", "--junit", "isolated.xml"]);
    assert_eq!(isolated.code, Some(0), "{isolated:?}");
    assert_eq!(fs::read_to_string(place.path("isolated.xml")).expect("it is written"), verdicts, "a worker sends the same report");
    place.file("file", "mine");
    let refused = place.run(&["sweep", "--scenario", "gossip", "--seeds", "2", "--junit", "file/junit.xml"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "before the runs: {refused:?}");
}

#[rstest]
fn missing_required_coverage_exits_with_4(#[values(&[][..], &["--isolate"])] more: &[&str]) {
    let place = Place::new();
    let mut scenario = lagging();
    scenario["chaos"]["source_lag_policy"] = json!("ObserveAndContinue");
    // A loss rule that drops no message.
    scenario["steps"] = json!([{"at_secs": 1, "step": {"DropInvalidationsPercent": {"percent": 0}}}]);
    place.file("my.json", scenario.to_string());
    let run = |flag: &str| place.run(&[&["sweep", "--scenario", "my.json", "--seeds", "2", flag], more].concat());
    let (counted, required) = (run("--coverage"), run("--require-coverage"));
    assert_eq!((counted.code, required.code), (Some(0), Some(4)), "{required:?}");
    assert_eq!(counted.stdout, required.stdout);
    assert!(required.stdout.starts_with("2 of seeds 0..2 of edge-cache passed\n      coverage over 2 runs\n"), "{required:?}");
    assert!(
        required.stdout.contains("      missing: 2 faults of kind \"loss\" were applied, and none had an effect; let them"),
        "{required:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_full_disk_changes_neither_verdict_nor_exit_code() {
    let place = Place::new();
    // No file may grow past one block; ignoring SIGXFSZ makes the write fail instead of killing the process.
    let limited = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";
    let seeds = format!("{}..{}", failing(), failing() + 1);
    let arguments = [
        "-c",
        limited,
        env!("CARGO_BIN_EXE_cluster-sim"),
        "sweep",
        "--scenario",
        "canary",
        "--seeds",
        &seeds,
        "--out",
        "artifacts",
    ];
    let finished =
        Finished::from(Command::new("sh").current_dir(place.path(".")).args(arguments).output().expect("there is a shell"));
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let folder = format!("artifacts/canary/{:#x}", failing());
    assert!(finished.stdout.starts_with("0 of seeds ") && finished.stdout.contains(RULE), "{finished:?}");
    assert!(finished.stdout.contains(&format!("      {folder}/report.html was not written: ")), "{finished:?}");
    let names = fs::read_dir(place.path(&folder)).expect("it is there").map(|entry| entry.expect("it can be read").file_name());
    let names: Vec<_> = names.collect();
    assert!(names.iter().all(|name| name != "report.html" && !name.to_string_lossy().ends_with(".part")), "{names:?}");
}
