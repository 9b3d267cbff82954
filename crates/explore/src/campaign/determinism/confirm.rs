//! Confirms a failing seed: two more runs, compared with each other and with the first.

use std::sync::Arc;

use cluster_sim_runtime::{Heartbeat, Seed};
use cluster_sim_simulation::driver::MakeReport;
use cluster_sim_simulation::{Divergence, OtherRun, Outcome, Report, Scenario};

use super::diff::differences;
use super::{DeterminismError, check_determinism_watched};

/// Returns `found` if two more runs give the same report, otherwise a report that the runs differ.
///
/// Returns an error beside `found` if the two runs could not be compared: `found` then comes from one run only.
pub(in crate::campaign) fn confirm(
    scenario: &Scenario,
    seed: Seed,
    found: Report,
    heartbeat: Arc<Heartbeat>,
) -> (Report, Option<DeterminismError>) {
    // It already says that the seed does not repeat its run, and why.
    if found.outcome == Outcome::Nondeterministic {
        return (found, None);
    }
    match check_determinism_watched(scenario, seed, Some(heartbeat)).into_report() {
        Ok(rerun) if rerun.divergence.is_some() => (rerun, None),
        Ok(rerun) => (confirm_report(found, &rerun), None),
        Err(error) => (found, Some(error)),
    }
}

/// Returns `found` if `rerun` equals it, otherwise a report that the runs differ.
pub(in crate::campaign) fn confirm_report(found: Report, rerun: &Report) -> Report {
    let differences = differences(&rerun.as_data(), &found.as_data());
    if differences.is_empty() {
        return found;
    }
    let divergence = Divergence { other_run: OtherRun::EarlierRun, event: None, differences };
    Report::nondeterministic(&found.scenario, found.seeds, divergence)
}
