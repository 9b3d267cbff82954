//! Naive checkers, written for these benches alone: what ours are compared with.

use cluster_sim_invariants::history::{Completion, Operation};
use cluster_sim_invariants::{History, Model};

/// How the naive search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Order,
    NoOrder,
    /// It took more steps than it may.
    GaveUp,
}

/// Wing and Gong's search as they published it: tries each call that may come next, remembers nothing, knows no keys.
///
/// A call without an answer may be left out.
pub(crate) fn find_order<M: Model>(model: &M, history: &History<M::Op, M::Answer>, steps: u64) -> Outcome {
    let operations: Vec<_> = history.operations().iter().filter(|operation| operation.may_have_happened()).collect();
    let mut search = Search { model, placed: vec![false; operations.len()], operations, states: Vec::new(), steps };
    match search.extend() {
        Some(true) => Outcome::Order,
        Some(false) => Outcome::NoOrder,
        None => Outcome::GaveUp,
    }
}

struct Search<'h, M: Model> {
    model: &'h M,
    operations: Vec<&'h Operation<M::Op, M::Answer>>,
    placed: Vec<bool>,
    /// The state of each object.
    states: Vec<(M::Key, M::State)>,
    steps: u64,
}

impl<M: Model> Search<'_, M> {
    /// Whether the calls placed so far can be followed by all others; `None` without steps left.
    fn extend(&mut self) -> Option<bool> {
        let answers = |place: &usize| matches!(self.operations[*place].outcome, Completion::Ok { .. }) && !self.placed[*place];
        let first_end = (0..self.operations.len()).filter(answers).filter_map(|place| self.operations[place].completed()).min();
        let Some(first_end) = first_end else { return Some(true) };
        for place in 0..self.operations.len() {
            let operation = self.operations[place];
            if operation.invoked > first_end {
                break;
            }
            if self.placed[place] {
                continue;
            }
            self.steps = self.steps.checked_sub(1)?;
            let object = self.object(self.model.key(&operation.op));
            let Some(next) = self.model.step(&self.states[object].1, &operation.op, operation.answer()) else { continue };
            let before = std::mem::replace(&mut self.states[object].1, next);
            self.placed[place] = true;
            if self.extend()? {
                return Some(true);
            }
            self.placed[place] = false;
            self.states[object].1 = before;
        }
        Some(false)
    }

    fn object(&mut self, key: M::Key) -> usize {
        self.states.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            self.states.push((key, self.model.initial()));
            self.states.len() - 1
        })
    }
}

/// Counts the pairs of answered calls of which the second contradicts the first, in the order of their invocations.
pub(crate) fn contradicting_pairs<O, A>(
    history: &History<O, A>,
    contradicts: impl Fn(&Operation<O, A>, &Operation<O, A>) -> bool,
) -> usize {
    let answered: Vec<_> = history.operations().iter().filter(|operation| operation.answer().is_some()).collect();
    let before = |place: usize| answered[..place].iter().filter(|earlier| contradicts(earlier, answered[place])).count();
    (0..answered.len()).map(before).sum()
}
