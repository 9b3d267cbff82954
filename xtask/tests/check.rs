//! `cargo xtask check` against a PATH that holds nothing but a stand-in for cargo.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use xtask::nextest::PINNED;

const DIGESTS: &str = "format = 1\n\n[edge-cache]\nbasic = \"9f263273e34a7ab1\"\n";

/// A workspace with committed digests, a PATH with a stand-in for cargo, and what the stand-ins remember.
struct Desk {
    folder: TempDir,
}

impl Desk {
    /// No nextest; everything else succeeds.
    fn new() -> Self {
        let desk = Self { folder: TempDir::new().expect("a temporary folder") };
        for folder in ["bin", "state", "workspace/tests", "target/release"] {
            fs::create_dir_all(desk.path().join(folder)).expect("the folder is ours");
        }
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        symlink(ours.join("fake_cargo.sh"), desk.path().join("bin/cargo")).expect("the folder is ours");
        symlink(ours.join("fake_cluster_sim.sh"), desk.path().join("target/release/cluster-sim")).expect("the folder is ours");
        desk.file("workspace/tests/digests.toml", DIGESTS)
            .file("state/digests-1", DIGESTS)
            .file("state/digests-2", DIGESTS)
            .file("state/calls", "")
    }

    fn file(self, path: &str, text: &str) -> Self {
        fs::write(self.path().join(path), text).expect("the folder is ours");
        self
    }

    fn with_nextest(self, version: &str) -> Self {
        self.file("state/nextest", &format!("cargo-nextest {version} (60fa45f63 2026-08-04)\n"))
    }

    fn refusing(self, call: &str) -> Self {
        self.file("state/refuse", &format!("{call}\n"))
    }

