//! Tests made by `#[cluster_sim::test]`: those in [`made`] run as tests, and in processes with other environment variables.

use std::process::{Command, Output};

use rstest::rstest;

/// The tests themselves, as a user would write them.
mod made {
    use cluster_sim::prelude::*;

    /// Prints at its boot, and violates its rule in one seed of eight.
    async fn spoken(node: Node) {
        eprintln!("it boots");
        let fate = node.roll("does", 0).below(8);
        node.publish(|shown: &mut u64| *shown = fate);
    }

    fn spoken_scenario() -> Scenario {
        Scenario::new("spoken").nodes("node", 1, spoken).duration(Duration::from_millis(10))
    }

    #[cluster_sim::test(seeds = 5)]
    fn holds() -> Scenario {
        spoken_scenario()
    }

    #[cluster_sim::test(seeds = 10..15, check_determinism = false, threads = 2)]
    fn holds_once() -> Scenario {
        spoken_scenario()
    }

    #[cluster_sim::test(seeds = 5)]
    fn holds_manually(seed: Seed) -> Report {
        let mut sim = spoken_scenario().start(seed);
        sim.run_for(Duration::from_millis(5));
        sim.finish()
    }

    /// The line of the function below.
    pub(super) const BREAKS_AT: u32 = line!() + 3;
    #[should_panic(expected = "no small fate")]
    #[cluster_sim::test]
    fn breaks() -> Scenario {
        spoken_scenario().always("no small fate", |world| world.views::<u64>().all(|(_, fate)| *fate != 1))
    }

    #[should_panic(expected = "no small fate")]
    #[cluster_sim::test]
    fn breaks_manually(seed: Seed) -> Report {
        spoken_scenario().always("no small fate", |world| world.views::<u64>().all(|(_, fate)| *fate != 1)).run(seed)
    }

    #[should_panic(expected = "no small fate")]
    #[cluster_sim::test(minimize = false)]
    fn breaks_without_minimizing() -> Scenario {
        spoken_scenario().always("no small fate", |world| world.views::<u64>().all(|(_, fate)| *fate != 1))
    }

    #[should_panic(expected = "runs, a bound ended the search")]
    #[cluster_sim::test(minimize_runs = 1)]
    fn breaks_and_minimizes_by_one_run() -> Scenario {
        let plan = FaultPlan::new().at(Duration::from_millis(1), NodeFault::Pause { node: "node/0".into(), duration: None });
        breaks_of(plan)
    }

    fn breaks_of(plan: FaultPlan) -> Scenario {
        let breaks = |world: &World<'_>| world.views::<u64>().all(|(_, fate)| *fate != 1);
        spoken_scenario().faults(plan).always("no small fate", breaks)
    }

    #[should_panic(expected = "out of time (max_time 300ms) before all were run")]
    #[cluster_sim::test(seeds = 0..1_000_000_000, max_time = "300ms")]
    fn takes_too_long() -> Scenario {
        spoken_scenario()
    }

    #[should_panic(expected = "point \"no fate is 9\" was never reached")]
    #[cluster_sim::test(seeds = 8, require_coverage = true)]
    fn covers_too_little() -> Scenario {
        spoken_scenario().sometimes("no fate is 9", |world| world.views::<u64>().any(|(_, fate)| *fate == 9))
    }

    #[cluster_sim::test(seeds = 8, require_coverage = true, max_time = "10m", minimize_time = "1s")]
    fn covers_enough() -> Scenario {
        spoken_scenario().sometimes("a fate is small", |world| world.views::<u64>().any(|(_, fate)| *fate < 8))
    }

    #[should_panic(expected = "the test panicked: seed 0x3 is not to be")]
    #[cluster_sim::test]
    fn panics_manually(seed: Seed) -> Report {
        assert!(seed != Seed(3), "seed {seed} is not to be");
        spoken_scenario().run(seed)
    }

    #[should_panic(expected = "NONDETERMINISTIC")]
    #[cluster_sim::test(seeds = 3)]
    fn leaks() -> Scenario {
        let leaky = |node: Node| async move {
            let address = std::ptr::from_ref(&Box::leak(Box::new(0_u8))) as u64 ^ getrandom::u64().expect("there is entropy");
            node.sleep(Duration::from_nanos(address % 1_000_000)).await;
        };
        Scenario::new("leaky").nodes("node", 1, leaky).duration(Duration::from_millis(10))
    }

