//! The command `sweep`, and the processes that work for it.

mod default_seeds;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use cluster_sim::{
    ArtifactContext, BuildInfo, Campaign, CheckKind, CheckReport, Outcome, Report, ScenarioSource, Seed, Sweep, Verdict, explain,
};
use cluster_sim_scenarios::edge_cache::Defaults;
use cluster_sim_scenarios::{Prepared, Registry, ScenarioError, ScenarioErrorKind};
use signal_hook::consts::SIGINT;

use crate::arguments::{ScenarioArguments, SweepArguments};
use crate::progress::{ShrinkBar, SweepProgress};
use crate::report_file::ReportFile;
use crate::run::prepare;
use crate::thresholds::Judgement;
use crate::{print_stderr, print_stdout};

/// The exit code of a command that was interrupted.
const INTERRUPTED: i32 = 130;

/// Runs one scenario from many seeds, prints a summary, and answers with the exit code.
///
/// # Errors
/// If flags or scenario do not fit; nothing was run.
pub(crate) fn sweep(arguments: &SweepArguments, registry: &Registry, defaults: &Defaults) -> Result<u8, ScenarioError> {
    let prepared = read(&arguments.case, registry, defaults)?;
    let name = arguments.case.scenario.to_string_lossy();
    // Before the first word: whoever reads it may interrupt.
    let stop = until_interrupted().map_err(|error| unready("interrupt", &error))?;
    let seeds = arguments.seeds.clone().unwrap_or_else(|| {
        let (seeds, why) = default_seeds::fresh(Path::new("."));
        print_stderr(&format!("sweeping {name} from seeds {seeds}: {why}\n"));
        seeds
    });
    // Before the runs, which take long: a place that cannot be written to is bad input.
    let junit = arguments.junit.as_ref().map(|file| ReportFile::prepare("--junit", file, None)).transpose()?;
    let mut campaign = campaign(&prepared, seeds.seeds(), &arguments.case)
        .max_failures(arguments.max_failures)
        .cancel_on(stop)
        .rerun_hint(|report| again(&name, report));
    if let Some(threads) = arguments.threads {
        campaign = campaign.threads(threads);
    }
    if arguments.isolate {
        let executable = std::env::current_exe().map_err(|error| unready("--isolate", &error))?;
        let coverage = arguments.case.coverage || arguments.require_coverage;
        let case = ScenarioArguments { coverage, ..arguments.case.clone() };
        campaign = campaign.isolated_by(move || worker(&executable, &case));
    }
    if arguments.require_coverage {
        campaign = campaign.require_coverage();
    }
    let mut progress = SweepProgress::new();
    let mut sweep = campaign.progress(|now| progress.show(now)).run();
    drop(progress);
    let shrinking = ShrinkBar::new();
    let told = shrinking.clone();
    sweep.keep_artifacts(prepared.scenario(), &origin(&arguments.case.scenario), &arguments.out, move |now| told.show(now));
    drop(shrinking);
    if let Some(junit) = junit {
        junit.write(&verdicts(&name, &sweep, &prepared, arguments.require_coverage))?;
    }
    print_stdout(format!("{sweep}").trim_end());
    print_stdout("\n");
    Ok(sweep.exit_code())
}

/// Does the part of a process that was started by a sweep.
///
/// # Errors
/// As of the sweep itself.
pub(crate) fn work(case: &ScenarioArguments, registry: &Registry, defaults: &Defaults) -> Result<u8, ScenarioError> {
    let prepared = read(case, registry, defaults)?;
    campaign(&prepared, 0..0, case).work()
}

fn read(case: &ScenarioArguments, registry: &Registry, defaults: &Defaults) -> Result<Arc<Prepared>, ScenarioError> {
    let prepared = prepare(&case.scenario, registry, defaults)?;
    case.fail_on.iter().try_for_each(|threshold| threshold.check(&prepared))?;
    Ok(Arc::new(prepared))
}

