//! Confirms a failing seed: two more runs, compared with each other and with the first.

use std::sync::Arc;

use cluster_sim_runtime::{Heartbeat, Seed};
use cluster_sim_simulation::driver::{Beside, DriveScenario, MakeReport};
use cluster_sim_simulation::{Decision, Divergence, OtherRun, Outcome, Recording, Report, Scenario};

use super::diff::differences;
use super::failed_seed::FailedSeed;
use super::thread::ProducerThread;
use super::verifier::Verifier;
use super::{DeterminismCheck, compared};
use crate::runner::{Runner, watched};

/// Returns `found` if two more runs give the same report, otherwise a report that the runs differ.
///
/// The run in this thread is recorded if `records`, decisions included, so that no further run is needed to show how it failed.
/// Returns an error beside `found` if the two runs could not be compared: `found` then comes from one run only.
pub(crate) fn confirm(runner: &Runner, seed: Seed, found: Report, heartbeat: &Arc<Heartbeat>, records: bool) -> FailedSeed {
    // It already says that the seed does not repeat its run, and why.
    if found.outcome == Outcome::Nondeterministic {
        return FailedSeed::unrecorded(found);
    }
    // A test failed before it had a run: there are no events to compare.
    if Scenario::of(&found).is_none() {
        return FailedSeed::unrecorded(confirm_report(found, &runner.run_in_fresh_thread(seed, heartbeat)));
    }
    let (check, recorded) = check(runner, seed, heartbeat, records);
    match check.into_report() {
        Ok(rerun) if rerun.divergence.is_some() => FailedSeed::unrecorded(rerun),
        Ok(rerun) => {
            let confirmed = FailedSeed::unrecorded(confirm_report(found, &rerun));
            match recorded.filter(|_| confirmed.report.divergence.is_none()) {
                Some((recording, decisions)) => confirmed.recorded(&recording, decisions),
                None => confirmed,
            }
        }
        Err(error) => FailedSeed { unconfirmed: Some(error), ..FailedSeed::unrecorded(found) },
    }
}

/// Compares a run in this thread, recorded if asked to, with one in a fresh thread.
fn check(
    runner: &Runner,
    seed: Seed,
    heartbeat: &Arc<Heartbeat>,
    records: bool,
) -> (DeterminismCheck, Option<(Recording, Vec<Decision>)>) {
    let other_run = OtherRun::FreshThread;
    let verifier = match ProducerThread::start(runner.clone(), seed) {
        Ok(producer) => Verifier::new(producer),
        Err(error) => return (DeterminismCheck::new(runner, seed, other_run, 0, Err(error)), None),
    };
    let trial = watched(seed, heartbeat);
    if records {
        let (beside, report) = runner.run_observed(trial.keeping_decisions(), Beside::new(verifier));
        let (recorder, verifier) = beside.into_parts();
        let check = compared(runner, seed, other_run, verifier, report.clone());
        // A run that differs was left before its end.
        let recorded = check.agreed().then(|| recorder.finish(report));
        (check, recorded)
    } else {
        let (verifier, report) = runner.run_observed(trial, verifier);
        (compared(runner, seed, other_run, verifier, report), None)
    }
}

/// Returns `found` if `rerun` equals it, otherwise a report that the runs differ.
pub(crate) fn confirm_report(found: Report, rerun: &Report) -> Report {
    let differences = differences(&rerun.as_data(), &found.as_data());
    if differences.is_empty() {
        return found;
    }
    let divergence = Divergence { other_run: OtherRun::EarlierRun, event: None, differences };
    Report::nondeterministic(&found.scenario, found.seeds, divergence)
}
