//! The rules that a run breaks by what it does to its process.

use cluster_sim_invariants::Violation;
use cluster_sim_runtime::{Seed, SeedSchedule};
use cluster_sim_simulation::driver::MakeReport;
use cluster_sim_simulation::{Outcome, Report};
use cluster_sim_types::VirtualInstant;

/// The rule broken by a run that never returns from a step.
pub(super) const STEPS_RETURN: &str = "every step returns";
/// The rule broken by a run that ends its process.
pub(super) const SURVIVES: &str = "the process survives";

/// Whether the run can be repeated in this process without aborting or hanging it.
pub(super) fn is_rerunnable(report: &Report) -> bool {
    report.violations.first().is_none_or(|violation| ![STEPS_RETURN, SURVIVES].contains(&violation.rule.as_str()))
}

/// Makes the report of a run that broke one of these rules, and so gave none itself, at its last instant and step.
pub(super) fn violated(rule: &str, scenario: &str, seed: Seed, (at, step): (VirtualInstant, u64), message: String) -> Report {
    let mut report = Report::blank(scenario, SeedSchedule::new(seed));
    report.by_hand = false;
    report.violations.push(Violation { rule: rule.to_owned(), at, step, nodes: Vec::new(), message });
    report.outcome = Outcome::Violated;
    report.steps = step;
    report.ended_at = at;
    report
}
