//! The finding of a seed that ended its process.

use std::time::Duration;

use cluster_sim_runtime::{Seed, SeedSchedule};
use cluster_sim_simulation::driver::MakeReport;
use cluster_sim_simulation::{Difference, Divergence, OtherRun, Report};
use cluster_sim_types::VirtualInstant;

use crate::child::ChildExit;
use crate::determinism::FailedSeed;
use crate::process_rules::{STEPS_RETURN, SURVIVES, violated};

/// How a worker process ended in the middle of a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WorkerExit {
    rule: &'static str,
    /// Equal each time a process ends this way.
    cause: String,
    /// Last lines of its standard error.
    stderr: Vec<String>,
}

impl WorkerExit {
    /// The process ended by itself.
    pub(super) fn ended(exit: &ChildExit, stderr: &[String]) -> Self {
        Self { rule: SURVIVES, cause: format!("it ended with {exit}"), stderr: without_thread_numbers(stderr) }
    }

    /// The process sent nothing for `timeout` and was killed.
    pub(super) fn silent(timeout: Duration, stderr: &[String]) -> Self {
        let cause = format!("the whole process gave no sign of life for {}s of real time and was killed", timeout.as_secs_f64());
        Self { rule: STEPS_RETURN, cause, stderr: without_thread_numbers(stderr) }
    }

    /// Makes the finding, after a second process ended the same way.
    pub(super) fn confirmed(self, scenario: &str, seed: u64) -> FailedSeed {
        let stderr: String = self.stderr.iter().map(|line| format!("\n        | {line}")).collect();
        let message = if stderr.is_empty() { self.cause } else { format!("{}; last lines of stderr:{stderr}", self.cause) };
        FailedSeed::unrecorded(violated(self.rule, scenario, Seed(seed), (VirtualInstant::ZERO, 0), message))
    }

    /// Makes a nondeterministic report, after a second process gave another result.
    pub(super) fn refuted(&self, scenario: &str, seed: u64, rerun_outcome: &str) -> FailedSeed {
        let exit = format!("{}: {}", self.rule, self.cause);
        let differences = vec![Difference { place: "outcome".to_owned(), left: rerun_outcome.to_owned(), right: exit }];
        let divergence = Divergence { other_run: OtherRun::EarlierRun, event: None, differences };
        FailedSeed::unrecorded(Report::nondeterministic(scenario, SeedSchedule::new(Seed(seed)), divergence))
    }

    /// Whether another process ended the same way.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.rule, &self.cause) == (other.rule, &other.cause)
    }

    /// Rule and cause as text.
    pub(super) fn describe(&self) -> String {
        format!("{}: {}", self.rule, self.cause)
    }
}

/// Removes the thread ids that the operating system assigns, which differ each time.
fn without_thread_numbers(stderr: &[String]) -> Vec<String> {
    stderr.iter().map(|line| without_thread_number(line)).collect()
}

/// Removes the id from `thread 'name' (1234) panicked`.
fn without_thread_number(line: &str) -> String {
    let Some(name_at) = line.find("thread '") else { return line.to_owned() };
    let Some((open, _)) = line[name_at..].match_indices("' (").next() else { return line.to_owned() };
    let (before, after) = line.split_at(name_at + open + 1);
    match after.strip_prefix(" (").and_then(|after| after.split_once(')')) {
        Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => format!("{before}{rest}"),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("thread 'a::b' (1234) has overflowed its stack", "thread 'a::b' has overflowed its stack")]
    #[case("thread 'a' panicked at src/a.rs:7:1:", "thread 'a' panicked at src/a.rs:7:1:")]
    #[case("thread 'a' (main) panicked", "thread 'a' (main) panicked")]
    #[case("fatal: (12)", "fatal: (12)")]
    fn thread_ids_are_removed(#[case] line: &str, #[case] expected: &str) {
        assert_eq!(without_thread_number(line), expected);
    }
}
