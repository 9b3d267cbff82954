//! The rules that a run breaks by what it does to its process.

use std::time::Duration;

use cluster_sim_invariants::Violation;
use cluster_sim_runtime::{Seed, SeedSchedule};
use cluster_sim_simulation::driver::MakeReport;
use cluster_sim_simulation::text::thousands;
use cluster_sim_simulation::{Outcome, Report};
use cluster_sim_types::VirtualInstant;

/// The rule broken by a run that never returns from a step.
pub(super) const STEPS_RETURN: &str = "every step returns";
/// The rule broken by a run that takes too long in real time.
pub(super) const RUNS_END: &str = "every run ends in time";
/// The rule broken by a run that ends its process.
pub(super) const SURVIVES: &str = "the process survives";

/// All of them.
pub(super) const PROCESS_RULES: [&str; 3] = [STEPS_RETURN, RUNS_END, SURVIVES];

/// Whether the run can be repeated in this process without aborting it, hanging it, or taking as long again.
pub(super) fn is_rerunnable(report: &Report) -> bool {
    report.violations.first().is_none_or(|violation| !PROCESS_RULES.contains(&violation.rule.as_str()))
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

/// Turns the report of a run that was ended after `timeout` of real time into that of a broken rule.
///
/// Leaves out the results of the early end, such as a panic of the test that steers the run.
pub(super) fn overtime(report: Report, timeout: Duration) -> Report {
    let Report { steps, ended_at: at, .. } = report;
    let (seed, seconds, count) = (report.seed(), timeout.as_secs_f64(), thousands(steps));
    let mut message = format!("seed {seed} ran for {seconds}s of real time, up to {at} of virtual time and step {count}");
    report.exhausted_by.iter().for_each(|line| message = format!("{message}; {line}"));
    let violations = vec![Violation { rule: RUNS_END.to_owned(), at, step: steps, nodes: Vec::new(), message }];
    let (exhausted, exhausted_by) = (None, Vec::new());
    Report { violations, outcome: Outcome::Violated, panic: None, exhausted, exhausted_by, ..report }
}
