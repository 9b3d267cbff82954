//! All scenarios together: each holds, checks the six invariants, and repeats, within a budget of steps.

use std::collections::BTreeSet;
use std::path::Path;

use cluster_sim::prelude::*;
use cluster_sim_scenarios::stream_queue::queue::{ADVANCE, CONVERGE, DENSE, KEPT, SHIPPED, WHOLE};
use cluster_sim_scenarios::stream_queue::{StreamQueueSystem, numbered};
use cluster_sim_scenarios::{Registry, Variables};
use rstest::rstest;

use crate::watch::watch;

/// The most steps of a run: 120 such runs take less than a minute of two cores, at 200,000 steps per second and core.
const STEPS_MAX: u64 = 200_000;

/// Folds the numbers of runs into one, in their order.
fn folded(numbers: impl IntoIterator<Item = u64>) -> u64 {
    numbers.into_iter().fold(0, |folded, number| (folded.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

#[rstest]
#[case::s01(numbered("s01"))]
#[case::s02(numbered("s02"))]
#[case::s03(numbered("s03"))]
#[case::s04(numbered("s04"))]
#[case::s05(numbered("s05"))]
#[case::s06(numbered("s06"))]
#[case::s07(numbered("s07"))]
#[case::s08(numbered("s08"))]
#[case::s09(numbered("s09"))]
#[case::s10(numbered("s10"))]
#[case::s11(numbered("s11"))]
#[case::s12(numbered("s12"))]
fn a01_a02_a04_d25_d26_ten_seeds_hold_as_recorded_within_their_steps(#[case] scenario: Scenario) {
    let name = scenario.name().to_owned();
    let runs: Vec<_> = (0..10).map(|seed| watch(scenario.clone(), seed)).collect();
    let steps: Vec<_> = runs.iter().map(|run| run.steps).collect();
    assert!(steps.iter().all(|steps| *steps <= STEPS_MAX), "{name}: steps of each run: {steps:?}");
    let events = folded(runs.iter().map(|run| u64::from_str_radix(&run.digest, 16).expect("a digest is a number")));
    let states = folded(runs.iter().flat_map(|run| run.views.values().map(|view| view.state_hash)));
    let signature = format!("{name}: {} steps, events {events:016x}, states {states:016x}", steps.iter().sum::<u64>());
    insta::with_settings!({ snapshot_suffix => name, omit_expression => true }, { insta::assert_snapshot!("signature", signature) });
}

#[test]
fn f01_f02_g03_the_six_invariants_judge_the_steps_of_runs() {
    for scenario in [numbered("s01"), numbered("s05"), numbered("s12")] {
        let report = scenario.run(Seed(1));
        report.assert_ok();
        for rule in [KEPT, DENSE, WHOLE, ADVANCE, CONVERGE, SHIPPED] {
            let check = report.checks.iter().find(|check| check.name == rule).expect("it is a rule of the scenario");
            assert!(check.times_checked > 0, "{}: {rule}", report.scenario);
        }
    }
}

#[test]
fn f03_f04_f05_f06_each_file_has_its_scenarios() {
    let scenarios = |text: &str| {
        let numbers = text.lines().filter_map(|line| line.strip_prefix("fn s")?.get(..2)?.parse::<u32>().ok());
        numbers.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(scenarios(include_str!("single_node.rs")), [1, 2, 3, 4]);
    assert_eq!(scenarios(include_str!("multi_node.rs")), [5, 6, 7, 8]);
    assert_eq!(scenarios(include_str!("failures.rs")), [9, 10, 11, 12]);
    let modules: Vec<_> = include_str!("main.rs").lines().filter_map(|line| line.strip_prefix("mod ")).collect();
    assert!(["single_node;", "multi_node;", "failures;"].iter().all(|module| modules.contains(module)), "{modules:?}");
}

#[test]
fn g01_three_brokers_keep_their_files_on_virtual_disks() {
    let watched = watch(numbered("s05"), 1);
    assert_eq!(watched.segments.len(), 3);
    assert!(watched.segments.values().all(|segments| !segments.is_empty()));
    assert!(!Path::new("data").exists() && !Path::new("log").exists(), "no file is a real one");
}

#[test]
fn g02_faults_of_nodes_disks_and_networks_have_effects() {
    for scenario in [numbered("s03"), numbered("s04"), numbered("s06"), numbered("s07"), numbered("s12")] {
        let watched = watch(scenario, 1);
        assert!(watched.faults.iter().any(|fault| fault.applied && fault.effect > 0), "{:?}", watched.faults);
    }
}

#[test]
fn g04_a_seed_repeats_its_run_and_another_makes_another() {
    let [once, again, other] = [1, 1, 2].map(|seed| numbered("s06").run(Seed(seed)).digest);
    assert_eq!(once, again);
    assert_ne!(once, other);
}

/// Three brokers that delete segments which the object store does not have yet; it is out of reach.
const TRIMS_UNSHIPPED: &str = r#"{"format": 1, "system": "stream-queue", "name": "trims-unshipped",
    "topology": {"groups": {"producer": {"count": 1}}},
    "workload": {"bug": "trims-unshipped"},
    "faults": [{"at_ms": 50, "fault": {"cut": {"from": ["s3/0"], "to": ["*"], "duration_ms": 900}}}]}"#;

#[test]
fn a03_d22_d23_a_violation_is_told_whole_with_a_line_to_rerun_it() {
    let registry = Registry::new().with(StreamQueueSystem);
    let file = registry.read(TRIMS_UNSHIPPED, "trims-unshipped", &Variables::default()).expect("it is a scenario file");
    let text = file.scenario().sweep(0..20).failure().expect("the bug is found").to_string();
    let reruns: Vec<_> = text.lines().filter(|line| line.trim_start().starts_with("rerun: ")).collect();
    assert!(matches!(reruns[..], [line] if line.contains("Seed(0x")), "{reruns:?}");
    insta::assert_snapshot!(text);
}