/// A campaign over a scenario, in which every threshold is a rule.
fn campaign(prepared: &Arc<Prepared>, seeds: std::ops::Range<u64>, case: &ScenarioArguments) -> Campaign<'static> {
    let campaign = prepared.scenario().campaign(seeds);
    let campaign = if case.coverage { campaign.with_coverage() } else { campaign };
    case.fail_on.iter().cloned().fold(campaign, |campaign, threshold| {
        let prepared = Arc::clone(prepared);
        let name = format!("--fail-on {threshold}");
        campaign.check_report(&name, move |report| match threshold.judge(&prepared.artifact(report.clone())) {
            Judgement::Within => Verdict::Holds,
            Judgement::Exceeded(line) => Verdict::violated([], line),
            Judgement::Unmeasured(line) => Verdict::Unknown(line),
        })
    })
}

/// What starts a process that works on the same.
fn worker(executable: &Path, case: &ScenarioArguments) -> Command {
    let mut command = Command::new(executable);
    command.arg("worker").arg("--scenario").arg(&case.scenario);
    for threshold in &case.fail_on {
        command.arg("--fail-on").arg(threshold.to_string());
    }
    if case.coverage {
        command.arg("--coverage");
    }
    command
}

/// Where what is kept of failures says that it comes from.
fn origin(scenario: &Path) -> ArtifactContext {
    let name = scenario.to_string_lossy().into_owned();
    // A name that is no file is that of a ready scenario; a file was read before, and is kept whole.
    let file = std::fs::read_to_string(scenario).ok().and_then(|text| serde_json::from_str(&text).ok());
    let replay = |file: &Path| format!("cluster-sim replay {}", file.display());
    let folder = scenario.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    ArtifactContext {
        name: folder,
        driver: ScenarioSource::Registered { name, file },
        code: BuildInfo::here(),
        replay: Box::new(replay),
    }
}

/// The rule that a sweep breaks in which something is missing that is required.
const COVERS: &str = "the sweep goes through what it is meant to";

/// The verdicts on all failures; where there are none those on the first seed, which held, and on what the sweep went through.
fn verdicts(name: &str, sweep: &Sweep, prepared: &Prepared, needs_coverage: bool) -> String {
    let mut reports: Vec<Report> = sweep.failures().iter().map(|failure| failure.report().clone()).collect();
    if reports.is_empty() && sweep.passed() > 0 {
        reports.push(prepared.scenario().run(Seed(sweep.seeds().start)));
    }
    if let (true, Some(coverage), Some(first)) = (needs_coverage, sweep.coverage(), reports.first_mut()) {
        let missing = coverage.missing();
        let unknown = (!missing.is_empty()).then(|| missing.join("; "));
        if unknown.is_some() && first.outcome == Outcome::Held {
            first.outcome = Outcome::Unknown;
        }
        let times_checked = coverage.runs;
        first.checks.push(CheckReport { name: COVERS.to_owned(), kind: CheckKind::Eventually, times_checked, unknown });
    }
    let replay = |report: &Report| {
        let failure = sweep.failures().iter().find(|failure| failure.report().seed() == report.seed())?;
        failure.artifacts()?.replay.clone().or_else(|| Some(again(name, report)))
    };
    explain::junit(name, &reports, replay)
}

/// How to see a failing seed again; where two runs of it differ, only a sweep of it shows that.
fn again(name: &str, report: &Report) -> String {
    let seed = report.seed();
    match &report.divergence {
        Some(_) => format!("cluster-sim run --scenario {name} --seed {seed} --out report.json --twice"),
        None => format!("cluster-sim run --scenario {name} --seed {seed} --out report.json"),
    }
}

/// Becomes true at the first interrupt; the second one ends the process at once.
fn until_interrupted() -> std::io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register_conditional_shutdown(SIGINT, INTERRUPTED, Arc::clone(&stop))?;
    signal_hook::flag::register(SIGINT, Arc::clone(&stop))?;
    Ok(stop)
}

fn unready(what: &str, error: &std::io::Error) -> ScenarioError {
    let cure = format!("run it where the system allows for it ({error})");
    ScenarioError::new(ScenarioErrorKind::Misfit, "command line", what, "this process", &cure)
}
