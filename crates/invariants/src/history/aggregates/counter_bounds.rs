//! A counter's reads lie between the sums that can have been.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::json;

use super::wrong_answer;
use crate::history::checker::{Checker, Contradiction, Judgement};
use crate::history::history_event::HistoryEvent;
use crate::history::models::{CounterAnswer, CounterOp};
use crate::history::operation::{Completion, Process};
use crate::history::record::History;

/// Checks that each value read of a counter is a sum of all adds before it and of some beside it.
///
/// Decided at the answer. The least such sum has every add that ended before the read was asked for, and of the others that were
/// asked for before its answer, open ones too, those that subtract; the greatest has those that add. A linearizable counter keeps
/// these bounds, and so does one that only never forgets an add. Values between the bounds that are no sum pass. An add that fails
/// after a read was answered can have hidden a contradiction; such reads are judged again at the end, without the adds that failed.
#[derive(Debug, Clone, Default)]
pub struct CounterBounds {
    /// The sum of the adds that ended, and of open ones that subtract.
    least: i128,
    /// The sum of the adds that ended, and of open ones that add.
    greatest: i128,
    /// The sums of all amounts asked for that subtract, and that add.
    asked: Asked,
    /// The bounds of the reads that are not answered, as they were when asked.
    reads: FxHashMap<Process, Bound>,
    adds: u64,
    open_adds: u64,
    failed_adds: u64,
    answers: u64,
    widest: i128,
    start: i64,
    /// The operations of the findings so far.
    found: FxHashSet<usize>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    negative: i128,
    positive: i128,
}

#[derive(Debug, Clone, Copy)]
struct Bound {
    least: i128,
    greatest: i128,
    asked: Asked,
}

impl CounterBounds {
    /// Checks a counter that begins at that number; the default begins at 0.
    pub fn starting_at(number: i64) -> Self {
        Self { least: number.into(), greatest: number.into(), start: number, ..Self::default() }
    }

    fn invoke(&mut self, process: Process, op: CounterOp) {
        let (amount, is_read) = parts(op);
        let (least, greatest) = (self.least + amount, self.greatest + amount);
        if !matches!(op, CounterOp::Read) {
            self.adds += 1;
            self.open_adds += 1;
        }
        self.asked.negative += amount.min(0);
        self.asked.positive += amount.max(0);
        self.least += amount.min(0);
        self.greatest += amount.max(0);
        if is_read {
            self.reads.insert(process, Bound { least, greatest, asked: self.asked });
        }
    }

    fn end_add(&mut self, op: CounterOp, has_happened: bool) {
        let (amount, _) = parts(op);
        if !matches!(op, CounterOp::Read) {
            self.open_adds -= 1;
        }
        self.failed_adds += u64::from(!has_happened && amount != 0);
        if has_happened {
            self.least += amount.max(0);
            self.greatest += amount.min(0);
        } else {
            self.least -= amount.min(0);
            self.greatest -= amount.max(0);
        }
    }

    fn judge(&mut self, index: usize, bound: Bound, value: i64) -> Result<(), Contradiction> {
        let least = bound.least + self.asked.negative - bound.asked.negative;
        let greatest = bound.greatest + self.asked.positive - bound.asked.positive;
        self.answers += 1;
        self.widest = self.widest.max(greatest - least);
        if (least..=greatest).contains(&i128::from(value)) {
            return Ok(());
        }
        let which = if i128::from(value) < least { "less than the adds before it sum to" } else { "more than all adds sum to" };
        let message = format!("a read gave {value}, {which}: it can be {least} to {greatest}");
        Err(Contradiction { message, operations: vec![index] })
    }

    fn hear(&mut self, event: &HistoryEvent<'_, CounterOp, CounterAnswer>) -> Result<(), Contradiction> {
        match *event {
            HistoryEvent::Invoked { process, op, .. } => self.invoke(process, *op),
            HistoryEvent::Completed { index, process, op, outcome, .. } => {
                let bound = self.reads.remove(&process);
                self.end_add(*op, matches!(outcome, Completion::Ok { .. }));
                let Completion::Ok { answer, .. } = outcome else { return Ok(()) };
                match (bound, answer) {
                    (Some(bound), CounterAnswer::Value(value)) => return self.judge(index, bound, *value),
                    (None, CounterAnswer::Done) => {}
                    _ => return Err(wrong_answer(index, op, answer)),
                }
            }
        }
        Ok(())
    }

    /// Judges all reads again without the adds that failed, and returns the contradictions that these hid.
    fn hidden(&self, history: &History<CounterOp, CounterAnswer>) -> Vec<Contradiction> {
        let mut again = Self::starting_at(self.start);
        let has_failed = |index: usize| matches!(history.operations()[index].outcome, Completion::Fail { .. });
        let events = history.events().filter(|event| match event {
            HistoryEvent::Invoked { index, .. } | HistoryEvent::Completed { index, .. } => !has_failed(*index),
        });
        let findings = events.filter_map(|event| again.hear(&event).err());
        findings.filter(|finding| !finding.operations.iter().any(|index| self.found.contains(index))).collect()
    }
}

/// The amount that an operation adds, and whether it reads.
fn parts(op: CounterOp) -> (i128, bool) {
    match op {
        CounterOp::Read => (0, true),
        CounterOp::Add(amount) => (amount.into(), false),
        CounterOp::AddAndRead(amount) => (amount.into(), true),
    }
}

impl Checker<CounterOp, CounterAnswer> for CounterBounds {
    fn observe(&mut self, event: &HistoryEvent<'_, CounterOp, CounterAnswer>) -> Result<(), Contradiction> {
        self.hear(event).inspect_err(|finding| self.found.extend(&finding.operations))
    }

    fn finish(&mut self, history: &History<CounterOp, CounterAnswer>) -> Judgement {
        let widest = i64::try_from(self.widest).unwrap_or(i64::MAX);
        let measured = json!({ "reads": self.answers, "adds": self.adds, "open_adds": self.open_adds, "widest_bounds": widest });
        let findings = if self.failed_adds > 0 { self.hidden(history) } else { Vec::new() };
        Judgement { findings, times_checked: self.answers, measured, ..Judgement::default() }
    }
}
