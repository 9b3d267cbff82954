//! Sequential consistency: one order of all calls explains every answer and keeps the order of each process.

mod interleave;
mod lanes;
#[cfg(test)]
mod tests;

use self::interleave::{Interleaved, interleave};
use self::lanes::Lanes;
use super::bounds::{Bounds, Budget};
use super::checker::{Checker, Contradiction, Judgement};
use super::model::Model;
use super::record::History;

/// Checks that correct objects could have answered so if only the order of each process counts.
///
/// Weaker than [`Linearizable`](super::Linearizable), which keeps real time too: here a read may be stale as long as its process
/// never looks back. The whole history is searched at once, for two objects can each be sequentially consistent and both
/// together not. Judges at the end.
#[derive(Debug, Clone, Default)]
pub struct Sequential<M> {
    model: M,
    bounds: Bounds,
}

impl<M: Model> Sequential<M> {
    /// Checks against that model, within the default [`Bounds`].
    pub fn new(model: M) -> Self {
        Self { model, bounds: Bounds::default() }
    }

    /// Spends at most that much.
    #[must_use]
    pub fn bounds(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }
}

impl<M: Model> Checker<M::Op, M::Answer> for Sequential<M> {
    fn judges_events(&self) -> bool {
        false
    }

    fn describe(&self, op: &M::Op, answer: Option<&M::Answer>) -> Option<String> {
        Some(self.model.describe(op, answer))
    }

    fn finish(&mut self, history: &History<M::Op, M::Answer>) -> Judgement {
        let times_checked = history.operations().iter().filter(|operation| operation.answer().is_some()).count() as u64;
        let judgement = Judgement { times_checked, ..Judgement::default() };
        match check_sequential(&self.model, history, self.bounds) {
            Sequence::Possible => judgement,
            Sequence::Impossible(stuck) => {
                let finding = finding(&self.model, history, &stuck);
                Judgement { findings: vec![finding], longest_order: stuck.longest, ..judgement }
            }
            Sequence::Unknown { reason } => Judgement { unknown: Some(reason), ..judgement },
        }
    }
}

/// The result of a check of sequential consistency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sequence {
    /// Correct objects could have answered so.
    Possible,
    /// They could not have.
    Impossible(NotSequential),
    /// A bound was spent first; never a pass.
    Unknown {
        /// Which bound, and how to raise it.
        reason: String,
    },
}

/// Shows how far an order of the operations can go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotSequential {
    /// An order that explains as many answers as possible, as indices of the history.
    pub longest: Vec<usize>,
    /// The next answered operation of each process after that order; none of them can follow.
    pub blocked: Vec<usize>,
}

/// Judges whether correct objects could have answered so if only the order of each process counts.
///
/// There is one object per key, but all are searched together.
pub fn check_sequential<M: Model>(model: &M, history: &History<M::Op, M::Answer>, bounds: Bounds) -> Sequence {
    let lanes = Lanes::new(model, history.operations());
    match interleave(model, &lanes, &mut Budget::new(bounds)) {
        Ok(Interleaved::Order) => Sequence::Possible,
        Ok(Interleaved::Stuck { longest, blocked }) => {
            let index = |call: &usize| lanes.calls[*call].index;
            let (longest, blocked) = (longest.iter().map(index).collect(), blocked.iter().map(index).collect());
            Sequence::Impossible(NotSequential { longest, blocked })
        }
        Err(spent) => Sequence::Unknown { reason: spent.reason(bounds) },
    }
}

/// Operations that a sentence names.
const NAMED: usize = 3;

fn finding<M: Model>(model: &M, history: &History<M::Op, M::Answer>, stuck: &NotSequential) -> Contradiction {
    let text = |index: &usize| {
        let operation = &history.operations()[*index];
        format!("{} of {}", model.describe(&operation.op, operation.answer()), history.process_name(operation.process))
    };
    let operations: Vec<usize> = stuck.blocked.iter().copied().take(NAMED).collect();
    let named: Vec<String> = operations.iter().map(text).collect();
    let more = stuck.blocked.len() - operations.len();
    let others = if more > 0 { format!(" and {more} more") } else { String::new() };
    let placed = stuck.longest.len();
    let message = format!(
        "no order of the calls that keeps that of each process explains more than {placed} of them; after these could come only {}{others}, with a wrong answer",
        named.join(" or ")
    );
    Contradiction { message, operations }
}
