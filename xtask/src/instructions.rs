//! How many instructions an event takes, counted by valgrind: the same number on every run of one build, however busy the machine is.

use std::fs;
use std::io;
use std::path::Path;

use tempfile::TempDir;

use crate::bench::BenchError;
use crate::bench::programs::{Kind, Programs};
use crate::check::Environment;
use crate::command::{Call, CallError};

/// What an event of one cell may take at the most, with nodes written as one kind.
#[derive(Debug, Clone, Copy)]
pub struct Ceiling {
    /// Which cell of the product's bench.
    cell: &'static str,
    /// What nodes are written as.
    kind: Kind,
    /// What it is to take, in instructions.
    target: u32,
    /// What it takes as things stand and may not exceed, where that is more; rounded up.
    held: Option<u32>,
}

impl Ceiling {
    /// What the gate holds.
    fn bound(&self) -> u32 {
        self.held.unwrap_or(self.target)
    }
}

const fn ceiling(cell: &'static str, kind: Kind, target: u32) -> Ceiling {
    Ceiling { cell, kind, target, held: None }
}

impl Ceiling {
    /// This target is not met: the gate holds what we have.
    const fn holding(self, held: u32) -> Self {
        Self { held: Some(held), ..self }
    }
}

/// The ceilings. A target that is not met stands beside what we have, which the gate holds.
const CEILINGS: [Ceiling; 12] = [
    ceiling("w1", Kind::Machines, 505).holding(1_420),
    ceiling("w2-50", Kind::Machines, 520).holding(1_190),
    ceiling("w2-200", Kind::Machines, 610).holding(1_260),
    ceiling("w3", Kind::Machines, 580).holding(1_050),
    ceiling("w4", Kind::Machines, 530).holding(1_520),
    ceiling("w5", Kind::Machines, 650).holding(1_580),
    ceiling("w1", Kind::Async, 770).holding(2_270),
    ceiling("w2-50", Kind::Async, 770).holding(2_090),
    ceiling("w2-200", Kind::Async, 860).holding(2_160),
    ceiling("w3", Kind::Async, 820).holding(1_710),
    ceiling("w4", Kind::Async, 750).holding(2_550),
    ceiling("w5", Kind::Async, 960).holding(2_610),
];

/// A bound that lies so much above what was counted, in percent, is worth lowering.
const SLACK_PERCENT: u32 = 5;

/// The two scales at which a cell is counted: what the longer run takes beyond the shorter one is what its further events take, and
/// what a run takes to start falls out.
fn scales(cell: &str) -> [&'static str; 2] {
    match cell {
        "w1" | "w5" => ["0.1", "0.3"],
        "w2-200" => ["0.3", "0.6"],
        "w4" => ["0.03", "0.1"],
        _ => ["0.05", "0.2"],
    }
}

/// Counts every cell that has a ceiling, and holds it against that. Says so and passes where valgrind is missing.
///
/// # Errors
///
/// The bench could not be built or counted, or an event takes more than it may.
pub fn measure(environment: &Environment) -> Result<(), InstructionsError> {
    if Call::other(Path::new("valgrind"), "--version").probe(&environment.cargo, &environment.root).is_none() {
        println!("      skipped: valgrind is not here, so nothing was counted; install it, as .ci/run does, to hold the ceilings");
        return Ok(());
    }
    let programs = Programs::build_product(environment)?;
    let mut over = Vec::new();
    for ceiling in &CEILINGS {
        let counted = counted(ceiling, &programs, environment)?;
        println!("      {}", verdict(ceiling, counted));
        if counted > f64::from(ceiling.bound()) {
            over.push(verdict(ceiling, counted));
        }
    }
    if over.is_empty() { Ok(()) } else { Err(InstructionsError::Over { cells: over.join("\n       ") }) }
}

