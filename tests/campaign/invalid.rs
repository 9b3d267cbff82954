//! A plan or a case read as data may name what is not there: every way to run it can refuse it without a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cluster_sim::explore::{BuildInfo, Case, Reproducer, RunProgress, ShrinkBounds};
use cluster_sim::fault::PlanError;
use cluster_sim::prelude::*;
use cluster_sim::scenario::{ScenarioError, SeedSchedule};

use crate::artifacts::{folder, origin};

const SEED: Seed = Seed(7);

fn stores() -> Scenario {
    Scenario::new("stores").nodes("store", 2, async |_| {}).duration(Duration::from_millis(10))
}

/// A plan as a file would hold it.
fn plan(node: &str) -> FaultPlan {
    serde_json::from_value(serde_json::json!([{"at_ns": 5, "fault": {"kill": {"node": node}}}])).expect("it is a plan")
}

fn broken() -> Scenario {
    stores().faults(plan("store/7"))
}

fn expected() -> ScenarioError {
    let known = vec!["store/0".to_owned(), "store/1".to_owned()];
    ScenarioError::Plan(PlanError::UnknownNode { index: 0, kind: "kill", node: "store/7".to_owned(), known })
}

#[test]
fn every_way_to_run_a_scenario_can_refuse_it() {
    let (scenario, bounds, root) = (broken(), ShrinkBounds::default(), folder());
    // A report of the same plan in a scenario that has the node.
    let other = Scenario::new("stores").nodes("store", 8, async |_| {}).faults(plan("store/7"));
    let report = other.duration(Duration::from_millis(10)).run(SEED);
    let refused = [
        scenario.validate().err(),
        scenario.try_start(SeedSchedule::new(SEED)).err(),
        scenario.try_run(SEED).err(),
        scenario.try_run_with_decisions(SEED).err(),
        scenario.try_record(SEED, 100).err(),
        scenario.try_run_with_progress(SEED, &Default::default()).err(),
        scenario.try_profile(SEED, &Default::default()).err(),
        scenario.try_sweep(0..4).err(),
        scenario.campaign(0..4).try_run().err(),
        scenario.campaign(0..4).isolated().try_run().err(),
        scenario.try_check_determinism(SEED).err(),
        scenario.try_check_determinism_in_process(SEED, &Default::default()).err(),
        stores().try_shrink(&report).err(),
        stores().try_shrink_within(Case { faults: plan("store/7"), ..Case::default() }, &report, bounds, |_| {}).err(),
        stores().try_keep_artifacts(&report, &origin("stores"), root.path(), bounds, |_| {}).err(),
    ];
    for (index, error) in refused.into_iter().enumerate() {
        assert_eq!(error, Some(expected()), "way {index}");
    }
    assert_eq!(root.path().read_dir().expect("it is a folder").count(), 0, "nothing was written");
}

#[test]
fn a_panic_says_what_the_error_says() {
    let scenario = broken();
    let text = format!("could not run scenario \"stores\": {}", expected());
    let ways: [(&str, &dyn Fn()); 4] = [
        ("run", &|| drop(scenario.run(SEED))),
        ("record", &|| drop(scenario.record(SEED))),
        ("sweep", &|| drop(scenario.sweep(0..4))),
        ("check_determinism", &|| drop(scenario.check_determinism(SEED))),
    ];
    for (name, way) in ways {
        let panic = catch_unwind(AssertUnwindSafe(way)).expect_err("it panics");
        assert_eq!(panic.downcast_ref::<String>(), Some(&text), "{name}");
    }
}

#[test]
fn a_valid_scenario_is_run_as_by_the_other_names() {
    let scenario = stores().faults(plan("store/1"));
    let run = scenario.try_run(SEED).expect("it can be run");
    assert_eq!(run, scenario.run(SEED));
    assert_eq!(scenario.try_run_with_progress(SEED, &Default::default()).expect("it can be run"), run);
    assert_eq!(scenario.try_profile(SEED, &Default::default()).expect("it can be run").0, run);
    assert!(scenario.try_sweep(0..4).expect("it can be run").is_ok());
    assert!(scenario.campaign(0..4).try_run().expect("it can be run").is_ok());
    assert!(scenario.try_check_determinism(SEED).expect("it can be run").agreed());
    assert_eq!(scenario.try_record(SEED, 100).expect("it can be run").report, run);
}

#[test]
fn progress_is_read_beside_the_run() {
    let progress = RunProgress::default();
    let scenario = Scenario::new("ticking")
        .nodes("ticker", 1, async |node: Node| {
            loop {
                node.sleep(Duration::from_millis(10)).await;
            }
        })
        .duration(Duration::from_secs(1));
    let report = scenario.try_run_with_progress(SEED, &progress).expect("it can be run");
    assert_eq!(progress.steps(), report.steps);
    assert!(progress.at() > VirtualInstant::ZERO + Duration::from_millis(900) && progress.at() <= report.ended_at);
    let measured = RunProgress::default();
    scenario.try_profile(SEED, &measured).expect("it can be run").0.assert_ok();
    assert_eq!((measured.steps(), measured.at()), (progress.steps(), progress.at()));
    let compared = RunProgress::default();
    scenario.try_check_determinism_in_process(SEED, &compared).expect("it can be run").assert_ok();
    assert_eq!((compared.steps(), compared.at()), (progress.steps(), progress.at()));
}

#[test]
fn progress_is_read_beside_a_replay() {
    let failing = stores()
        .faults(plan("store/1"))
        .always("no store is killed", |world| world.nodes().all(|node| world.health(node) != cluster_sim::check::Health::Killed));
    let report = failing.run(SEED);
    let (source, minimized) = (origin("stores").source, failing.try_shrink(&report).expect("it can be run"));
    let reproducer = Reproducer::of(source, &report, minimized, BuildInfo::default()).expect("it broke a rule");
    let progress = RunProgress::default();
    let replay = failing.replay_with_progress(&reproducer, &progress).expect("it fits");
    assert!(replay.is_same(), "{replay}");
    assert_eq!(progress.steps(), replay.report.steps);
    let original = failing.replay_with_progress(&reproducer.original(), &RunProgress::default()).expect("it fits");
    assert_eq!((original.is_same(), original.report.digest), (true, report.digest));
    assert_eq!(failing.replay_original(&reproducer).expect("it fits").report, original.report);
}
