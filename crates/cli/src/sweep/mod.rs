//! The command `sweep`, and its worker processes.

mod default_seeds;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use cluster_sim::explore::{ArtifactContext, BuildInfo, Campaign, ScenarioSource, Sweep, shell_quoted};
use cluster_sim::{Explore, Report, Verdict, explain};
use cluster_sim_registry::{LimitJudgement, Prepared, Registry, ScenarioError, Variables};

use crate::arguments::{ScenarioArguments, SweepArguments};
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::progress::{ShrinkBar, SweepProgress};
use crate::report_file::{Input, ReportFile};
use crate::run::{prepare, say_size};
use crate::streams::print_stderr;
use crate::{threads, unavailable};

/// Runs one scenario from many seeds, prints a summary, and returns the exit code.
///
/// # Errors
/// If flags or scenario do not fit; nothing was run.
pub(crate) fn sweep(arguments: &SweepArguments, registry: &Registry, variables: &Variables) -> Result<u8, ScenarioError> {
    let scenario = arguments.target.scenario.name()?;
    let prepared = read(&arguments.target, registry, variables)?;
    let name = scenario.to_string_lossy();
    // Before the first line of output: its reader may send an interrupt.
    let interrupt = Interrupt::new().map_err(|error| unavailable("interrupt", &error))?;
    let seeds = arguments.seeds.clone().unwrap_or_else(|| {
        let (seeds, why) = default_seeds::fresh(Path::new("."));
        print_stderr(&format!("sweeping {name} from seeds {seeds}: {why}\n"));
        seeds
    });
    // Before the runs, which take long: a file that cannot be written is bad input.
    let input = Input { what: "scenario", path: scenario };
    let junit = arguments.junit.as_ref().map(|file| ReportFile::prepare("--junit", file, input)).transpose()?;
    let mut campaign = campaign(&prepared, seeds.seeds(), &arguments.target)
        .max_failures(arguments.max_failures)
        .cancel_on(interrupt.flag())
        .rerun_hint(|report| rerun_command(&name, &arguments.target, report));
    if let Some(threads) = arguments.threads {
        campaign = campaign.threads(threads::capped(threads));
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
    if let Some(time) = arguments.max_time {
        campaign = campaign.max_time(time);
    }
    say_size(&name, &prepared, arguments.progress);
    let mut progress = SweepProgress::new(arguments.progress);
    let mut sweep = campaign.progress(|now| progress.show(now)).run();
    drop(progress);
    let shrink_bar = ShrinkBar::new(arguments.progress);
    let clone = shrink_bar.clone();
    sweep.keep_artifacts(prepared.scenario(), &artifact_context(scenario), &arguments.out, move |now| clone.show(now));
    drop(shrink_bar);
    Ok(write(&name, &arguments.target, &sweep, junit.as_ref(), &interrupt))
}

/// Writes verdicts and summary, and returns the exit code.
fn write(name: &str, target: &ScenarioArguments, sweep: &Sweep, junit: Option<&ReportFile>, interrupt: &Interrupt) -> u8 {
    let mut output = Output::default();
    let problems = sweep.failures().iter().filter_map(|failure| failure.artifacts()).flat_map(|artifacts| &artifacts.problems);
    problems.for_each(|problem| output.unwritten(problem));
    if let Some(junit) = junit {
        output.file(junit, &verdicts(name, target, sweep));
    }
    output.summary(&format!("{}\n", sweep.to_string().trim_end()), &[junit]);
    if let Some(profile) = sweep.profile() {
        print_stderr(&profile.to_string());
    }
    output.exit_code(match interrupt.exit_code() {
        Some(code) if sweep.is_interrupted() => code,
        _ => sweep.exit_code(),
    })
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
    let prepared = target.fault_profile.apply(prepare(target.scenario.name()?, registry, variables)?)?;
    let prepared = target.steps.apply(prepared);
    target.limits.iter().try_for_each(|limit| limit.check(&prepared))?;
    Ok(Arc::new(prepared))
}

/// A campaign over a scenario, in which every limit is a rule.
fn campaign(prepared: &Arc<Prepared>, seeds: std::ops::Range<u64>, target: &ScenarioArguments) -> Campaign<'static> {
    let campaign = prepared.scenario().campaign(seeds);
    let campaign = if target.coverage { campaign.with_coverage() } else { campaign };
    let campaign = if target.profile { campaign.with_profile() } else { campaign };
    target.limits.iter().cloned().fold(campaign, |campaign, limit| {
        let prepared = Arc::clone(prepared);
        let name = format!("--max {limit}");
        campaign.check_report(&name, move |report| match limit.judge(&prepared.artifact(report.clone())) {
            LimitJudgement::Within => Verdict::Holds,
            LimitJudgement::Exceeded(line) => Verdict::violated([], line),
            LimitJudgement::Unmeasured(line) => Verdict::Unknown(line),
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
    if let Some(file) = &target.fault_profile.path {
        command.arg("--fault-profile").arg(file);
    }
    if target.coverage {
        command.arg("--coverage");
    }
    if target.profile {
        command.arg("--profile");
    }
    if let Some(steps) = target.steps.max_steps {
        command.arg("--max-steps").arg(steps.to_string());
    }
    command
}

/// The scenario as reproducers name it.
fn artifact_context(scenario: &Path) -> ArtifactContext {
    let name = scenario.to_string_lossy().into_owned();
    // A name without a file is that of a builtin scenario; of a file, the whole content is stored.
    let file =
        std::fs::read_to_string(scenario).ok().and_then(|text| serde_json::from_str(text.trim_start_matches('\u{feff}')).ok());
    // The whole path, since files of two folders may have one name.
    let folder = name.clone();
    let source = ScenarioSource::Registered { name, file };
    let replayed = source.clone();
    let replay = Box::new(move |file: &Path| replayed.replay_command(file));
    ArtifactContext { name: folder, source, build: BuildInfo::here(), replay }
}

/// The verdicts on all failures as JUnit XML; without failures those on the first seed of a whole sweep, which passed. Also those on
/// the sweep itself.
fn verdicts(name: &str, target: &ScenarioArguments, sweep: &Sweep) -> String {
    let mut reports: Vec<Report> = sweep.failures().iter().map(|failure| failure.report().clone()).collect();
    if reports.is_empty() && !sweep.is_interrupted() {
        reports.extend(sweep.first_passed().cloned());
    }
    let replay = |report: &Report| {
        let failure = sweep.failures().iter().find(|failure| failure.report().seed() == report.seed())?;
        failure.artifacts()?.replay.clone().or_else(|| Some(rerun_command(name, target, report)))
    };
    explain::junit_of_suite(name, &reports, &sweep.suite_cases(), replay)
}

/// The command that runs a failing seed again, under the same limits.
fn rerun_command(name: &str, target: &ScenarioArguments, report: &Report) -> String {
    let mut command = format!("cluster-sim run {} --seed {}", shell_quoted(name), report.seed());
    target.limits.iter().for_each(|limit| command += &format!(" --max {}", shell_quoted(&limit.to_string())));
    if let Some(file) = &target.fault_profile.path {
        command += &format!(" --fault-profile {}", shell_quoted(&file.to_string_lossy()));
    }
    if let Some(steps) = target.steps.max_steps {
        command += &format!(" --max-steps {steps}");
    }
    if report.divergence.is_some() {
        command += " --check-determinism";
    }
    command
}