    #[should_panic(expected = "NONDETERMINISTIC")]
    #[cluster_sim::test(seeds = 3)]
    fn leaks_manually(seed: Seed) -> Report {
        spoken_scenario().duration(Duration::from_nanos(getrandom::u64().expect("there is entropy") >> 32)).run(seed)
    }

    #[should_panic(expected = "the process survives: it ended with signal 6 (SIGABRT)")]
    #[cluster_sim::test(isolate = true)]
    fn aborts() -> Scenario {
        crate::seldom(8, || std::process::abort())
    }

    #[should_panic(expected = "60 of seeds 0..64 of attribute::made::aborts_manually passed, 4 failed in one way")]
    #[cluster_sim::test(isolate = true, max_failures = 2)]
    fn aborts_manually(seed: Seed) -> Report {
        if seed.0 % 16 == 3 {
            std::process::abort();
        }
        spoken_scenario().run(seed)
    }
}

/// Runs one test in a process with these variables; returns whether it passed, and its stderr.
fn run(name: &str, variables: &[(&str, &str)]) -> (bool, String) {
    run_test(&format!("attribute::made::{name}"), variables)
}

/// As [`run`], with the whole path of the test.
pub(crate) fn run_test(path: &str, variables: &[(&str, &str)]) -> (bool, String) {
    let Output { status, stderr, .. } = command_of(path).envs(variables.iter().copied()).output().expect("it is started");
    (status.success(), String::from_utf8(stderr).expect("tests say text"))
}

/// The command that runs one test of this file, as nextest does.
fn command_of(path: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test is a file"));
    command.args([path, "--exact", "--nocapture"]);
    for variable in ["CLUSTER_SIM_SEED", "CLUSTER_SIM_SEEDS", "CLUSTER_SIM_REPLAY"] {
        command.env_remove(variable);
    }
    command.env("RUST_BACKTRACE", "0").env("NEXTEST", "1");
    command
}

pub(crate) fn boots(said: &str) -> usize {
    said.lines().filter(|line| line.contains("it boots")).count()
}

#[rstest]
#[case("holds", 5 + 2)]
#[case("holds_once", 5)]
#[case("holds_manually", 5 + 2)]
fn every_seed_runs_once_and_the_first_two_more_times(#[case] name: &str, #[case] runs: usize) {
    let (passed, said) = run(name, &[]);
    assert_eq!((passed, boots(&said)), (true, runs), "{said}");
}

#[rstest]
fn a_single_seed_is_a_single_run(#[values("holds", "holds_once", "holds_manually")] name: &str) {
    let (passed, said) = run(name, &[("CLUSTER_SIM_SEED", "0x2a")]);
    assert_eq!((passed, boots(&said)), (true, 1), "{said}");
}

#[rstest]
#[case("5..8", 3)]
#[case("11", 11)]
fn sq_d22_the_variable_for_seeds_replaces_the_seeds_of_the_test(#[case] seeds: &str, #[case] runs: usize) {
    let (passed, said) = run("holds", &[("CLUSTER_SIM_SEEDS", seeds)]);
    assert_eq!((passed, boots(&said)), (true, runs + 2), "{said}");
}

#[rstest]
#[case(&[("CLUSTER_SIM_SEED", "many")], "CLUSTER_SIM_SEED cannot be taken: \"many\" is not a seed; use a decimal number")]
#[case(&[("CLUSTER_SIM_SEEDS", "8..5")], "CLUSTER_SIM_SEEDS cannot be taken: \"8..5\" is no range of seeds")]
#[case(&[("CLUSTER_SIM_SEED", "1"), ("CLUSTER_SIM_SEEDS", "2")], "unset one of the two variables")]
fn an_invalid_variable_fails_the_test_before_any_run(#[case] variables: &[(&str, &str)], #[case] says: &str) {
    let (passed, said) = run("holds", variables);
    assert_eq!((passed, boots(&said)), (false, 0), "{said}");
    assert!(said.contains(says), "{said}");
}

/// The command by which nextest runs a test alone.
fn command_for(path: &str) -> String {
    format!("cargo nextest run -p cluster-sim-suites -E 'test(={path})'")
}

