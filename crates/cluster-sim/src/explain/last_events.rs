//! The end of a failing run in its report, with the texts of its messages.

use super::{FailureSummary, Recording};
use crate::report::{Outcome, Report};
use crate::scenario::Scenario;

/// The events that a second run keeps: enough for the end of a run, whatever its length.
const EVENTS_KEPT: usize = 20_000;

impl Report {
    /// Takes the last events and views from the summary of the same run, recorded.
    pub(crate) fn take_summary(&mut self, summary: &FailureSummary) {
        self.last_events.clone_from(&summary.last_events);
        self.views.clone_from(&summary.views);
    }
}

/// Runs a failing run once more, recorded, so that its report shows what its messages say. A run that comes out otherwise leaves the report
/// as it was, and so does one that a test steered: the scenario alone does not give it again.
pub(crate) fn describe_failure(scenario: &Scenario, report: &mut Report) {
    if !matches!(report.outcome, Outcome::Violated | Outcome::Panicked) || report.by_hand {
        return;
    }
    let recording = Recording::of_run(scenario.start(report.seed()), EVENTS_KEPT);
    if recording.report.digest == report.digest {
        report.last_events.clone_from(&recording.report.last_events);
        report.views.clone_from(&recording.report.views);
    }
}
