//! Last events with message texts for the reports of failing runs.

use super::{FailureSummary, Recording};
use crate::report::{Outcome, Report};
use crate::scenario::Scenario;

impl Report {
    /// Takes the last events and views from the summary of a recording of this run.
    pub(crate) fn take_summary(&mut self, summary: &FailureSummary) {
        self.last_events.clone_from(&summary.last_events);
        self.views.clone_from(&summary.views);
    }
}

/// Repeats a failing run with recording, so that its report shows the texts of messages.
///
/// Leaves the report as it is if the second run has another digest, or if a test steered the run: the scenario alone does not
/// reproduce it.
pub(crate) fn describe_failure(scenario: &Scenario, report: &mut Report) {
    if !matches!(report.outcome, Outcome::Violated | Outcome::Panicked) || report.by_hand {
        return;
    }
    let recording = Recording::of_run(scenario.start(report.seed()), Recording::EVENTS);
    if recording.report.digest == report.digest {
        report.last_events.clone_from(&recording.report.last_events);
        report.views.clone_from(&recording.report.views);
    }
}
