//! A failing seed is run as few times as it takes: found, confirmed by two runs of which one is recorded, minimized. The smallest
//! case is found, and recorded once for summary, page, events and logs. The command line is counted in `crates/cli`.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use cluster_sim::check::{Change, Health};
use cluster_sim::explore::{ArtifactContext, Artifacts, BuildInfo, Minimized, Reproducer, ScenarioSource, Sweep};
use cluster_sim::prelude::*;
use cluster_sim::{Invariant, Verdict, VirtualInstant};
use cluster_sim_testkit::faults;

use crate::count;

/// The end of a run and the crashes in it, by which the tests tell the runs of the failing seed from those of its minimized case.
type Ran = (VirtualInstant, u64);

/// Writes a line to a file at the end of each run, in whichever process it is.
struct Counter {
    file: PathBuf,
    crashes: u64,
}

impl Invariant for Counter {
    fn observe(&mut self, change: &Change, _: &World<'_>) -> Verdict {
        self.crashes += u64::from(matches!(change, Change::Health(_, Health::Down, _)));
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        1
    }

    fn finish(&mut self, world: &World<'_>) -> Verdict {
        let line = format!("{} {}\n", world.now().as_nanoseconds(), self.crashes);
        let mut file = OpenOptions::new().create(true).append(true).open(&self.file).expect("the folder is there");
        file.write_all(line.as_bytes()).expect("there is room");
        Verdict::Holds
    }
}

/// The runs since the file was removed.
fn runs(file: &Path) -> Vec<Ran> {
    let text = fs::read_to_string(file).expect("something ran");
    let ran = text.lines().map(|line| {
        let (at, crashes) = line.split_once(' ').expect("two numbers");
        let at = Duration::from_nanos(at.parse().expect("a number"));
        (VirtualInstant::ZERO + at, crashes.parse().expect("a number"))
    });
    ran.collect()
}

/// How often a failing seed and its minimized case ran, and how many runs there were of other cases and seeds.
#[derive(Debug, PartialEq)]
struct Counts {
    seed: usize,
    minimized: usize,
    others: usize,
}

impl Counts {
    fn of(file: &Path, report: &Report, minimized: Option<&Minimized>) -> Self {
        let all = runs(file);
        let count = |of: Ran| all.iter().filter(|ran| **ran == of).count();
        let (seed, minimized) = (count((report.ended_at, 1)), minimized.map_or(0, |minimized| count((minimized.finding.at, 0))));
        Self { seed, minimized, others: all.len() - seed - minimized }
    }
}

/// A file for the lines of a test, which its worker processes find too.
fn counting(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("run-counts-{name}"))
}

/// Removes the lines of an earlier test run; not in a worker.
#[expect(clippy::disallowed_methods, reason = "a worker process must keep what the supervisor counted before it")]
fn clear(file: &Path) {
    if std::env::var_os("CLUSTER_SIM_CALL").is_none() && file.exists() {
        fs::remove_file(file).expect("it is a file of this test");
    }
}

/// Breaks its rule in one seed of four; the crash in its plan has nothing to do with it.
///
/// The runs of a failing seed and of its smallest case end at different instants: chance delays the start of its nodes only.
fn fated(file: &Path) -> Scenario {
    let file = file.to_owned();
    let node = async |node: Node| {
        node.sleep(Duration::from_millis(5)).await;
        let breaks = node.index() == 0 && node.roll("fate", 0).below(4) == 0;
        node.publish(|broken: &mut bool| *broken = breaks);
    };
    let crash = faults::crash("node/1", Duration::from_millis(1));
    Scenario::new("fated")
        .nodes("node", 2, node)
        .observe("runs", move || Counter { file: file.clone(), crashes: 0 })
        .always("nothing breaks", |world| world.views::<bool>().all(|(_, broken)| !broken))
        .faults(FaultPlan::new().at(Duration::from_millis(2), crash))
        .duration(Duration::from_millis(10))
}

fn context() -> ArtifactContext {
    ArtifactContext {
        name: "fated".to_owned(),
        source: ScenarioSource::Registered { name: "fated".to_owned(), file: None },
        build: BuildInfo::default(),
        replay: Box::new(|file| file.display().to_string()),
    }
}

/// The first failing seed, found without a trace in the file.
fn failing(scenario: &Scenario, file: &Path) -> Report {
    let report = (0..64).map(|seed| scenario.run(Seed(seed))).find(|report| report.outcome != Outcome::Held);
    clear(file);
    report.expect("one seed of four fails")
}

/// Keeps the files of a sweep with one failure; returns what they tell.
fn keep(sweep: &mut Sweep, scenario: &Scenario) -> Artifacts {
    let root = tempfile::tempdir().expect("there is room");
    sweep.keep_artifacts(scenario, &context(), root.path(), |_| {});
    let [failure] = sweep.failures() else { panic!("one seed fails: {sweep}") };
    let artifacts = failure.artifacts().expect("they were kept").clone();
    assert_eq!(artifacts.problems, [""; 0]);
    artifacts
}

#[test]
fn a_failing_run_is_repeated_once_to_show_its_messages() {
    let file = counting("run");
    let scenario = fated(&file);
    let report = failing(&scenario, &file);
    assert_eq!(scenario.run(report.seed()), report);
    assert_eq!(Counts::of(&file, &report, None), Counts { seed: 2, minimized: 0, others: 0 });
    clear(&file);
    // Two runs to compare; which of them to record is not known before they fail.
    let check = scenario.check_determinism(report.seed());
    assert!(check.agreed(), "{check}");
    assert_eq!(Counts::of(&file, &report, None), Counts { seed: 3, minimized: 0, others: 0 });
}

