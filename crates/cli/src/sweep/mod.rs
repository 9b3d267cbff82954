//! The command `sweep`, and its worker processes.

mod default_seeds;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use cluster_sim::explore::{ArtifactContext, BuildInfo, Campaign, ScenarioSource, Sweep};
use cluster_sim::report::{CheckKind, CheckReport, CheckWork};
use cluster_sim::{Explore, Outcome, Report, Seed, Verdict, explain};
use cluster_sim_registry::{Judgement, Prepared, Registry, ScenarioError, ScenarioErrorKind, Variables};
use signal_hook::consts::SIGINT;

use crate::arguments::{ScenarioArguments, SweepArguments};
use crate::progress::{ShrinkBar, SweepProgress};
use crate::report_file::ReportFile;
use crate::run::prepare;
use crate::{print_stderr, print_stdout};

/// The exit code of a command that was interrupted.
const INTERRUPTED: i32 = 130;

/// Runs one scenario from many seeds, prints a summary, and returns the exit code.
///
/// # Errors
/// If flags or scenario do not fit; nothing was run.
pub(crate) fn sweep(arguments: &SweepArguments, registry: &Registry, variables: &Variables) -> Result<u8, ScenarioError> {
    let scenario = arguments.target.scenario.name()?;
    let prepared = read(&arguments.target, registry, variables)?;
    let name = scenario.to_string_lossy();
    // Before the first line of output: its reader may send an interrupt.
    let interrupted = interrupt_flag().map_err(|error| unavailable("interrupt", &error))?;
    let seeds = arguments.seeds.clone().unwrap_or_else(|| {
        let (seeds, why) = default_seeds::fresh(Path::new("."));
        print_stderr(&format!("sweeping {name} from seeds {seeds}: {why}\n"));
        seeds
    });
    // Before the runs, which take long: a file that cannot be written is bad input.
    let junit = arguments.junit.as_ref().map(|file| ReportFile::prepare("--junit", file, None)).transpose()?;
    let mut campaign = campaign(&prepared, seeds.seeds(), &arguments.target)
        .max_failures(arguments.max_failures)
        .cancel_on(interrupted)
        .rerun_hint(|report| rerun_command(&name, report));
    if let Some(threads) = arguments.threads {
        campaign = campaign.threads(threads);
    }
    if arguments.isolate {
        let executable = std::env::current_exe().map_err(|error| unavailable("--isolate", &error))?;
        let coverage = arguments.target.coverage || arguments.require_coverage;
        let (scenario, target) = (scenario.to_owned(), ScenarioArguments { coverage, ..arguments.target.clone() });
        campaign = campaign.isolated_by(move || worker(&executable, &scenario, &target));
    }
    if arguments.require_coverage {
        campaign = campaign.require_coverage();
    }
    let mut progress = SweepProgress::new();
    let mut sweep = campaign.progress(|now| progress.show(now)).run();
    drop(progress);
    let shrink_bar = ShrinkBar::new();
    let clone = shrink_bar.clone();
    sweep.keep_artifacts(prepared.scenario(), &artifact_context(scenario), &arguments.out, move |now| clone.show(now));
    drop(shrink_bar);
    if let Some(junit) = junit {
        junit.write(&verdicts(&name, &sweep, &prepared, arguments.require_coverage))?;
    }
    print_stdout(format!("{sweep}").trim_end());
    print_stdout("\n");
    Ok(sweep.exit_code())
}

/// Runs a worker process: the seeds that the sweep sends on stdin.
///
/// # Errors
/// Those of [`sweep`].
pub(crate) fn work(target: &ScenarioArguments, registry: &Registry, variables: &Variables) -> Result<u8, ScenarioError> {
    let prepared = read(target, registry, variables)?;
    campaign(&prepared, 0..0, target).work()
}

fn read(target: &ScenarioArguments, registry: &Registry, variables: &Variables) -> Result<Arc<Prepared>, ScenarioError> {
    let prepared = prepare(target.scenario.name()?, registry, variables)?;
    target.limits.iter().try_for_each(|limit| limit.check(&prepared))?;
    Ok(Arc::new(prepared))
}

