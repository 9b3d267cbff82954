//! [`FailedSeed`]: a failing seed after its confirmation.

use cluster_sim_simulation::driver::MakeReport;
use cluster_sim_simulation::{Decision, FailureSummary, Recording, Report};
use serde::{Deserialize, Serialize};

use super::error::DeterminismError;

/// A failing seed: its report, and the error if it could not be confirmed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FailedSeed {
    pub(crate) report: Report,
    pub(crate) unconfirmed: Option<DeterminismError>,
    /// How the run failed; absent unless its confirmation was recorded.
    pub(crate) summary: Option<FailureSummary>,
    /// The decisions of a recorded run in this process. A run of a worker proves nothing about this one.
    #[serde(skip)]
    pub(crate) decisions: Option<Vec<Decision>>,
}

impl FailedSeed {
    /// A failing seed whose run was not recorded.
    pub(crate) fn unrecorded(report: Report) -> Self {
        Self { report, unconfirmed: None, summary: None, decisions: None }
    }

    /// Takes what the recorded run shows.
    pub(super) fn recorded(mut self, recording: &Recording, decisions: Vec<Decision>) -> Self {
        self.decisions = Some(decisions);
        self.summary = FailureSummary::of(recording);
        // The report of a failing seed shows the same events as that of a single run.
        if let Some(summary) = &self.summary {
            self.report.take_summary(summary);
        }
        self
    }
}
