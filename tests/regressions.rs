//! Replays every committed reproducer in `tests/regressions`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cluster_sim::explore::{Reproducer, ScenarioSource};
use cluster_sim::prelude::*;
use cluster_sim_scenarios::Variables;
use cluster_sim_testkit::regressions::REGRESSIONS;

/// Every reproducer by the name of its file, without the extension.
fn files() -> BTreeMap<String, Reproducer> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    let paths = fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("it can be listed").path());
    let read = |path: &Path| Reproducer::parse(&fs::read_to_string(path).expect("it can be read"));
    let name = |path: &Path| path.file_stem().expect("it has a name").to_string_lossy().into_owned();
    paths.map(|path| (name(&path), read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))).collect()
}

/// The scenario that a reproducer names.
fn scenario_of(name: &str, reproducer: &Reproducer) -> Scenario {
    let (registry, variables) = (cluster_sim_scenarios::builtin(), Variables::default());
    let prepared = match &reproducer.source {
        ScenarioSource::Registered { file: Some(document), .. } => registry.read(&document.to_string(), name, &variables),
        ScenarioSource::Registered { name: scenario, file: None } => registry
            .named(scenario)
            .unwrap_or_else(|| panic!("{name}: no ready scenario is called {scenario:?}"))
            .prepare(&variables),
        ScenarioSource::Test { package, name: test } => {
            panic!("{name} is about the test {test} of {package}: keep it beside that test")
        }
    };
    prepared.unwrap_or_else(|error| panic!("{name}: {error}")).scenario().clone()
}

#[test]
fn every_committed_reproducer_holds_and_still_has_an_effect() {
    for (name, reproducer) in files() {
        let report =
            scenario_of(&name, &reproducer).check_regression(&reproducer).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(report.outcome, Outcome::Held, "{name}: {report}");
    }
}

#[test]
fn the_reproducer_of_a_planted_bug_finds_it_again() {
    let files = files();
    for regression in REGRESSIONS {
        let reproducer = files.get(regression.name).unwrap_or_else(|| panic!("{} is not there", regression.name));
        let scenario = regression.bug().hunt(regression.style).scenario();
        let report = scenario.replay(reproducer).unwrap_or_else(|error| panic!("{}: {error}", regression.name)).report;
        let (.., finding, _) = reproducer.smallest();
        assert_eq!(report.finding().map(|found| found.rule).as_ref(), Some(&finding.rule), "{}: {report}", regression.name);
    }
}