/// A campaign over a scenario, in which every limit is a rule.
fn campaign(prepared: &Arc<Prepared>, seeds: std::ops::Range<u64>, target: &ScenarioArguments) -> Campaign<'static> {
    let campaign = prepared.scenario().campaign(seeds);
    let campaign = if target.coverage { campaign.with_coverage() } else { campaign };
    target.limits.iter().cloned().fold(campaign, |campaign, limit| {
        let prepared = Arc::clone(prepared);
        let name = format!("--max {limit}");
        campaign.check_report(&name, move |report| match limit.judge(&prepared.artifact(report.clone())) {
            Judgement::Within => Verdict::Holds,
            Judgement::Exceeded(line) => Verdict::violated([], line),
            Judgement::Unmeasured(line) => Verdict::Unknown(line),
        })
    })
}

/// The command line of a worker process.
fn worker(executable: &Path, scenario: &Path, target: &ScenarioArguments) -> Command {
    let mut command = Command::new(executable);
    command.arg("worker").arg("--scenario").arg(scenario);
    for limit in &target.limits {
        command.arg("--max").arg(limit.to_string());
    }
    if target.coverage {
        command.arg("--coverage");
    }
    command
}

/// The scenario as reproducers name it.
fn artifact_context(scenario: &Path) -> ArtifactContext {
    let name = scenario.to_string_lossy().into_owned();
    // A name without a file is that of a builtin scenario; of a file, the whole content is stored.
    let file = std::fs::read_to_string(scenario).ok().and_then(|text| serde_json::from_str(&text).ok());
    let replay = |file: &Path| format!("cluster-sim replay {}", file.display());
    let folder = scenario.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    ArtifactContext {
        name: folder,
        source: ScenarioSource::Registered { name, file },
        build: BuildInfo::here(),
        replay: Box::new(replay),
    }
}

/// The rule of a sweep with required coverage, as JUnit names it.
const COVERAGE_RULE: &str = "the sweep reaches its required coverage";

/// The verdicts on all failures as JUnit XML; without failures those on the first seed, which passed. Also that on coverage, if required.
fn verdicts(name: &str, sweep: &Sweep, prepared: &Prepared, requires_coverage: bool) -> String {
    let mut reports: Vec<Report> = sweep.failures().iter().map(|failure| failure.report().clone()).collect();
    if reports.is_empty() && sweep.passed() > 0 {
        reports.push(prepared.scenario().run(Seed(sweep.seeds().start)));
    }
    if let (true, Some(coverage), Some(first)) = (requires_coverage, sweep.coverage(), reports.first_mut()) {
        let missing = coverage.missing();
        let unknown = (!missing.is_empty()).then(|| missing.join("; "));
        if unknown.is_some() && first.outcome == Outcome::Held {
            first.outcome = Outcome::Unknown;
        }
        let times_checked = coverage.runs;
        first.checks.push(CheckReport {
            name: COVERAGE_RULE.to_owned(),
            kind: CheckKind::Eventually,
            times_checked,
            unknown,
            work: CheckWork::default(),
        });
    }
    let replay = |report: &Report| {
        let failure = sweep.failures().iter().find(|failure| failure.report().seed() == report.seed())?;
        failure.artifacts()?.replay.clone().or_else(|| Some(rerun_command(name, report)))
    };
    explain::junit(name, &reports, replay)
}

/// The command that runs a failing seed again.
fn rerun_command(name: &str, report: &Report) -> String {
    let seed = report.seed();
    match &report.divergence {
        Some(_) => format!("cluster-sim run {name} --seed {seed} --check-determinism"),
        None => format!("cluster-sim run {name} --seed {seed}"),
    }
}

/// A flag that the first interrupt sets; a second interrupt ends the process at once.
fn interrupt_flag() -> std::io::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register_conditional_shutdown(SIGINT, INTERRUPTED, Arc::clone(&flag))?;
    signal_hook::flag::register(SIGINT, Arc::clone(&flag))?;
    Ok(flag)
}

fn unavailable(what: &str, error: &std::io::Error) -> ScenarioError {
    let cure = format!("run it on a system that supports it ({error})");
    ScenarioError::new(ScenarioErrorKind::Misfit, "command line", what, "this process", &cure)
}