/// What an event of a cell takes.
fn counted(ceiling: &Ceiling, programs: &Programs, environment: &Environment) -> Result<f64, InstructionsError> {
    let folder = TempDir::new()?;
    let [shorter, longer] = scales(ceiling.cell).map(|scale| -> Result<(u64, u64), InstructionsError> {
        let place = folder.path().join(scale);
        let arguments = format!("--cell {} --kind {} --scale {scale} --digest", ceiling.cell, ceiling.kind.name());
        let program = programs.product(&arguments)?;
        let call = Call::other(Path::new("valgrind"), "-q --tool=callgrind");
        let call = call.and(Path::new(&format!("--callgrind-out-file={}", place.display()))).calling(&program);
        let printed = call.read(&environment.cargo, &environment.root)?;
        let unread = || InstructionsError::Unreadable { call: call.to_string() };
        let events = events(&String::from_utf8_lossy(&printed)).ok_or_else(unread)?;
        let instructions = instructions(&fs::read_to_string(&place)?).ok_or_else(unread)?;
        Ok((instructions, events))
    });
    let ((shorter, fewer), (longer, more)) = (shorter?, longer?);
    Ok(longer.saturating_sub(shorter) as f64 / (more - fewer) as f64)
}

/// The instructions of a whole run, in what callgrind wrote.
fn instructions(written: &str) -> Option<u64> {
    written.lines().find_map(|line| line.strip_prefix("totals:"))?.trim().parse().ok()
}

/// The events of a whole run, in what the bench printed: `w1 runs=1 events=34876 digest=…`.
fn events(printed: &str) -> Option<u64> {
    printed.split_whitespace().find_map(|word| word.strip_prefix("events="))?.parse().ok()
}

/// What was counted, beside what it may be and what it should be.
fn verdict(ceiling: &Ceiling, counted: f64) -> String {
    let Ceiling { cell, kind, target, held } = ceiling;
    let bound = ceiling.bound();
    let head = format!("{cell:<6} {:<8} {counted:>7.1} instructions an event, at most {bound:>5}", kind.name());
    let is_met = counted <= f64::from(*target);
    match held {
        _ if counted > f64::from(bound) => format!("{head}: too many"),
        Some(_) if is_met => format!("{head}: the target of {target} is met, hold that"),
        Some(_) => {
            let lower = if counted * f64::from(100 + SLACK_PERCENT) < f64::from(bound * 100) { "; lower the bound" } else { "" };
            format!("{head}: {:.2} times the target of {target}{lower}", counted / f64::from(*target))
        }
        None => format!("{head}: the target"),
    }
}

/// An event takes too many instructions, or they could not be counted.
#[derive(Debug, thiserror::Error)]
pub enum InstructionsError {
    /// There is no place for what valgrind writes, or it wrote nothing.
    #[error("what valgrind counted cannot be read: {0}")]
    File(#[from] io::Error),
    /// The bench could not be built.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// The bench failed under valgrind.
    #[error(transparent)]
    Call(#[from] CallError),
    /// What was printed is no count.
    #[error("`{call}` says neither how many events there were nor how many instructions; is its valgrind whole?")]
    Unreadable {
        /// What ran.
        call: String,
    },
    /// Too many instructions.
    #[error(
        "{cells}\n       \
         profile it: CARGO_PROFILE_BENCH_DEBUG=1 cargo bench --bench product --no-run, then valgrind --tool=callgrind on what was built"
    )]
    Over {
        /// A line for each cell.
        cells: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_what_valgrind_and_the_bench_say() {
        assert_eq!(instructions("version: 1\nevents: Ir\nfn=(1) main\n1 20\n\ntotals: 93719543\n"), Some(93_719_543));
        assert_eq!(instructions("version: 1\n"), None);
        assert_eq!(events("w1 runs=1 events=34876 digest=f0fe5d195cc10c27\n"), Some(34_876));
        assert_eq!(events("w1 runs=1\n"), None);
    }

    #[test]
    fn a_verdict_says_how_far_the_target_is_and_when_to_lower_the_bound() {
        let met = ceiling("w1", Kind::Machines, 500);
        let held = met.holding(1_000);
        assert!(verdict(&met, 500.0).ends_with("at most   500: the target"), "{}", verdict(&met, 500.0));
        assert!(verdict(&met, 500.5).ends_with(": too many"));
        assert!(verdict(&held, 1_000.5).ends_with("at most  1000: too many"));
        assert!(verdict(&held, 990.0).ends_with(": 1.98 times the target of 500"));
        assert!(verdict(&held, 900.0).ends_with(": 1.80 times the target of 500; lower the bound"));
        assert!(verdict(&held, 480.0).ends_with(": the target of 500 is met, hold that"));
    }

    #[test]
    fn no_bound_lies_below_its_target() {
        for ceiling in &CEILINGS {
            assert!(ceiling.held.is_none_or(|held| held > ceiling.target), "{ceiling:?} holds what is better than the target");
        }
    }
}
