//! The files that a campaign keeps of failing seeds.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cluster_sim::explore::{ArtifactContext, Artifacts, BuildInfo, Reproducer, ScenarioSource, ShrinkBounds, Sweep};
use cluster_sim::prelude::*;
use cluster_sim_testkit::ledger::{Flaw, ledger};
use tempfile::TempDir;

use crate::{count, seldom};

const NODES: [&str; 3] = ["logs/copy-0.log", "logs/copy-1.log", "logs/source-0.log"];

pub(crate) fn origin(name: &str) -> ArtifactContext {
    ArtifactContext {
        name: name.to_owned(),
        source: ScenarioSource::Registered { name: "ledger".to_owned(), file: None },
        build: BuildInfo { revision: Some("abc".to_owned()), lockfile: None },
        replay: Box::new(|file| format!("show {}", file.display())),
    }
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().expect("there is room")
}

/// Every file below a folder, by its relative path.
fn files_below(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("it is a folder") {
            let path = entry.expect("it can be read").path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path.strip_prefix(root).expect("it is below").to_string_lossy().into_owned()),
            }
        }
    }
    files.sort();
    files
}

fn sorted(files: &[PathBuf]) -> Vec<String> {
    let mut files: Vec<String> = files.iter().map(|file| file.to_string_lossy().into_owned()).collect();
    files.sort();
    files
}

/// Sweeps over a flaw that is found soon and keeps its artifacts below `root`.
fn sweep_and_keep(scenario: &Scenario, root: &Path) -> (Sweep, Artifacts) {
    let mut sweep = scenario.sweep(0..500);
    assert!(!sweep.is_ok());
    sweep.keep_artifacts(scenario, &origin("the-ledger"), root, |_| {});
    let artifacts = sweep.failures()[0].artifacts().expect("it is kept").clone();
    (sweep, artifacts)
}

#[test]
fn a_failing_sweep_keeps_every_artifact() {
    let (root, scenario) = (folder(), ledger(Some(Flaw::NoRetry)));
    let (sweep, artifacts) = sweep_and_keep(&scenario, root.path());
    let report = sweep.failure().expect("it fails");
    let place = root.path().join("the-ledger").join(report.seed().to_string());
    assert_eq!((&artifacts.folder, &artifacts.problems[..]), (&place, &[][..]));
    let mut expected = vec!["events.jsonl".to_owned()];
    expected.extend(NODES.map(str::to_owned));
    expected.extend(["report.html", "report.json", "reproducer.json"].map(str::to_owned));
    assert_eq!((files_below(&place), sorted(&artifacts.files)), (expected.clone(), expected), "and no half of a file");

    let text = |name: &str| fs::read_to_string(place.join(name)).expect("it is text");
    let read = Reproducer::parse(&text("reproducer.json")).expect("it is a reproducer");
    assert_eq!(Some(&read), artifacts.reproducer.as_ref());
    assert_eq!((&read.source, read.build.revision.as_deref()), (&origin("").source, Some("abc")));
    assert_eq!((read.seed, read.digest, Some(&read.finding)), (report.seed(), report.digest, report.finding().as_ref()));
    assert!(read.minimized.as_ref().is_some_and(|minimized| minimized.is_minimal), "{read}");
    assert!(scenario.replay(&read).expect("it fits").is_same() && scenario.replay_original(&read).expect("it fits").is_same());
    assert_eq!(serde_json::from_str::<Report>(&text("report.json")).expect("it is a report"), *report);

    let line = format!("show {}", place.join("reproducer.json").display());
    assert_eq!((artifacts.replay.as_ref(), artifacts.reproducer_file()), (Some(&line), Some(place.join("reproducer.json"))));
    let page = text("report.html");
    assert!(page.contains(&report.violations[0].rule) && page.contains(&line), "what broke, and how to see it");
    // Page, events and logs show the minimized case.
    let (case, ..) = read.smallest();
    let steps = case.apply_to(&scenario).record(read.seed).events.len();
    let events = text("events.jsonl");
    assert!(events.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok_and(|event| event.is_object())));
    assert!(steps > 0 && events.lines().count() >= steps, "{steps} of {}", events.lines().count());
    assert!(text("logs/source-0.log").lines().count() > 10, "{}", text("logs/source-0.log"));

    let said = sweep.to_string();
    for line in [
        "      minimized: faults ",
        "        fails at ",
        &format!("      replay: {line}\n"),
        &format!("      files: {}\n", place.display()),
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert_eq!(said.matches("      last events\n").count(), 1, "the last events are those of the minimized case: {said}");
    assert_eq!(sweep.exit_code(), 1);
}