    /// With a valgrind that counts so many instructions an event, of a bench that cargo says it built.
    fn with_valgrind(self, instructions: u32) -> Self {
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        symlink(ours.join("fake_valgrind.sh"), self.path().join("bin/valgrind")).expect("the folder is ours");
        let profile = r#"{"opt_level":"3","debug_assertions":false,"overflow_checks":false,"test":false}"#;
        let target = r#"{"name":"product","kind":["bench"],"crate_types":["bin"],"src_path":"/product.rs","edition":"2024"}"#;
        let built = format!(
            r#"{{"reason":"compiler-artifact","package_id":"suites","manifest_path":"/Cargo.toml","target":{target},"profile":{profile},"features":[],"filenames":[],"executable":"/product","fresh":true}}"#
        );
        self.file("state/instructions", &format!("{instructions}\n"))
            .file("state/events", "1000\n")
            .file("state/built", &(built + "\n"))
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn xtask(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.env_clear().env("PATH", self.path().join("bin")).env("FAKE_STATE", self.path().join("state"));
        command.env("CARGO_TARGET_DIR", self.path().join("target")).envs(variables.iter().copied());
        command.arg("--root").arg(self.path().join("workspace")).args(arguments);
        command.output().expect("xtask was built for this test")
    }

    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.path().join("state/calls")).expect("the stand-in wrote it");
        calls.lines().map(str::to_owned).collect()
    }

    /// Which calls began with these words, by their place in the run.
    fn places(&self, words: &str) -> Vec<usize> {
        self.calls().iter().enumerate().filter(|(_, call)| call.starts_with(words)).map(|(place, _)| place).collect()
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("xtask writes UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("xtask writes UTF-8")
}

#[test]
fn a_missing_nextest_is_installed_once_before_the_tests_run() {
    let desk = Desk::new();
    let output = desk.xtask(&["check"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let installs = desk.places("install");
    assert_eq!(installs.len(), 1, "{:?}", desk.calls());
    assert_eq!(desk.calls()[installs[0]], format!("install cargo-nextest --locked --version {PINNED}"));
    let runs = desk.places("nextest run");
    assert_eq!(runs.len(), 1, "{:?}", desk.calls());
    assert!(installs[0] < runs[0], "{:?}", desk.calls());
}

#[test]
fn a_newer_nextest_is_left_as_it_is() {
    let desk = Desk::new().with_nextest("0.9.143");
    let output = desk.xtask(&["check"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(desk.places("install"), [0usize; 0], "{:?}", desk.calls());
    assert_eq!(desk.places("nextest run").len(), 1);
}

#[test]
fn a_nextest_too_old_for_the_configuration_is_replaced() {
    let desk = Desk::new().with_nextest("0.9.83");
    assert_eq!(desk.xtask(&["check", "--only", "nextest"], &[]).status.code(), Some(0));
    assert_eq!(desk.places("install").len(), 1, "{:?}", desk.calls());
}

#[test]
fn an_install_that_fails_runs_no_tests() {
    let desk = Desk::new().refusing("install");
    let output = desk.xtask(&["check"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("step nextest failed"), "{}", stderr(&output));
    assert_eq!(desk.places("nextest run"), [0usize; 0], "{:?}", desk.calls());
}

#[test]
fn a_failing_step_stops_the_run_and_is_named() {
    let desk = Desk::new().with_nextest("0.9.143").refusing("nextest run");
    let output = desk.xtask(&["check"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("step test failed: `cargo nextest run --workspace --all-features` ended with exit status: 101"),
        "{said}"
    );
    assert!(said.contains("cargo xtask check --only test"), "{said}");
    assert!(desk.calls().last().is_some_and(|call| call.starts_with("nextest run")), "{:?}", desk.calls());
}

#[test]
fn every_step_is_announced_and_timed_in_order() {
    let desk = Desk::new().with_nextest("0.9.143");
    let said = stdout(&desk.xtask(&["check"], &[]));
    let steps = ["fmt", "clippy", "nextest", "test", "doctest", "docs", "seams", "release", "digests", "speed", "instructions"];
    let announced: Vec<&str> = said.lines().filter(|line| line.starts_with('[')).collect();
    let begins = |(index, step): (usize, &&str)| announced[index].starts_with(&format!("[{}/11] {step}: ", index + 1));
    assert!(announced.len() == 11 && steps.iter().enumerate().all(begins), "{said}");
    assert!(steps.iter().all(|step| said.contains(&format!("{step:>12} "))), "{said}");
    assert!(said.contains("       total "), "{said}");
    assert_eq!(desk.places("clippy -p ").len(), 14, "{:?}", desk.calls());
}

#[test]
fn ci_has_its_own_profile() {
    let desk = Desk::new().with_nextest("0.9.143");
    desk.xtask(&["check", "--only", "test"], &[("CI", "true")]);
    assert_eq!(desk.calls(), ["nextest --version", "nextest run --workspace --all-features --profile ci"]);
}

#[test]
fn the_cargo_that_runs_xtask_is_the_one_it_calls() {
    let desk = Desk::new();
    let cargo = desk.path().join("elsewhere");
    fs::rename(desk.path().join("bin/cargo"), &cargo).expect("the folder is ours");
    let output = desk.xtask(&["check", "--only", "fmt"], &[("CARGO", cargo.to_str().expect("the path is text"))]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(desk.calls(), ["fmt --all -- --check"]);
}

#[test]
fn digests_that_differ_on_two_threads_are_shown_line_by_line() {
    let desk = Desk::new().file("state/digests-2", &DIGESTS.replace("9f26", "0000"));
    let output = desk.xtask(&["check", "--only", "digests"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("digests --threads 2` does not print tests/digests.toml"), "{said}");
    assert!(said.contains("-basic = \"9f263273e34a7ab1\"") && said.contains("+basic = \"00003273e34a7ab1\""), "{said}");
}

#[test]
fn missing_digests_say_how_to_write_them() {
    let desk = Desk::new();
    fs::remove_file(desk.path().join("workspace/tests/digests.toml")).expect("it was there");
    let output = desk.xtask(&["check", "--only", "digests"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("-- digests > tests/digests.toml"), "{}", stderr(&output));
}

#[test]
fn a_command_line_that_is_too_slow_is_told_with_its_best_time_and_the_bound() {
    let desk = Desk::new().file("state/slow", "0.2\n");
    let output = desk.xtask(&["check", "--only", "speed"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("step speed failed: scenarios/edge-cache.json took 2"), "{said}");
    assert!(said.contains("in the best of 5 runs, at most 50ms may be"), "{said}");
    // The program was built first, and run as often as it says.
    assert_eq!(desk.places("build --release"), [0], "{:?}", desk.calls());
    assert_eq!(desk.places("run --scenario scenarios/edge-cache.json --out ").len(), 5, "{:?}", desk.calls());
}

#[test]
fn one_fast_run_is_enough() {
    let desk = Desk::new().file("state/slow", "0.2\n").file("state/slow-once", "");
    let output = desk.xtask(&["check", "--only", "speed"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("the best of 5 runs took "), "{}", stdout(&output));
}

#[test]
fn a_command_line_that_fails_is_not_fast() {
    let desk = Desk::new().file("state/fails", "");
    for step in ["speed", "size"] {
        let output = desk.xtask(&["check", "--only", step], &[]);
        assert_eq!(output.status.code(), Some(1), "{step}");
        assert!(stderr(&output).contains("ended with exit status: 3"), "{}", stderr(&output));
    }
}

#[test]
fn the_large_cluster_runs_only_where_asked_for_and_says_what_it_took() {
    let desk = Desk::new();
    let output = desk.xtask(&["check", "--only", "size"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("of 15s and held "), "{}", stdout(&output));
    assert_eq!(desk.places("run --scenario scenarios/large/edge-cache-at-size.json --out ").len(), 1, "{:?}", desk.calls());
}

#[test]
fn without_valgrind_nothing_is_counted_and_the_step_says_so() {
    let desk = Desk::new();
    let output = desk.xtask(&["check", "--only", "instructions"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("skipped: valgrind is not here"), "{}", stdout(&output));
    // What nobody counts is not built either.
    assert_eq!(desk.calls(), [""; 0]);
}

#[test]
fn an_event_within_its_ceilings_passes_whatever_a_start_takes() {
    let desk = Desk::new().with_valgrind(100);
    let output = desk.xtask(&["check", "--only", "instructions"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("w1     machines   100.0 instructions an event, at most "), "{}", stdout(&output));
    let counts = "valgrind -q --tool=callgrind --callgrind-out-file=";
    assert_eq!((desk.places(counts).len(), desk.places("bench ").len()), (24, 1), "{:?}", desk.calls());
    assert!(desk.calls()[1].contains(" /product --cell w1 --kind machines --scale "), "{:?}", desk.calls());
}

#[test]
fn an_event_over_its_ceiling_fails_the_step_and_is_named() {
    let desk = Desk::new().with_valgrind(9_000);
    let output = desk.xtask(&["check", "--only", "instructions"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("step instructions failed: w1     machines  9000.0 instructions an event, at most "), "{said}");
    assert!(said.contains("too many") && said.contains("profile it: "), "{said}");
}

#[test]
fn an_unknown_step_exits_2_and_names_the_known_ones() {
    let desk = Desk::new();
    let output = desk.xtask(&["check", "--only", "lint"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("[possible values: fmt, clippy, nextest, test"), "{}", stderr(&output));
    assert_eq!(desk.calls(), [""; 0]);
}

#[test]
fn a_list_runs_nothing() {
    let desk = Desk::new();
    let output = desk.xtask(&["check", "--list"], &[]);
    assert!(stdout(&output).contains("fmt          cargo fmt --all -- --check\n"), "{}", stdout(&output));
    assert!(
        stdout(&output).contains("\nsize         ") && stdout(&output).contains("only where asked for\n"),
        "{}",
        stdout(&output)
    );
    assert_eq!(desk.calls(), [""; 0]);
}
