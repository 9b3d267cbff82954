//! The step `instructions`: counts the instructions of an event with valgrind, so that a busy machine does not change the result.

use std::collections::BTreeMap;
use std::thread;

use crate::bench::BenchError;
use crate::bench::programs::{Kind, Programs};
use crate::callgrind::{self, CallgrindError};
use crate::environment::Environment;
use crate::sweeps::{self, SweepsError};

/// The most instructions that an event of one cell may need, for one kind of nodes.
#[derive(Debug, Clone, Copy)]
pub struct Ceiling {
    /// The cell of the product's bench.
    cell: &'static str,
    /// The kind of the nodes.
    kind: Kind,
    /// The target, in instructions per event.
    target: u32,
    /// The present bound, if the target is not met yet: the measured number, rounded up.
    present: Option<u32>,
}

impl Ceiling {
    /// The bound that fails the step.
    fn bound(&self) -> u32 {
        self.present.unwrap_or(self.target)
    }
}

const fn ceiling(cell: &'static str, kind: Kind, target: u32) -> Ceiling {
    Ceiling { cell, kind, target, present: None }
}

impl Ceiling {
    /// Sets a present bound above the target.
    const fn at_present(self, bound: u32) -> Self {
        Self { present: Some(bound), ..self }
    }
}

/// The ceiling of every measured cell and kind.
const CEILINGS: [Ceiling; 12] = [
    ceiling("w1", Kind::Machines, 505).at_present(1_085),
    ceiling("w2-50", Kind::Machines, 520).at_present(1_015),
    ceiling("w2-200", Kind::Machines, 610).at_present(1_086),
    ceiling("w3", Kind::Machines, 580).at_present(1_009),
    ceiling("w4", Kind::Machines, 530).at_present(1_174),
    ceiling("w5", Kind::Machines, 650).at_present(1_182),
    ceiling("w1", Kind::Async, 770).at_present(1_655),
    ceiling("w2-50", Kind::Async, 770).at_present(1_505),
    ceiling("w2-200", Kind::Async, 860).at_present(1_582),
    ceiling("w3", Kind::Async, 820).at_present(1_586),
    ceiling("w4", Kind::Async, 750).at_present(1_865),
    ceiling("w5", Kind::Async, 960).at_present(1_966),
];

/// The most instructions that one rule may add to an event.
#[derive(Debug, Clone, Copy)]
struct RuleCeiling {
    /// The cell with [`RULES`] rules of one kind.
    cell: &'static str,
    /// The cell with the same workload and none of them.
    without: &'static str,
    /// The bound, in instructions per rule and event.
    bound: u32,
}

/// The rules of a cell with rules.
const RULES: f64 = 10.0;

/// The ceiling of each kind of rule on 40 nodes and on 5,000: it costs what a step changed, not what the cluster holds.
const RULE_CEILINGS: [RuleCeiling; 6] = [
    RuleCeiling { cell: "w1-each", without: "w1", bound: 80 },
    RuleCeiling { cell: "w1-unique", without: "w1", bound: 250 },
    RuleCeiling { cell: "w1-changed", without: "w1", bound: 200 },
    RuleCeiling { cell: "peers-5000-each", without: "peers-5000", bound: 80 },
    RuleCeiling { cell: "peers-5000-unique", without: "peers-5000", bound: 250 },
    RuleCeiling { cell: "peers-5000-changed", without: "peers-5000", bound: 200 },
];

/// The most instructions that an operation of a disk may need beyond an event of [`DISK_TIMERS`].
const DISK_CEILINGS: [Ceiling; 2] =
    [ceiling("disk", Kind::Machines, 250).at_present(1_128), ceiling("disk", Kind::Async, 250).at_present(914)];

/// The cell with a timer in place of each operation.
const DISK_TIMERS: &str = "disk-timers";