#[test]
fn keeping_artifacts_again_replaces_every_file() {
    let (root, scenario) = (folder(), ledger(Some(Flaw::StaysDown)));
    let (_, first) = sweep_and_keep(&scenario, root.path());
    let before = |name: &PathBuf| fs::read(first.folder.join(name)).expect("it is there");
    let content: Vec<Vec<u8>> = first.files.iter().map(before).collect();
    fs::write(first.folder.join("report.json"), "older and longer than anything".repeat(100_000)).expect("there is room");
    let (_, again) = sweep_and_keep(&scenario, root.path());
    assert_eq!(again, first);
    assert_eq!(first.files.iter().map(before).collect::<Vec<_>>(), content);
}

#[test]
fn an_unwritable_root_is_reported_and_keeps_the_verdict() {
    let root = folder();
    let file = root.path().join("file");
    fs::write(&file, "mine").expect("there is room");
    let scenario = ledger(Some(Flaw::NoRetry));
    let plain = scenario.sweep(0..500);
    let (sweep, artifacts) = sweep_and_keep(&scenario, &file);
    assert_eq!((sweep.exit_code(), sweep.failed(), sweep.passed()), (plain.exit_code(), 1, plain.passed()));
    assert_eq!((&artifacts.files[..], &artifacts.replay, artifacts.reproducer_file()), (&[][..], &None, None));
    assert_eq!(artifacts.problems.len(), 7, "one for each file: {:?}", artifacts.problems);
    let place = file.join("the-ledger");
    for problem in &artifacts.problems {
        assert!(problem.starts_with(&place.display().to_string()) && problem.contains(" was not written: "), "{problem}");
    }
    let said = sweep.to_string();
    let (head, _) =
        plain.to_string().split_once("        0.").map(|(head, tail)| (head.to_owned(), tail.to_owned())).expect("faults");
    assert!(said.starts_with(&head) && said.contains(&artifacts.problems[0]), "{said}");
    assert!(!said.contains("      replay: ") && !said.contains("      files: "), "{said}");
    assert_eq!(
        (fs::read_to_string(&file).expect("it is there").as_str(), files_below(root.path())),
        ("mine", vec!["file".to_owned()])
    );
}

#[test]
fn one_unwritable_file_does_not_prevent_the_others() {
    let (root, scenario) = (folder(), ledger(Some(Flaw::NoRetry)));
    let seed = scenario.sweep(0..500).failure().expect("it fails").seed();
    let place = root.path().join("the-ledger").join(seed.to_string());
    // A folder that is not empty in place of the reproducer.
    fs::create_dir_all(place.join("reproducer.json").join("in the way")).expect("there is room");
    let (_, artifacts) = sweep_and_keep(&scenario, root.path());
    assert_eq!((artifacts.problems.len(), artifacts.files.len()), (1, 6), "{:?}", artifacts.problems);
    assert!(artifacts.problems[0].starts_with(&place.join("reproducer.json").display().to_string()), "{:?}", artifacts.problems);
    assert_eq!((&artifacts.replay, artifacts.reproducer_file()), (&None, None), "there is nothing to replay");
    assert!(files_below(&place).iter().all(|file| !file.ends_with(".part")), "{:?}", files_below(&place));
}

#[test]
fn any_name_of_a_test_stays_below_the_root() {
    let scenario = ledger(Some(Flaw::NoRetry));
    let report = scenario.sweep(0..500).failure().expect("it fails").clone();
    let none = ShrinkBounds { runs: 0, ..ShrinkBounds::default() };
    let names = [("../out", "-out-"), ("a/b c", "a-b-c-"), ("..", "unnamed-"), ("", "unnamed-"), ("v1.2_ä", "v1.2_ä")];
    for (name, begins) in names {
        let root = folder();
        let artifacts = scenario.keep_artifacts(&report, &origin(name), root.path(), none, |_| {});
        let folder = artifacts.folder.parent().expect("it is that of a seed");
        let folder_name = folder.file_name().expect("it has a name").to_string_lossy();
        assert_eq!((folder.parent(), folder_name.starts_with(begins)), (Some(root.path()), true), "{}", folder.display());
        assert_eq!((artifacts.problems.len(), artifacts.files.len()), (0, 7), "{name:?}");
    }
}

#[test]
fn every_node_has_a_log_of_its_own() {
    async fn breaks(node: Node) {
        node.publish(|number: &mut u64| *number = 9);
        node.sleep(Duration::from_secs(1)).await;
    }
    let groups = ["a/b", "a-b", "A-b"];
    let scenario = groups.iter().fold(Scenario::new("logs"), |scenario, group| scenario.nodes(group, 1, breaks));
    let scenario = scenario.always("no nine", |world| world.views::<u64>().all(|(_, number)| *number != 9));
    let (root, report) = (folder(), scenario.run(Seed(1)));
    let artifacts = scenario.keep_artifacts(&report, &origin("logs"), root.path(), ShrinkBounds::NONE, |_| {});
    let logs = fs::read_dir(artifacts.folder.join("logs")).expect("it is there");
    let logs: Vec<String> = logs.map(|log| log.expect("it can be read").file_name().to_string_lossy().to_lowercase()).collect();
    assert_eq!(logs.len(), 3, "also where letter case does not count: {logs:?}");
    assert!(logs.contains(&"a-b-0.log".to_owned()) && artifacts.problems.is_empty(), "{logs:?}");
    assert_eq!(artifacts.files.iter().filter(|file| file.starts_with("logs")).count(), 3);
}

