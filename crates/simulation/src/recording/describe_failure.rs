//! Last events with message texts for the reports of failing runs.

use super::Recording;
use crate::report::{Outcome, Report};
use crate::sim::Sim;

/// Repeats a failing run, which `start` starts again, with recording, so that its report shows the texts of messages.
///
/// Leaves the report as it is if the second run has another digest, or if a test steered the run: the scenario alone does not
/// reproduce it.
pub(crate) fn describe_failure(report: &mut Report, start: impl FnOnce() -> Sim) {
    if !matches!(report.outcome, Outcome::Violated | Outcome::Panicked) || report.by_hand {
        return;
    }
    let recording = Recording::of_run(start(), Recording::EVENTS);
    if recording.report.digest == report.digest {
        report.last_events.clone_from(&recording.report.last_events);
        report.views.clone_from(&recording.report.views);
    }
}
