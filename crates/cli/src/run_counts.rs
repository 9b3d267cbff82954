//! How often the commands run a failing seed and its minimized case; `tests/campaign/run_counts.rs` counts the library.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cluster_sim::{Node, Scenario, Seed};
use cluster_sim_registry::{BuiltinScenario, Prepared, Registry, Variables};
use serde_json::json;
use tempfile::TempDir;

use crate::arguments::{Bounds, MaxSteps, ProgressMode, ReplayArguments, RunArguments, ScenarioArguments, SweepArguments};
use crate::fault_profile::FaultProfileFile;
use crate::{replay, run, sweep};

/// A registry with the scenario `failing`, which breaks its rule in every run, and the number of its runs so far.
fn counted() -> (Registry, Arc<AtomicUsize>) {
    counted_that(true)
}

/// As [`counted`]; the scenario only `breaks` its rule if asked to.
fn counted_that(breaks: bool) -> (Registry, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&runs);
    let node = move |node: Node| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
            node.sleep(Duration::from_millis(5)).await;
            node.publish(|broken: &mut bool| *broken = breaks);
        }
    };
    let scenario = Scenario::new("failing")
        .nodes("node", 1, node)
        .always("nothing breaks", |world| world.views::<bool>().all(|(_, broken)| !broken))
        .duration(Duration::from_millis(10));
    let prepare = move |_: &Variables| Ok(Prepared::new(scenario.clone(), Seed(7), json!({})));
    (Registry::new().with_scenario(BuiltinScenario::new("failing", "fails", prepare)), runs)
}

#[test]
fn a_failing_scenario_is_run_and_recorded() {
    let (registry, runs) = counted();
    let arguments = RunArguments {
        fault_profile: FaultProfileFile::default(),
        scenario: "failing".into(),
        out: None,
        seed: None,
        check_determinism: false,
        profile: false,
        limits: Vec::new(),
        bounds: Bounds { progress: ProgressMode::Never, ..Bounds::default() },
        twice: false,
    };
    assert_eq!(run::run(&arguments, &registry, &Variables::default()).unwrap(), 1);
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

/// A sweep over one seed that writes all its files into the folder.
fn sweep_arguments(folder: &TempDir) -> SweepArguments {
    SweepArguments {
        target: ScenarioArguments {
            fault_profile: FaultProfileFile::default(),
            scenario: "failing".into(),
            limits: Vec::new(),
            coverage: false,
            profile: false,
            steps: MaxSteps::default(),
        },
        seeds: Some("7..8".parse().unwrap()),
        max_failures: NonZeroUsize::MIN,
        threads: None,
        isolate: false,
        require_coverage: false,
        out: folder.path().to_owned(),
        junit: Some(folder.path().join("junit.xml")),
        max_time: None,
        progress: ProgressMode::Never,
        failures: None,
    }
}

#[test]
fn junit_of_a_passing_sweep_costs_no_further_run() {
    let (registry, runs) = counted_that(false);
    let folder = TempDir::new().unwrap();
    let arguments = SweepArguments { seeds: Some("7..10".parse().unwrap()), ..sweep_arguments(&folder) };
    assert_eq!(sweep::sweep(&arguments, &registry, &Variables::default()).unwrap(), 0);
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    let xml = std::fs::read_to_string(folder.path().join("junit.xml")).unwrap();
    assert!(xml.contains("<testcase name=\"nothing breaks\"") && xml.contains("value=\"0x7\""), "{xml}");
}

#[test]
fn a_page_of_a_replay_costs_no_further_run() {
    let (registry, runs) = counted();
    let folder = TempDir::new().unwrap();
    let arguments = sweep_arguments(&folder);
    assert_eq!(sweep::sweep(&arguments, &registry, &Variables::default()).unwrap(), 1);
    // Found, confirmed twice, the one candidate without decisions, and its recording for summary, page, events and logs.
    assert_eq!(runs.swap(0, Ordering::SeqCst), 5);

    let place = folder.path().join("failing").join(Seed(7).to_string());
    let page = folder.path().join("page.html");
    let arguments = ReplayArguments {
        file: place.join("reproducer.json"),
        original: false,
        html: Some(page.clone()),
        progress: ProgressMode::Never,
        whole: false,
    };
    replay::replay(&arguments, &registry, &Variables::default()).unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert!(std::fs::read_to_string(&page).unwrap().contains("nothing breaks"));
}