#[test]
fn a_sweep_runs_a_failing_seed_three_times_with_its_artifacts() {
    let file = counting("sweep");
    let scenario = fated(&file);
    let report = failing(&scenario, &file);
    let seed = report.seed().0;
    // Found, and confirmed by two runs. The recorded one of these gives the summary and the decisions.
    let mut sweep = scenario.campaign(seed..seed + 1).run();
    assert!(sweep.failures()[0].summary().is_some(), "{sweep}");
    assert_eq!(Counts::of(&file, &report, None), Counts { seed: 3, minimized: 0, others: 0 });
    // The smallest case is found and recorded; the other case is the seed's own without decisions.
    let artifacts = keep(&mut sweep, &scenario);
    let minimized = artifacts.minimized().expect("it fails again");
    assert_eq!(Counts::of(&file, &report, Some(minimized)), Counts { seed: 3, minimized: 2, others: 1 }, "{minimized}");
    assert_eq!(minimized.runs, 2, "{minimized}");
    assert_eq!(artifacts.files.len(), 6, "{artifacts:?}");
}

#[test]
fn a_worker_runs_a_failing_seed_three_times() {
    let file = counting("isolated");
    let scenario = fated(&file);
    clear(&file);
    let mut sweep = scenario.campaign(0..64).threads(count(1)).isolated().run();
    let report = sweep.failure().expect("one seed of four fails").clone();
    assert!(sweep.failures()[0].summary().is_some(), "{sweep}");
    let before = Counts::of(&file, &report, None);
    assert_eq!(before.seed, 3);
    // Once more in this process, where no run has shown yet that the seed fails here too.
    let minimized = keep(&mut sweep, &scenario).minimized().expect("it fails again").clone();
    let after = Counts::of(&file, &report, Some(&minimized));
    assert_eq!((after.seed, after.minimized, after.others), (4, 2, before.others + 1));
}

#[test]
fn only_the_first_seed_of_a_failure_is_recorded() {
    let file = counting("duplicates");
    let scenario = fated(&file);
    for isolate in [false, true] {
        let campaign = scenario.campaign(0..64).max_failures(count(2)).threads(count(1));
        let sweep = if isolate { campaign.isolated().run() } else { campaign.run() };
        assert!(sweep.failed() > 8 && sweep.failures().len() == 1, "{sweep}");
        assert!(sweep.failures()[0].summary().is_some(), "{sweep}");
    }
    clear(&file);
}

#[test]
fn a_replay_and_a_regression_are_one_run() {
    let file = counting("replay");
    let scenario = fated(&file);
    let report = failing(&scenario, &file);
    let minimized = scenario.shrink(&report).expect("it fails again");
    let source = ScenarioSource::Registered { name: "fated".to_owned(), file: None };
    let reproducer = Reproducer::of(source, &report, Some(minimized.clone()), BuildInfo::default()).expect("it fails");
    let once = Counts { seed: 0, minimized: 1, others: 0 };

    clear(&file);
    let replay = scenario.replay(&reproducer).expect("it fits");
    assert_eq!(replay.recording.as_ref().map(|recording| recording.report.digest), Some(minimized.digest), "for a page");
    assert_eq!(Counts::of(&file, &report, Some(&minimized)), once);

    clear(&file);
    let again = scenario.check_regression(&reproducer).expect("it fits");
    assert_eq!((again.outcome, &again.last_events), (Outcome::Violated, &replay.report.last_events));
    assert_eq!(Counts::of(&file, &report, Some(&minimized)), once);

    // A fixed case is run once too, although its report depends on the decisions that the run used.
    clear(&file);
    let original = Reproducer { minimized: None, ..reproducer };
    let other =
        Reproducer { seed: Seed((0..).find(|seed| scenario.run(Seed(*seed)).outcome == Outcome::Held).unwrap()), ..original };
    clear(&file);
    assert_eq!(scenario.check_regression(&other).expect("it fits").outcome, Outcome::Held);
    assert_eq!(runs(&file).len(), 1);
}

/// Breaks its rule if a message is lost, which chance decides; the crash in its plan has nothing to do with it.
fn lossy(file: &Path) -> Scenario {
    let file = file.to_owned();
    let node = async |node: Node| {
        let port = node.bind::<u64>("numbers");
        if node.index() == 0 {
            port.send(1, 7);
            return;
        }
        let arrived = node.timeout(Duration::from_secs(1), port.recv()).await.is_ok();
        node.publish(|lost: &mut bool| *lost = node.index() == 1 && !arrived);
    };
    let crash = faults::crash("node/2", Duration::from_millis(1));
    Scenario::new("lossy")
        .nodes("node", 3, node)
        .default_links(LinkModel { loss: Ratio::percent(50), ..LinkModel::default() })
        .observe("runs", move || Counter { file: file.clone(), crashes: 0 })
        .always("nothing is lost", |world| world.views::<bool>().all(|(_, lost)| !lost))
        .faults(FaultPlan::new().at(Duration::from_millis(2), crash))
        .duration(Duration::from_secs(2))
}

#[test]
fn a_search_counts_every_run_and_repeats_none() {
    let file = counting("search");
    let scenario = lossy(&file);
    let report = failing(&scenario, &file);
    let seed = report.seed().0;
    let mut sweep = scenario.campaign(seed..seed + 1).run();
    let artifacts = keep(&mut sweep, &scenario);
    let minimized = artifacts.minimized().expect("it fails again");
    assert_eq!((minimized.faults, minimized.decisions.1), ((1, 0), Some(1)), "{minimized}");
    // Found, confirmed twice, all runs of the search, and the smallest case once more.
    assert_eq!(runs(&file).len() as u64, 3 + minimized.runs + 1, "{minimized}");
    let again = scenario.shrink(&report).expect("it fails again");
    assert_eq!(&again, minimized, "a search that begins with a run of its own finds the same case in as many runs");
}
