//! The task `check`: runs steps in order until one fails.

use std::fmt;
use std::time::Duration;

use crate::command::CallError;
use crate::digests::{self, DigestsError};
use crate::environment::{Environment, Profile, timed};
use crate::instructions::{self, InstructionsError};
use crate::nextest::{self, NextestError};
use crate::seams::{self, SeamsError};
use crate::size::{self, SizeError};
use crate::speed::{self, SpeedError};
use crate::step::Step;
use crate::touched::{self, TouchedError};

/// Runs the selected steps, or all that run by default, up to the first failure.
///
/// Prints a line before each step, and the time of each at the end.
///
/// # Errors
///
/// A step failed; the steps after it did not run.
pub fn run(only: &[Step], environment: &Environment) -> Result<(), Failure> {
    let steps = Step::selection(only);
    let mut times = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        println!("[{}/{}] {}: {}", index + 1, steps.len(), step.name(), step.line(environment.profile));
        let (outcome, took) = timed(|| perform(*step, environment));
        times.push((step.name(), took));
        if let Err(cause) = outcome {
            print!("{}", Times(&times));
            return Err(Failure { step: *step, cause });
        }
    }
    print!("{}", Times(&times));
    println!("check: all {} steps passed", steps.len());
    Ok(())
}

/// Lists the commands of the selected steps, a line each; without a selection those of every step.
pub fn list(only: &[Step], profile: Profile) -> String {
    let steps = if only.is_empty() { Step::all().to_vec() } else { Step::selection(only) };
    steps.into_iter().map(|step| format!("{:<12} {}\n", step.name(), step.line(profile))).collect()
}

fn perform(step: Step, environment: &Environment) -> Result<(), StepError> {
    let Environment { root, cargo, .. } = environment;
    match step {
        Step::Nextest => nextest::ensure(cargo, root)?,
        Step::Touched => touched::test(environment)?,
        Step::Seams => seams::build(environment)?,
        Step::Digests => digests::compare(environment)?,
        Step::Speed => speed::measure(environment)?,
        Step::Instructions => instructions::measure(environment)?,
        Step::Size => size::measure(environment)?,
        _ => step.calls(environment.profile).iter().try_for_each(|call| call.run(cargo, root))?,
    }
    Ok(())
}

/// The time of each step, and their total.
struct Times<'a>(&'a [(String, Duration)]);

impl fmt::Display for Times<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, took) in self.0 {
            writeln!(formatter, "{name:>12} {:>8.1} s", took.as_secs_f64())?;
        }
        let total: Duration = self.0.iter().map(|(_, took)| *took).sum();
        writeln!(formatter, "{:>12} {:>8.1} s", "total", total.as_secs_f64())
    }
}

/// A failed step. Prints as the cause and the command that runs the step alone.
#[derive(Debug, thiserror::Error)]
#[error("check: step {} failed: {cause}\n       to run it alone: cargo xtask check --only {}", step.name(), step.name())]
pub struct Failure {
    /// The failed step.
    pub step: Step,
    /// The reason.
    #[source]
    pub cause: StepError,
}

/// The reason why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// A call of a program failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// cargo-nextest could not be installed.
    #[error(transparent)]
    Nextest(#[from] NextestError),
    /// A test of what changed failed, or the changes could not be listed.
    #[error(transparent)]
    Touched(#[from] TouchedError),
    /// A crate does not build alone.
    #[error(transparent)]
    Seams(#[from] SeamsError),
    /// The digests differ or could not be read.
    #[error(transparent)]
    Digests(#[from] DigestsError),
    /// The users' scenario took too long.
    #[error(transparent)]
    Speed(#[from] SpeedError),
    /// An event needed too many instructions.
    #[error(transparent)]
    Instructions(#[from] InstructionsError),
    /// The large scenario needed too much time or memory.
    #[error(transparent)]
    Size(#[from] SizeError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_its_step_and_how_to_run_it_alone() {
        let cause = StepError::Nextest(NextestError::StillAbsent);
        let text = Failure { step: Step::Nextest, cause }.to_string();
        assert!(text.contains("step nextest failed") && text.contains("cargo xtask check --only nextest"), "{text}");
    }
}
