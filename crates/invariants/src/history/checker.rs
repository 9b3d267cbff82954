//! Checkers of histories, and the judgements that they return.

use serde_json::Value;

use super::history_event::HistoryEvent;
use super::record::History;
use crate::cycle_picture::CycleArrow;

/// A contradiction, with the operations that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The explanation, as a sentence without a full stop.
    pub message: String,
    /// The operations that show it, by index; those that the sentence names.
    pub operations: Vec<usize>,
}

/// The judgement of a checker about a history.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judgement {
    /// The contradictions; none if a correct system could have answered so.
    pub findings: Vec<Contradiction>,
    /// Why the checker could not decide. Never counted as a pass.
    pub unknown: Option<String>,
    /// How many operations could have shown a contradiction; 0 proves nothing.
    pub times_checked: u64,
    /// Measurements for the report; null without any.
    pub measured: Value,
    /// The dependencies of the first contradiction, if it is a cycle of transactions.
    ///
    /// Each leads to the start of the next, and the last to that of the first.
    pub cycle: Vec<CycleArrow>,
    /// An order that explains every answer before that of the first contradiction.
    ///
    /// Empty where the checker looked for none.
    pub longest_order: Vec<usize>,
}

/// Judges the histories of clients that asked for `O` and heard `A`.
///
/// A checker that decides in linear time does so event by event, so that a run ends at the answer that breaks it; one that
/// searches does so at the end.
pub trait Checker<O, A> {
    /// Whether it judges events while the run goes on.
    ///
    /// A checker that judges the whole at the end returns `false`, and hears of no event.
    fn judges_events(&self) -> bool {
        true
    }

    /// Judges one event.
    ///
    /// # Errors
    ///
    /// The contradiction that the event makes.
    fn observe(&mut self, event: &HistoryEvent<'_, O, A>) -> Result<(), Contradiction> {
        let _ = event;
        Ok(())
    }

    /// Says what a client asked and heard, a line for each part; `None` if the types say it well enough.
    fn describe(&self, op: &O, answer: Option<&A>) -> Option<String> {
        let _ = (op, answer);
        None
    }

    /// Judges the whole history; what [`observe`](Self::observe) found is known already.
    fn finish(&mut self, history: &History<O, A>) -> Judgement;
}

/// Judges a whole history: its events in order, then the end.
pub fn check<O, A>(checker: &mut impl Checker<O, A>, history: &History<O, A>) -> Judgement {
    let mut findings: Vec<Contradiction> = history.events().filter_map(|event| checker.observe(&event).err()).collect();
    let mut judgement = checker.finish(history);
    findings.append(&mut judgement.findings);
    Judgement { findings, ..judgement }
}
