//! A set to which each element is added once, with two bugs.

use std::collections::BTreeSet;

use cluster_sim_invariants::History;
use cluster_sim_invariants::history::aggregates::SetFull;
use cluster_sim_invariants::history::models::{Set, SetAnswer, SetOp};
use cluster_sim_invariants::history::{Bounds, Linearization, Operation, check, check_linearizable};

use crate::chance::Chance;
use crate::schedule::{Store, hold, is_before};

type Op = SetOp<u32>;
type Answer = SetAnswer<u32>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    None,
    /// An element is acknowledged and forgotten.
    ForgetsElement,
    /// A removal is acknowledged, and the element stays.
    KeepsRemoved,
}

struct Elements {
    bug: Bug,
    has_removals: bool,
    elements: BTreeSet<u32>,
    asked: u32,
}

impl Store for Elements {
    type Op = Op;
    type Answer = Answer;

    const CALLS: usize = 40;

    fn ask(&mut self, is_last: bool, chance: &mut Chance) -> Op {
        let element = chance.below(u64::from(self.asked) + 1) as u32;
        match chance.below(4) {
            0 if is_last => SetOp::Read,
            _ if is_last => SetOp::Contains(element),
            0 if self.has_removals => SetOp::Remove(element),
            0 | 1 => SetOp::Contains(element),
            2 => SetOp::Read,
            _ => {
                self.asked += 1;
                SetOp::Add(self.asked)
            }
        }
    }

    fn apply(&mut self, op: &Op, chance: &mut Chance) -> Answer {
        let fires = chance.one_in(4);
        match op {
            SetOp::Contains(element) => return SetAnswer::Contains(self.elements.contains(element)),
            SetOp::Read => return SetAnswer::Elements(self.elements.iter().copied().collect()),
            SetOp::Add(_) if fires && self.bug == Bug::ForgetsElement => {}
            SetOp::Remove(_) if fires && self.bug == Bug::KeepsRemoved => {}
            SetOp::Add(element) => drop(self.elements.insert(*element)),
            SetOp::Remove(element) => drop(self.elements.remove(element)),
        }
        SetAnswer::Done
    }

    fn refuse(&mut self, _: &Op) {}
}

/// Whether a read has an element; `None` if it does not say.
fn has(operation: &Operation<Op, Answer>, element: u32) -> Option<bool> {
    match (&operation.op, operation.answer()?) {
        (SetOp::Read, SetAnswer::Elements(elements)) => Some(elements.contains(&element)),
        (SetOp::Contains(of), SetAnswer::Contains(is_there)) if *of == element => Some(*is_there),
        _ => None,
    }
}

fn operations_of(history: &History<Op, Answer>, op: Op) -> impl Iterator<Item = &Operation<Op, Answer>> {
    history.operations().iter().filter(move |operation| operation.op == op)
}

/// An element that was added before and never removed, which a read lacks.
fn is_forgotten(history: &History<Op, Answer>) -> bool {
    (1..=40).any(|element| {
        let is_removed = operations_of(history, SetOp::Remove(element)).next().is_some();
        let reads = history.operations().iter().filter(|read| has(read, element) == Some(false));
        !is_removed && reads.into_iter().any(|read| operations_of(history, SetOp::Add(element)).any(|add| is_before(add, read)))
    })
}

/// An element that was removed after it was added, and that a read has.
fn is_kept(history: &History<Op, Answer>) -> bool {
    (1..=40).any(|element| {
        let removed = |read: &Operation<Op, Answer>| {
            operations_of(history, SetOp::Remove(element))
                .filter(|remove| is_before(remove, read))
                .any(|remove| operations_of(history, SetOp::Add(element)).any(|add| is_before(add, remove)))
        };
        history.operations().iter().filter(|read| has(read, element) == Some(true)).any(removed)
    })
}

#[test]
fn a_broken_set_is_found_once_its_bug_shows() {
    for bug in [Bug::None, Bug::ForgetsElement, Bug::KeepsRemoved] {
        let store = || Elements { bug, has_removals: true, elements: BTreeSet::new(), asked: 0 };
        let is_refused = |history: &History<Op, Answer>| {
            let verdict = check_linearizable(&Set::default(), history, Bounds::default());
            assert!(!matches!(verdict, Linearization::Unknown { .. }), "{verdict:?}");
            verdict != Linearization::Possible
        };
        hold(&format!("{bug:?}"), bug == Bug::None, store, |history| is_forgotten(history) || is_kept(history), is_refused);
    }
}

#[test]
fn a_set_that_forgets_is_found_by_its_last_reads() {
    for bug in [Bug::None, Bug::ForgetsElement] {
        let store = || Elements { bug, has_removals: false, elements: BTreeSet::new(), asked: 0 };
        let is_refused = |history: &_| !check(&mut SetFull::default().linearizable(), history).findings.is_empty();
        hold(&format!("{bug:?}"), bug == Bug::None, store, is_forgotten, is_refused);
    }
}
