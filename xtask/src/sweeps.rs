//! The instructions of sweeps of whole systems, in events of the kernel's own bench.

use std::thread;

use crate::callgrind::{self, CallgrindError};
use crate::command::Call;
use crate::environment::Environment;
use crate::program;

/// The most that a seed of some scenarios may cost together, in thousands of events of the cell `w1` of machines.
///
/// A ratio of two counts: a faster kernel lowers what a scenario may need, and a slower machine changes nothing.
#[derive(Debug, Clone, Copy)]
struct SweepCeiling {
    name: &'static str,
    scenarios: &'static [&'static str],
    /// The seeds of one count, which also has the start of the program in it.
    seeds: u32,
    /// The target, from the time that users allow.
    target: u32,
    /// The bound that fails the step: the measured number, rounded up.
    bound: u32,
}

/// The scenarios of the stream queue that a specification numbers.
const NUMBERED: [&str; 12] = ["s01", "s02", "s03", "s04", "s05", "s06", "s07", "s08", "s09", "s10", "s11", "s12"];

/// The ceilings of the systems with a target.
///
/// 100 seeds of the twelve scenarios may take 60 s on two cores, which is 1.2 s of one core for a seed of each; the log must run 2,000
/// virtual seconds in a second, with 2.29 virtual seconds a seed. An event of `w1` takes 162 ns (`docs/benchmarks.md`).
const CEILINGS: [SweepCeiling; 2] = [
    SweepCeiling { name: "s01 to s12", scenarios: &NUMBERED, seeds: 2, target: 7_400, bound: 1_900 },
    SweepCeiling { name: "replicated-log", scenarios: &["replicated-log"], seeds: 20, target: 7, bound: 17 },
];

/// Counts the sweeps of every ceiling, prints a line for each, and returns the lines of those that exceed it.
///
/// # Errors
///
/// The command line is missing, failed or could not be counted.
pub fn measure(environment: &Environment, event_of_w1: f64) -> Result<Vec<String>, SweepsError> {
    let mut over = Vec::new();
    for ceiling in &CEILINGS {
        let line = verdict(ceiling, count(ceiling, environment)? / event_of_w1);
        println!("      {line}");
        if line.ends_with(TOO_MANY) {
            over.push(line);
        }
    }
    Ok(over)
}

/// The thousands of instructions of a seed of each scenario together.
fn count(SweepCeiling { scenarios, seeds, .. }: &SweepCeiling, environment: &Environment) -> Result<f64, SweepsError> {
    let program = program::release_binary(environment)?;
    let one = |scenario: &str| {
        let call = Call::other(&program, &format!("sweep {scenario} --seeds 0..{seeds} --threads 1"));
        Ok::<_, SweepsError>(callgrind::count(&call, environment)?.0)
    };
    // A count does not depend on what runs beside it.
    let halves = scenarios.split_at(scenarios.len() / 2);
    let [one, other] = thread::scope(|scope| {
        let counted =
            [halves.0, halves.1].map(|half| scope.spawn(move || half.iter().map(|scenario| one(scenario)).sum::<Result<u64, _>>()));
        counted.map(|counted| counted.join().expect("it only counts"))
    });
    Ok((one? + other?) as f64 / f64::from(*seeds) / 1_000.0)
}

/// The end of the line of a count above its bound.
const TOO_MANY: &str = ": too many";

/// A line with the count, the bound and the target, in thousands of events.
fn verdict(ceiling: &SweepCeiling, counted: f64) -> String {
    let SweepCeiling { name, target, bound, .. } = ceiling;
    let head = format!("{name:<15} {counted:>7.1} thousand events of w1 for a seed, at most {bound}");
    match counted / f64::from(*target) {
        _ if counted > f64::from(*bound) => format!("{head}{TOO_MANY}"),
        ratio => format!("{head}: {ratio:.2} times the target of {target}"),
    }
}

/// A sweep could not be counted.
#[derive(Debug, thiserror::Error)]
pub enum SweepsError {
    /// `cargo metadata` failed, so the target directory is unknown.
    #[error("the target directory of cargo is unknown: {0}")]
    Metadata(#[from] cargo_metadata::Error),
    /// The command line failed under valgrind, or was not counted.
    #[error(transparent)]
    Callgrind(#[from] CallgrindError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_compared_with_its_bound_and_shown_beside_the_target() {
        let ceiling = SweepCeiling { name: "some", scenarios: &[], seeds: 1, target: 100, bound: 50 };
        assert!(verdict(&ceiling, 50.0).ends_with("at most 50: 0.50 times the target of 100"), "{}", verdict(&ceiling, 50.0));
        assert!(verdict(&ceiling, 50.1).ends_with(TOO_MANY));
    }
}