/// The most instructions that a recorded operation may add to an event of [`DISK_TIMERS`].
///
/// An operation is a call and its answer, both written to the log of the run. The bounds count more than this writing, for which the
/// target is: 46 instructions make the history of the log at the end, 41 pass the view of each step to its rule in vain, and a machine
/// pays for effects and boxed facts.
const CALL_CEILINGS: [Ceiling; 2] =
    [ceiling("calls", Kind::Machines, 60).at_present(1_058), ceiling("calls", Kind::Async, 60).at_present(273)];

/// A bound further above the count than this, in percent, is worth lowering.
const SLACK_PERCENT: u32 = 5;

/// The two scales at which a cell is counted. The difference of the two counts is the cost of events alone, without that of the start.
fn scales(cell: &str) -> [&'static str; 2] {
    match cell {
        "w1" | "w5" => ["0.1", "0.3"],
        _ if cell.starts_with("w1-") => ["0.1", "0.3"],
        "w2-200" => ["0.3", "0.6"],
        _ if cell.starts_with("peers-") => ["0.1", "0.2"],
        "w4" => ["0.03", "0.1"],
        _ => ["0.05", "0.2"],
    }
}

/// Counts every cell that has a ceiling and compares. Without valgrind prints that the step is skipped, and passes.
///
/// # Errors
///
/// The bench could not be built or counted, or an event exceeds its ceiling.
pub fn measure(environment: &Environment) -> Result<(), InstructionsError> {
    if !callgrind::is_installed(environment) {
        println!("      skipped: valgrind is not installed, so nothing was counted; install it as .ci/run does");
        return Ok(());
    }
    let mut counts = Counts { programs: Programs::build_product(environment)?, environment, counted: BTreeMap::new() };
    let mut over = Vec::new();
    let mut judge = |ceiling: &Ceiling, counted: f64| {
        println!("      {}", verdict(ceiling, counted));
        if counted > f64::from(ceiling.bound()) {
            over.push(verdict(ceiling, counted));
        }
    };
    for ceiling in &CEILINGS {
        judge(ceiling, counts.of(ceiling.cell, ceiling.kind)?);
    }
    for ceiling in DISK_CEILINGS.iter().chain(&CALL_CEILINGS) {
        judge(ceiling, counts.of(ceiling.cell, ceiling.kind)? - counts.of(DISK_TIMERS, ceiling.kind)?);
    }
    for RuleCeiling { cell, without, bound } in RULE_CEILINGS {
        let per_rule = (counts.of(cell, Kind::Machines)? - counts.of(without, Kind::Machines)?) / RULES;
        let line = format!("{cell:<18} {per_rule:>5.1} instructions per rule and event, at most {bound}");
        println!("      {line}");
        if per_rule > f64::from(bound) {
            over.push(format!("{line}: too many"));
        }
    }
    over.extend(sweeps::measure(environment, counts.of("w1", Kind::Machines)?)?);
    if over.is_empty() { Ok(()) } else { Err(InstructionsError::Over { cells: over.join("\n       ") }) }
}

/// The instructions per event of the cells that were counted so far.
struct Counts<'e> {
    programs: Programs,
    environment: &'e Environment,
    counted: BTreeMap<(&'static str, Kind), f64>,
}

impl Counts<'_> {
    /// Counts a cell, once.
    fn of(&mut self, cell: &'static str, kind: Kind) -> Result<f64, InstructionsError> {
        if let Some(counted) = self.counted.get(&(cell, kind)) {
            return Ok(*counted);
        }
        // A count does not depend on what runs beside it.
        let [shorter, longer] = thread::scope(|scope| {
            let counted = scales(cell).map(|scale| scope.spawn(|| self.whole_run(cell, kind, scale)));
            counted.map(|counted| counted.join().expect("it only counts"))
        });
        let ((shorter, fewer), (longer, more)) = (shorter?, longer?);
        let counted = longer.saturating_sub(shorter) as f64 / (more - fewer) as f64;
        self.counted.insert((cell, kind), counted);
        Ok(counted)
    }

    /// Counts the instructions and events of a whole run.
    fn whole_run(&self, cell: &str, kind: Kind, scale: &str) -> Result<(u64, u64), InstructionsError> {
        let program = self.programs.product(&format!("--cell {cell} --kind {} --scale {scale} --digest", kind.name()))?;
        let (instructions, printed) = callgrind::count(&program, self.environment)?;
        let events = events(&printed).ok_or_else(|| InstructionsError::Unreadable { call: program.to_string() })?;
        Ok((instructions, events))
    }
}