/// Checks the rerun line of a failing test and returns its seed.
#[track_caller]
fn seed_to_run_again(said: &str, name: &str) -> String {
    let (_, line) = said.split_once("      rerun: ").unwrap_or_else(|| panic!("it says how to see it again: {said}"));
    let line = line.lines().next().unwrap_or_default();
    let (seed, command) = line.split_once(' ').expect("a variable, then the command");
    assert_eq!(command, command_for(&format!("attribute::made::{name}")));
    seed.strip_prefix("CLUSTER_SIM_SEED=").unwrap_or_else(|| panic!("it names the seed: {line}")).to_owned()
}

#[rstest]
fn the_rerun_line_reproduces_the_failure(#[values("breaks", "breaks_manually")] name: &str) {
    let (passed, said) = run(name, &[]);
    assert!(passed, "it is to panic, and did: {said}");
    let seed = seed_to_run_again(&said, name);
    let (passed, again) = run(name, &[("CLUSTER_SIM_SEED", &seed)]);
    // A manual test runs its scenario by itself: once more to show the messages of a failure.
    let runs = if name == "breaks" { 1 } else { 2 };
    assert_eq!((passed, boots(&again)), (true, runs), "{again}");
    // With a minimized case, the last events are those of that case.
    let shown = |text: &str| {
        let (_, report) = text.split_once("FAIL  spoken").expect("it shows the report");
        report.split("      last events\n").next().and_then(|report| report.split("      rerun: ").next()).map(str::to_owned)
    };
    assert_eq!(shown(&again), shown(&said), "the rerun has an equal report");
    assert!(!again.contains(" spawns main\n"), "what is inside a node is left out: {again}");
}

#[test]
fn a_failure_that_is_not_minimized_is_kept_as_it_was_found() {
    let (passed, said) = run("breaks_without_minimizing", &[]);
    assert!(passed && !said.contains("minimized"), "it is to panic, and did: {said}");
    let file = reproducer_kept(&said, "attribute::made::breaks_without_minimizing");
    let (passed, said) = run("breaks_without_minimizing", &[("CLUSTER_SIM_REPLAY", &file)]);
    assert!(passed && said.contains("the same run, event by event\n"), "{said}");
}

#[test]
fn the_rerun_line_fits_the_runner_of_the_test() {
    let mut command = command_of("attribute::made::breaks");
    let Output { stderr, .. } = command.env_remove("NEXTEST").output().expect("it is started");
    let said = String::from_utf8(stderr).expect("tests say text");
    let by_cargo = " cargo test -p cluster-sim-suites attribute::made::breaks -- --exact\n";
    assert!(said.contains(by_cargo) && !said.contains("nextest"), "{said}");
    let (_, said) = run("breaks", &[]);
    assert!(said.contains(&command_for("attribute::made::breaks")) && !said.contains("cargo test"), "{said}");
}

#[test]
fn a_failing_test_panics_at_its_own_line() {
    for variables in [&[][..], &[("CLUSTER_SIM_SEED", "many")]] {
        let (_, said) = run("breaks", variables);
        let at = format!("panicked at tests/campaign/attribute.rs:{}:8:\n", made::BREAKS_AT);
        assert!(said.contains(&at), "{at}{said}");
    }
}

#[test]
fn a_nondeterministic_test_prints_how_to_compare_again() {
    let (passed, said) = run("leaks", &[]);
    assert!(passed, "it is to panic, and did: {said}");
    let line = format!("      rerun: CLUSTER_SIM_SEEDS=0..1 {}\n", command_for("attribute::made::leaks"));
    assert!(said.contains(&line), "{said}");
}

/// Checks the replay line of a failing test and returns its file.
#[track_caller]
pub(crate) fn reproducer_kept(said: &str, path: &str) -> String {
    let (_, line) = said.split_once("      replay: ").unwrap_or_else(|| panic!("it says how to replay it: {said}"));
    let (file, command) = line.lines().next().unwrap_or_default().split_once(' ').expect("a variable, then the command");
    assert_eq!(command, command_for(path));
    file.strip_prefix("CLUSTER_SIM_REPLAY=").unwrap_or_else(|| panic!("it names the file: {line}")).to_owned()
}

/// The data of the reproducer that `breaks` keeps.
fn reproducer() -> (String, serde_json::Value) {
    let (_, said) = run("breaks", &[]);
    let file = reproducer_kept(&said, "attribute::made::breaks");
    let text = std::fs::read_to_string(&file).expect("it was kept");
    (file, serde_json::from_str(&text).expect("it is JSON"))
}