#[test]
fn an_aborting_seed_keeps_a_report_and_a_reproducer() {
    let scenario = seldom(8, || std::process::abort());
    let mut sweep = scenario.campaign(0..64).isolated().run();
    let root = folder();
    sweep.keep_artifacts(&scenario, &origin("seldom"), root.path(), |_| {});
    let artifacts = sweep.failures()[0].artifacts().expect("it is kept");
    assert_eq!(files_below(&artifacts.folder), ["report.json", "reproducer.json"], "{sweep}");
    assert!(artifacts.problems.is_empty() && artifacts.replay.is_some());
    let reproducer = artifacts.reproducer.as_ref().expect("it is one");
    assert_eq!((reproducer.finding.rule.as_str(), &reproducer.minimized), ("the process survives", &None));
}

#[test]
fn a_hanging_seed_keeps_a_report_and_a_reproducer() {
    let scenario = seldom(8, || {
        loop {
            std::hint::spin_loop();
        }
    });
    let scenario = scenario.step_timeout(Duration::from_millis(200));
    let root = folder();
    let mut sweep = scenario.sweep(0..64);
    sweep.keep_artifacts(&scenario, &origin("seldom"), root.path(), |_| {});
    let artifacts = sweep.failures()[0].artifacts().expect("it is kept");
    assert_eq!(files_below(&artifacts.folder), ["report.json", "reproducer.json"], "{sweep}");
    let reproducer = artifacts.reproducer.as_ref().expect("it is one");
    assert_eq!((reproducer.finding.rule.as_str(), &reproducer.minimized), ("every step returns", &None));
}

#[test]
fn an_interrupted_sweep_minimizes_nothing() {
    let scenario = ledger(Some(Flaw::NoRetry));
    let stop = Arc::new(AtomicBool::new(false));
    let watch = |progress: cluster_sim::explore::Progress| stop.store(progress.failures > 0, Ordering::SeqCst);
    let campaign = scenario.campaign(0..u64::from(u32::MAX)).max_failures(count(9)).threads(count(1));
    let mut sweep = campaign.cancel_on(Arc::clone(&stop)).progress(watch).run();
    assert!(sweep.is_interrupted() && sweep.failed() > 0, "{sweep}");
    let root = folder();
    sweep.keep_artifacts(&scenario, &origin("ledger"), root.path(), |_| {});
    let report = sweep.failure().expect("it fails");
    let artifacts = sweep.failures()[0].artifacts().expect("it is kept");
    let minimized = artifacts.reproducer.as_ref().and_then(|reproducer| reproducer.minimized.as_ref()).expect("it is recorded");
    assert_eq!((minimized.runs, minimized.is_minimal, minimized.case.clone()), (0, false, cluster_sim::explore::Case::of(report)));
    assert_eq!((artifacts.files.len(), sweep.exit_code()), (7, 130));
}

#[test]
fn a_failure_of_a_report_check_keeps_no_reproducer() {
    let scenario = ledger(None);
    let mut sweep = scenario.campaign(0..4).check_report("no seed of that kind", |report: &Report| report.seed() != Seed(2)).run();
    let root = folder();
    sweep.keep_artifacts(&scenario, &origin("ledger"), root.path(), |_| {});
    let artifacts = sweep.failures()[0].artifacts().expect("it is kept");
    let mut expected = vec!["events.jsonl".to_owned()];
    expected.extend(NODES.map(str::to_owned));
    expected.extend(["report.html", "report.json"].map(str::to_owned));
    assert_eq!(files_below(&artifacts.folder), expected);
    assert_eq!((&artifacts.reproducer, &artifacts.replay), (&None, &None));
    assert_eq!(artifacts.summary, None, "the recorded run holds");
    assert!(!sweep.to_string().contains("      replay: "), "{sweep}");
}

#[test]
fn a_manual_run_keeps_its_report_alone() {
    let scenario = ledger(Some(Flaw::NoRetry));
    let mut sim = scenario.start(scenario.sweep(0..500).failure().expect("it fails").seed());
    sim.run_for(Duration::from_millis(200));
    let report = sim.finish();
    assert!(report.by_hand && report.finding().is_some(), "{report}");
    let root = folder();
    let artifacts = scenario.keep_artifacts(&report, &origin("ledger"), root.path(), ShrinkBounds::default(), |_| {});
    assert_eq!((files_below(&artifacts.folder), &artifacts.reproducer), (vec!["report.json".to_owned()], &None));
}