/// The events of a whole run, from the output of the bench: `w1 runs=1 events=34876 digest=…`.
fn events(printed: &str) -> Option<u64> {
    printed.split_whitespace().find_map(|word| word.strip_prefix("events="))?.parse().ok()
}

/// A line with the count, the bound and the target.
fn verdict(ceiling: &Ceiling, counted: f64) -> String {
    let Ceiling { cell, kind, target, present } = ceiling;
    let bound = ceiling.bound();
    let head = format!("{cell:<6} {:<8} {counted:>7.1} instructions per event, at most {bound:>5}", kind.name());
    let is_met = counted <= f64::from(*target);
    match present {
        _ if counted > f64::from(bound) => format!("{head}: too many"),
        Some(_) if is_met => format!("{head}: the target of {target} is met, make it the bound"),
        Some(_) => {
            let lower = if counted * f64::from(100 + SLACK_PERCENT) < f64::from(bound * 100) { "; lower the bound" } else { "" };
            format!("{head}: {:.2} times the target of {target}{lower}", counted / f64::from(*target))
        }
        None => format!("{head}: the target"),
    }
}

/// An event needs too many instructions, or they could not be counted.
#[derive(Debug, thiserror::Error)]
pub enum InstructionsError {
    /// The bench could not be built.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// The bench failed under valgrind, or was not counted.
    #[error(transparent)]
    Callgrind(#[from] CallgrindError),
    /// A sweep could not be counted.
    #[error(transparent)]
    Sweeps(#[from] SweepsError),
    /// The output contains no count.
    #[error("`{call}` printed no number of events")]
    Unreadable {
        /// The call.
        call: String,
    },
    /// A cell exceeds its ceiling.
    #[error(
        "{cells}\n       \
         profile it: CARGO_PROFILE_BENCH_DEBUG=1 cargo bench --bench product --no-run, then valgrind --tool=callgrind on the built program"
    )]
    Over {
        /// A line for each cell that exceeds its ceiling.
        cells: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_from_the_bench() {
        assert_eq!(events("w1 runs=1 events=34876 digest=f0fe5d195cc10c27\n"), Some(34_876));
        assert_eq!(events("w1 runs=1\n"), None);
    }

    #[test]
    fn a_verdict_compares_with_target_and_bound() {
        let met = ceiling("w1", Kind::Machines, 500);
        let unmet = met.at_present(1_000);
        assert!(verdict(&met, 500.0).ends_with("at most   500: the target"), "{}", verdict(&met, 500.0));
        assert!(verdict(&met, 500.5).ends_with(": too many"));
        assert!(verdict(&unmet, 1_000.5).ends_with("at most  1000: too many"));
        assert!(verdict(&unmet, 990.0).ends_with(": 1.98 times the target of 500"));
        assert!(verdict(&unmet, 900.0).ends_with(": 1.80 times the target of 500; lower the bound"));
        assert!(verdict(&unmet, 480.0).ends_with(": the target of 500 is met, make it the bound"));
    }

    #[test]
    fn no_present_bound_is_below_its_target() {
        for ceiling in CEILINGS.iter().chain(&DISK_CEILINGS).chain(&CALL_CEILINGS) {
            assert!(ceiling.present.is_none_or(|bound| bound > ceiling.target), "{ceiling:?} is stricter than its target");
        }
    }
}