/// Runs one test with a reproducer of that text; returns as [`run`], and the path of the file.
fn replayed(name: &str, text: &str) -> (bool, String, String) {
    replayed_by(&format!("attribute::made::{name}"), text)
}

/// As [`replayed`], with the whole path of the test.
pub(crate) fn replayed_by(path: &str, text: &str) -> (bool, String, String) {
    let folder = tempfile::tempdir().expect("there is room");
    let file = folder.path().join("reproducer.json");
    std::fs::write(&file, text).expect("there is room");
    let file = file.to_str().expect("it is text").to_owned();
    let (passed, said) = run_test(path, &[("CLUSTER_SIM_REPLAY", &file)]);
    (passed, said, file)
}

#[test]
fn a_reproducer_is_replayed_alone_at_the_line_of_the_test() {
    let (file, _) = reproducer();
    for variables in [&[("CLUSTER_SIM_REPLAY", file.as_str())][..], &[("CLUSTER_SIM_REPLAY", &file), ("CLUSTER_SIM_SEED", "many")]]
    {
        let (passed, said) = run("breaks", variables);
        assert_eq!((passed, boots(&said)), (true, 1), "it is to panic, and runs nothing else: {said}");
        let at =
            format!("panicked at tests/campaign/attribute.rs:{}:8:\nthe same run, event by event\nFAIL  spoken", made::BREAKS_AT);
        assert!(said.contains(&at) && said.contains("no small fate"), "{at}{said}");
    }
}

#[test]
fn a_fixed_test_passes_and_reports_another_run() {
    let (_, mut data) = reproducer();
    data["source"]["test"]["name"] = "attribute::made::holds".into();
    let (passed, said, _) = replayed("holds", &data.to_string());
    assert_eq!((passed, boots(&said)), (true, 1), "{said}");
    assert!(said.contains("not the same run: it no longer finds it: at ") && !said.contains("warning: "), "{said}");
}

#[test]
fn a_file_from_another_revision_is_warned_of() {
    let (_, mut data) = reproducer();
    data["build"]["revision"] = "abc".into();
    let (_, said, file) = replayed("breaks", &data.to_string());
    assert!(said.contains(&format!("warning: {file}: the revision was abc and is ")), "{said}");
    assert!(said.contains("the same run, event by event\n"), "{said}");
}

#[test]
fn a_reproducer_of_another_test_is_refused_before_any_run() {
    let (_, mut data) = reproducer();
    let refused = |name: &str, data: &serde_json::Value, says: &str| {
        let (passed, said, file) = replayed(name, &data.to_string());
        assert_eq!((passed, boots(&said)), (false, 0), "{said}");
        assert!(said.contains(&format!("CLUSTER_SIM_REPLAY={file} cannot be replayed: {says}")), "{says}\n{said}");
    };
    let other =
        "it is about test attribute::made::breaks of package cluster-sim-suites, not attribute::made::holds; run that one alone";
    refused("holds", &data, other);
    data["source"]["test"] = serde_json::json!({"package": "another", "name": "attribute::made::holds"});
    refused("holds", &data, "it is about test attribute::made::holds of package another, not attribute::made::holds");
    data["source"] = serde_json::json!({"registered": {"name": "canary"}});
    refused("holds", &data, "it is about the scenario \"canary\" that is run by name: `cluster-sim replay FILE`");
}

#[rstest]
#[case("", "it is cut short: ")]
#[case("{\"format\":2,", "it is cut short: ")]
#[case("{\"format\":9}", "it is of format 9; this version reads format 2")]
#[case("no JSON", "it is no reproducer: ")]
fn an_unreadable_reproducer_is_refused_before_any_run(#[case] text: &str, #[case] says: &str) {
    let (passed, said, file) = replayed("holds", text);
    assert_eq!((passed, boots(&said)), (false, 0), "{said}");
    assert!(said.contains(&format!("CLUSTER_SIM_REPLAY={file} cannot be replayed: {says}")), "{said}");
    let (passed, said) = run("holds", &[("CLUSTER_SIM_REPLAY", "/nowhere/reproducer.json")]);
    assert_eq!((passed, boots(&said)), (false, 0), "{said}");
    assert!(said.contains("CLUSTER_SIM_REPLAY=/nowhere/reproducer.json cannot be replayed: No such file"), "{said}");
}
