//! `cargo xtask check` with a PATH that contains only a fake cargo.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use xtask::nextest::PINNED;

const DIGESTS: &str = "format = 1\n\n[edge-cache]\nbasic = \"9f263273e34a7ab1\"\n";

/// A workspace with committed digests, a PATH with a fake cargo, and the state of the fakes.
struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    /// Without nextest; every other call succeeds.
    fn new() -> Self {
        let sandbox = Self { folder: TempDir::new().expect("a temporary folder") };
        for folder in ["bin", "state", "workspace/tests", "target/release"] {
            fs::create_dir_all(sandbox.path().join(folder)).expect("the folder is ours");
        }
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        symlink(ours.join("fake_cargo.sh"), sandbox.path().join("bin/cargo")).expect("the folder is ours");
        symlink(ours.join("fake_cluster_sim.sh"), sandbox.path().join("target/release/cluster-sim")).expect("the folder is ours");
        sandbox
            .file("workspace/tests/digests.toml", DIGESTS)
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

    /// Adds a fake valgrind that counts `instructions` per event, and a built bench.
    fn with_valgrind(self, instructions: u32) -> Self {
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        symlink(ours.join("fake_valgrind.sh"), self.path().join("bin/valgrind")).expect("the folder is ours");
        let profile = r#"{"opt_level":"3","debug_assertions":false,"overflow_checks":false,"test":false}"#;
        let target = r#"{"name":"product","kind":["bench"],"crate_types":["bin"],"src_path":"/product.rs","edition":"2024"}"#;
        let built = format!(
            r#"{{"reason":"compiler-artifact","package_id":"suites","manifest_path":"/Cargo.toml","target":{target},"profile":{profile},"features":[],"filenames":[],"executable":"/product","fresh":true}}"#
        );
        self.file("state/instructions", &format!("{instructions}\n")).file("state/built", &(built + "\n"))
    }

    /// Adds a fake git that knows `changes`, and the metadata of a workspace with the suites and one crate `tool`.
    fn with_changes(self, changes: &[(&str, &str)]) -> Self {
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        symlink(ours.join("fake_git.sh"), self.path().join("bin/git")).expect("the folder is ours");
        let sandbox = self.file("state/metadata", &(metadata() + "\n"));
        changes.iter().fold(sandbox, |sandbox, (file, text)| sandbox.file(&format!("state/{file}"), text))
    }

    /// Adds systems with these names.
    fn with_systems(self, names: &[&str]) -> Self {
        names.iter().fold(self, |sandbox, name| {
            let folder = sandbox.path().join("workspace/crates/systems").join(name);
            fs::create_dir_all(&folder).expect("the folder is ours");
            let manifest = format!("[package]\nname = \"cluster-sim-{name}\"\nversion.workspace = true\n");
            sandbox.file(&format!("workspace/crates/systems/{name}/Cargo.toml"), &manifest)
        })
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
        let calls = fs::read_to_string(self.path().join("state/calls")).expect("the fake cargo wrote it");
        calls.lines().map(str::to_owned).collect()
    }

    /// The indices of the calls that begin with these words.
    fn indices(&self, words: &str) -> Vec<usize> {
        self.calls().iter().enumerate().filter(|(_, call)| call.starts_with(words)).map(|(index, _)| index).collect()
    }
}

