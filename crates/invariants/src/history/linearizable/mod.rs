//! Linearizability: each operation takes effect at one moment between its invocation and its answer.

mod calls;
#[cfg(test)]
mod cost;
mod explain;
#[cfg(test)]
mod long;
mod mask;
mod others;
mod search;
#[cfg(test)]
mod tests;
mod unique_writes;

use std::collections::BTreeMap;

use self::calls::{Calls, Event};
use self::explain::explain;
use self::search::{Found, Helpers, find_order};
use self::unique_writes::Judged;
use super::bounds::{Bounds, Budget};
use super::checker::{Checker, Judgement};
use super::model::Model;
use super::record::History;

/// Checks that one object per key, each correct by the model `M`, could have answered as recorded.
#[derive(Debug, Clone, Default)]
pub struct Linearizable<M> {
    model: M,
    bounds: Bounds,
}

impl<M: Model> Linearizable<M> {
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

impl<M: Model> Checker<M::Op, M::Answer> for Linearizable<M> {
    fn judges_events(&self) -> bool {
        false
    }

    fn describe(&self, op: &M::Op, answer: Option<&M::Answer>) -> Option<String> {
        Some(self.model.describe(op, answer))
    }

    fn finish(&mut self, history: &History<M::Op, M::Answer>) -> Judgement {
        let times_checked = history.operations().iter().filter(|operation| operation.answer().is_some()).count() as u64;
        let judgement = Judgement { times_checked, ..Judgement::default() };
        match check_linearizable(&self.model, history, self.bounds) {
            Linearization::Possible => judgement,
            Linearization::Impossible(stuck) => {
                let is_of_object = |index: &usize| self.model.key(&history.operations()[*index].op) == stuck.key;
                let object: Vec<usize> = (0..history.operations().len()).filter(is_of_object).collect();
                let finding = explain(&self.model, history, &object, stuck.operation);
                Judgement { findings: vec![finding], longest_order: stuck.longest, ..judgement }
            }
            Linearization::Unknown { key, reason } => Judgement { unknown: Some(format!("{key:?}: {reason}")), ..judgement },
        }
    }
}

/// The result of a check of linearizability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Linearization<K> {
    /// A correct object could have answered so.
    Possible,
    /// No correct object could have.
    Impossible(NotLinearizable<K>),
    /// A bound was spent first; never a pass.
    Unknown {
        /// The object whose search spent it.
        key: K,
        /// Which bound, and how to raise it.
        reason: String,
    },
}

/// Shows where no order of the operations is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotLinearizable<K> {
    /// The object.
    pub key: K,
    /// The operation whose answer no order explains, as an index of the history.
    pub operation: usize,
    /// An order that explains all answers before that one, as indices of the history.
    pub longest: Vec<usize>,
}

/// Judges whether one object per key, each correct by the model, could have answered as recorded.
///
/// A history is linearizable if the history of each object is, so each is judged by itself, in the order of the keys.
/// The first object that could not have answered so ends the check. An object whose operations all overwrite or show its state
/// ([`Model::access`]) and leave no state twice costs O(n log n), without bounds; any other is searched.
pub fn check_linearizable<M: Model>(model: &M, history: &History<M::Op, M::Answer>, bounds: Bounds) -> Linearization<M::Key> {
    judge_objects(model, history, bounds, true)
}

fn judge_objects<M: Model>(
    model: &M,
    history: &History<M::Op, M::Answer>,
    bounds: Bounds,
    avoid_search: bool,
) -> Linearization<M::Key> {
    let mut objects: BTreeMap<M::Key, Vec<usize>> = BTreeMap::new();
    for (index, operation) in history.operations().iter().enumerate() {
        objects.entry(model.key(&operation.op)).or_default().push(index);
    }
    let mut budget = Budget::new(bounds);
    let mut unknown = None;
    for (key, indices) in objects {
        let judged = if avoid_search { unique_writes::judge(model, history.operations(), &indices) } else { None };
        match judged {
            Some(Judged::Possible) => continue,
            Some(Judged::Impossible { operation, longest }) => {
                return Linearization::Impossible(NotLinearizable { key, operation, longest });
            }
            None => {}
        }
        let calls = Calls::new(model, history.operations(), &indices);
        match find_order(model, &calls, &Helpers::none(), None, &mut budget) {
            Ok(Found::Order(_)) => {}
            Ok(Found::Stuck { event }) => return Linearization::Impossible(stuck(model, key, &calls, event)),
            Err(spent) => {
                unknown.get_or_insert((key, spent));
            }
        }
    }
    match unknown {
        None => Linearization::Possible,
        Some((key, spent)) => Linearization::Unknown { key, reason: spent.reason(bounds) },
    }
}

fn stuck<M: Model>(model: &M, key: M::Key, calls: &Calls<'_, M>, event: usize) -> NotLinearizable<M::Key> {
    let Event::Return(call) = calls.events[event] else { unreachable!("a search is stuck at an answer") };
    // The search that failed forgot its orders: this one takes the same way up to that answer.
    let everything = Bounds { steps: u64::MAX, memory: usize::MAX };
    let longest = match find_order(model, calls, &Helpers::none(), Some(event), &mut Budget::new(everything)) {
        Ok(Found::Order(order)) => order.into_iter().map(|call| calls.calls[call].index).collect(),
        Ok(Found::Stuck { .. }) | Err(_) => unreachable!("the same search takes the same way"),
    };
    NotLinearizable { key, operation: calls.calls[call].index, longest }
}
