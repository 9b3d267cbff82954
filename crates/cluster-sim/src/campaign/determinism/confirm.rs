//! The second look at a seed that failed: two more runs, beside each other and beside what was found.

use std::sync::Arc;

use cluster_sim_runtime::{Heartbeat, Seed};

use super::DeterminismError;
use super::diff::differences;
use crate::report::{Divergence, OtherRun, Outcome, Report};
use crate::scenario::Scenario;

impl Scenario {
    /// What to say of a seed whose run showed `found`: just that if two more runs show the same, and otherwise that its runs differ.
    ///
    /// # Errors
    /// If the two runs could not be compared: what was found is known of one run alone.
    pub(in crate::campaign) fn confirm(
        &self,
        seed: Seed,
        found: Report,
        heartbeat: Arc<Heartbeat>,
    ) -> (Report, Option<DeterminismError>) {
        // It says already that the seed does not give the run again, and why.
        if found.outcome == Outcome::Nondeterministic {
            return (found, None);
        }
        match self.check_determinism_watched(seed, Some(heartbeat)).into_report() {
            Ok(rerun) if rerun.divergence.is_some() => (rerun, None),
            Ok(rerun) => (confirm_report(found, &rerun), None),
            Err(error) => (found, Some(error)),
        }
    }
}

/// What was found, if a later run shows the same.
pub(in crate::campaign) fn confirm_report(found: Report, rerun: &Report) -> Report {
    let differences = differences(&rerun.as_data(), &found.as_data());
    if differences.is_empty() {
        return found;
    }
    let divergence = Divergence { elsewhere: OtherRun::EarlierRun, event: None, differences };
    Report::nondeterministic(&found.scenario, found.seeds, divergence)
}