/// The output of `cargo metadata --no-deps` for a workspace with the suites `tidy` and `faults`, and a crate `tool` with a test `works`.
fn metadata() -> String {
    let target = |name: &str, kind: &str| {
        format!(
            r#"{{"name":"{name}","kind":["{kind}"],"crate_types":["bin"],"src_path":"/ws/x.rs","edition":"2024","doctest":false,"test":true,"doc":false}}"#
        )
    };
    let package = |name: &str, folder: &str, targets: &[String]| {
        format!(
            r#"{{"name":"{name}","version":"0.1.0","id":"{name}","dependencies":[],"features":{{}},"manifest_path":"/ws/{folder}Cargo.toml","targets":[{}]}}"#,
            targets.join(",")
        )
    };
    let suites = package("cluster-sim-suites", "", &[target("tidy", "test"), target("faults", "test")]);
    let tool = package("tool", "crates/tool/", &[target("tool", "lib"), target("works", "test")]);
    let ends = r#""workspace_members":["cluster-sim-suites","tool"],"resolve":null,"workspace_root":"/ws","target_directory":"/ws/target","version":1"#;
    format!(r#"{{"packages":[{suites},{tool}],{ends}}}"#)
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("xtask writes UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("xtask writes UTF-8")
}

#[test]
fn a_missing_nextest_is_installed_before_the_tests_run() {
    let sandbox = Sandbox::new();
    let output = sandbox.xtask(&["check"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let installs = sandbox.indices("install");
    assert_eq!(installs.len(), 1, "{:?}", sandbox.calls());
    assert_eq!(sandbox.calls()[installs[0]], format!("install cargo-nextest --locked --version {PINNED}"));
    let runs = sandbox.indices("nextest run");
    assert_eq!(runs.len(), 1, "{:?}", sandbox.calls());
    assert!(installs[0] < runs[0], "{:?}", sandbox.calls());
}

#[test]
fn a_newer_nextest_is_kept() {
    let sandbox = Sandbox::new().with_nextest("0.9.143");
    let output = sandbox.xtask(&["check"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(sandbox.indices("install"), [0usize; 0], "{:?}", sandbox.calls());
    assert_eq!(sandbox.indices("nextest run").len(), 1);
}

#[test]
fn a_nextest_too_old_for_the_configuration_is_replaced() {
    let sandbox = Sandbox::new().with_nextest("0.9.83");
    assert_eq!(sandbox.xtask(&["check", "--only", "nextest"], &[]).status.code(), Some(0));
    assert_eq!(sandbox.indices("install").len(), 1, "{:?}", sandbox.calls());
}

#[test]
fn after_a_failed_install_no_test_runs() {
    let sandbox = Sandbox::new().refusing("install");
    let output = sandbox.xtask(&["check"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("step nextest failed"), "{}", stderr(&output));
    assert_eq!(sandbox.indices("nextest run"), [0usize; 0], "{:?}", sandbox.calls());
}

#[test]
fn quick_lints_and_tests_what_changed_since_the_upstream_branch() {
    let changes = [("upstream", "abc123\n"), ("diff-abc123", "crates/tool/src/lib.rs\n"), ("new", "tests/faults/pause.rs\n")];
    let sandbox = Sandbox::new().with_nextest("0.9.143").with_changes(&changes);
    let output = sandbox.xtask(&["check", "--quick"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let calls = sandbox.calls();
    assert!(calls[0].starts_with("fmt ") && calls[1].starts_with("clippy --workspace "), "{calls:?}");
    let run = "nextest run --all-features -p cluster-sim-suites -p tool --lib --bins \
               --test edge_cache --test faults --test small_systems --test sweep --test tidy --test works";
    assert_eq!(calls.last().map(String::as_str), Some(run), "{calls:?}");
}

#[test]
fn without_an_upstream_branch_changes_count_since_the_last_commit() {
    let sandbox = Sandbox::new().with_nextest("0.9.143").with_changes(&[("diff-HEAD", "tests/faults.rs\n")]);
    let output = sandbox.xtask(&["check", "--only", "touched"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    assert!(sandbox.calls().last().is_some_and(|call| call.contains(" --test faults ") && !call.contains("tool")));
}

#[test]
fn without_git_the_touched_tests_fail_with_the_cure() {
    let sandbox = Sandbox::new().with_nextest("0.9.143").with_changes(&[]);
    let output = sandbox.xtask(&["check", "--quick"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("step touched failed: `git diff --name-only --relative HEAD` ended with"),
        "{}",
        stderr(&output)
    );
    assert!(stderr(&output).contains("without git use cargo xtask check --only test"), "{}", stderr(&output));
    assert_eq!(sandbox.indices("nextest run"), [0usize; 0]);
}

#[test]
fn quick_and_only_exclude_each_other() {
    let output = Sandbox::new().xtask(&["check", "--quick", "--only", "fmt"], &[]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_failing_step_stops_the_run_and_is_named() {
    let sandbox = Sandbox::new().with_nextest("0.9.143").refusing("nextest run");
    let output = sandbox.xtask(&["check"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let printed = stderr(&output);
    assert!(
        printed.contains("step test failed: `cargo nextest run --workspace --all-features` ended with exit status: 101"),
        "{printed}"
    );
    assert!(printed.contains("cargo xtask check --only test"), "{printed}");
    assert!(sandbox.calls().last().is_some_and(|call| call.starts_with("nextest run")), "{:?}", sandbox.calls());
}

#[test]
fn every_step_is_announced_and_timed_in_order() {
    let sandbox = Sandbox::new().with_nextest("0.9.143").with_systems(&["one", "two"]);
    let printed = stdout(&sandbox.xtask(&["check"], &[]));
    let steps = ["fmt", "clippy", "nextest", "test", "doctest", "docs", "seams", "release", "digests", "speed", "instructions"];
    let announced: Vec<&str> = printed.lines().filter(|line| line.starts_with('[')).collect();
    let begins = |(index, step): (usize, &&str)| announced[index].starts_with(&format!("[{}/11] {step}: ", index + 1));
    assert!(announced.len() == 11 && steps.iter().enumerate().all(begins), "{printed}");
    assert!(steps.iter().all(|step| printed.contains(&format!("{step:>12} "))), "{printed}");
    assert!(printed.contains("       total "), "{printed}");
    assert_eq!(sandbox.indices("clippy -p ").len(), 8 + 2 + 5, "{:?}", sandbox.calls());
}

#[test]
fn every_system_builds_alone() {
    let sandbox = Sandbox::new().with_systems(&["queue", "store"]);
    assert_eq!(sandbox.xtask(&["check", "--only", "seams"], &[]).status.code(), Some(0));
    for name in ["queue", "store"] {
        assert_eq!(sandbox.indices(&format!("clippy -p cluster-sim-{name} -- -D warnings")).len(), 1, "{:?}", sandbox.calls());
    }
    let sandbox = sandbox.file("workspace/crates/systems/store/Cargo.toml", "[workspace]\n");
    let printed = stderr(&sandbox.xtask(&["check", "--only", "seams"], &[]));
    assert!(printed.contains("the systems could not be listed: ") && printed.contains("store/Cargo.toml: "), "{printed}");
}

#[test]
fn ci_uses_its_own_profile() {
    let sandbox = Sandbox::new().with_nextest("0.9.143");
    sandbox.xtask(&["check", "--only", "test"], &[("CI", "true")]);
    assert_eq!(sandbox.calls(), ["nextest --version", "nextest run --workspace --all-features --profile ci"]);
}

#[test]
fn xtask_calls_the_cargo_that_runs_it() {
    let sandbox = Sandbox::new();
    let cargo = sandbox.path().join("another_cargo");
    fs::rename(sandbox.path().join("bin/cargo"), &cargo).expect("the folder is ours");
    let output = sandbox.xtask(&["check", "--only", "fmt"], &[("CARGO", cargo.to_str().expect("the path is text"))]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(sandbox.calls(), ["fmt --all -- --check"]);
}

#[test]
fn digests_that_differ_on_two_threads_are_listed() {
    let sandbox = Sandbox::new().file("state/digests-2", &DIGESTS.replace("9f26", "0000"));
    let output = sandbox.xtask(&["check", "--only", "digests"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let printed = stderr(&output);
    assert!(printed.contains("digests --threads 2` does not print tests/digests.toml"), "{printed}");
    assert!(printed.contains("-basic = \"9f263273e34a7ab1\"") && printed.contains("+basic = \"00003273e34a7ab1\""), "{printed}");
}

#[test]
fn missing_digests_come_with_the_command_that_writes_them() {
    let sandbox = Sandbox::new();
    fs::remove_file(sandbox.path().join("workspace/tests/digests.toml")).expect("it was there");
    let output = sandbox.xtask(&["check", "--only", "digests"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("-- digests > tests/digests.toml"), "{}", stderr(&output));
}

#[test]
fn a_slow_run_fails_with_its_best_time_and_the_bound() {
    let sandbox = Sandbox::new().file("state/slow", "0.2\n");
    let output = sandbox.xtask(&["check", "--only", "speed"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let printed = stderr(&output);
    assert!(printed.contains("step speed failed: scenarios/edge-cache.json took 2"), "{printed}");
    assert!(printed.contains("in the best of 5 runs, the bound is 50ms"), "{printed}");
    // The program is built first, and run five times.
    assert_eq!(sandbox.indices("build --release"), [0], "{:?}", sandbox.calls());
    assert_eq!(sandbox.indices("run --scenario scenarios/edge-cache.json --out ").len(), 5, "{:?}", sandbox.calls());
}

#[test]
fn one_fast_run_is_enough() {
    let sandbox = Sandbox::new().file("state/slow", "0.2\n").file("state/slow-once", "");
    let output = sandbox.xtask(&["check", "--only", "speed"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("the best of 5 runs took "), "{}", stdout(&output));
}

#[test]
fn a_failing_run_fails_speed_and_size() {
    let sandbox = Sandbox::new().file("state/fails", "");
    for step in ["speed", "size"] {
        let output = sandbox.xtask(&["check", "--only", step], &[]);
        assert_eq!(output.status.code(), Some(1), "{step}");
        assert!(stderr(&output).contains("ended with exit status: 3"), "{}", stderr(&output));
    }
}

#[test]
fn the_large_cluster_runs_on_request_and_prints_time_and_memory() {
    let sandbox = Sandbox::new();
    let output = sandbox.xtask(&["check", "--only", "size"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("of 15s and "), "{}", stdout(&output));
    assert_eq!(sandbox.indices("run --scenario scenarios/large/edge-cache-at-size.json --out ").len(), 1, "{:?}", sandbox.calls());
}

#[test]
fn without_valgrind_the_instructions_step_is_skipped() {
    let sandbox = Sandbox::new();
    let output = sandbox.xtask(&["check", "--only", "instructions"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("skipped: valgrind is not installed"), "{}", stdout(&output));
    // The release build is a step before it; nothing is built or counted for this one.
    assert_eq!((sandbox.calls().len(), sandbox.indices("bench ").len()), (1, 0), "{:?}", sandbox.calls());
}

#[test]
fn the_cost_of_a_start_does_not_count() {
    let sandbox = Sandbox::new().with_valgrind(100);
    let output = sandbox.xtask(&["check", "--only", "instructions"], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("w1     machines   100.0 instructions per event, at most "), "{}", stdout(&output));
    let counts = "valgrind -q --tool=callgrind --callgrind-out-file=";
    // 12 cells, 2 with disks, 2 with calls, 2 without either, and 7 more for the rules, each at two scales; and 13 sweeps.
    assert_eq!((sandbox.indices(counts).len(), sandbox.indices("bench ").len()), (63, 1), "{:?}", sandbox.calls());
    assert!(sandbox.calls()[2].contains(" /product --cell w1 --kind machines --scale "), "{:?}", sandbox.calls());
}

#[test]
fn an_event_over_its_ceiling_fails_by_name() {
    let sandbox = Sandbox::new().with_valgrind(9_000);
    let output = sandbox.xtask(&["check", "--only", "instructions"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let printed = stderr(&output);
    assert!(printed.contains("step instructions failed: w1     machines  9000.0 instructions per event, at most "), "{printed}");
    assert!(printed.contains("too many") && printed.contains("profile it: "), "{printed}");
}

#[test]
fn an_unknown_step_exits_with_2_and_lists_the_known_ones() {
    let sandbox = Sandbox::new();
    let output = sandbox.xtask(&["check", "--only", "lint"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("[possible values: fmt, clippy, nextest, test"), "{}", stderr(&output));
    assert_eq!(sandbox.calls(), [""; 0]);
}

#[test]
fn a_list_runs_nothing() {
    let sandbox = Sandbox::new();
    let output = sandbox.xtask(&["check", "--list"], &[]);
    assert!(stdout(&output).contains("fmt          cargo fmt --all -- --check\n"), "{}", stdout(&output));
    assert!(stdout(&output).contains("\nsize         ") && stdout(&output).contains("only on request\n"), "{}", stdout(&output));
    assert_eq!(sandbox.calls(), [""; 0]);
}
