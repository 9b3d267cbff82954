//! A queue whose values all differ, with four bugs.

use std::collections::VecDeque;

use cluster_sim_invariants::History;
use cluster_sim_invariants::history::aggregates::TotalQueue;
use cluster_sim_invariants::history::models::{Queue, QueueAnswer, QueueOp};
use cluster_sim_invariants::history::{Bounds, Linearization, Operation, check, check_linearizable};

use crate::chance::Chance;
use crate::schedule::{Store, hold, is_before};

type Op = QueueOp<u32>;
type Answer = QueueAnswer<u32>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    None,
    /// A value is given out and stays.
    Redelivers,
    /// A value is acknowledged and forgotten.
    DropsValue,
    /// The newest value is given out.
    TakesNewest,
    /// A consumer is told that there is nothing.
    ClaimsEmpty,
}

struct Values {
    bug: Bug,
    values: VecDeque<u32>,
    asked: u32,
}

impl Store for Values {
    type Op = Op;
    type Answer = Answer;

    const CALLS: usize = 16;

    fn ask(&mut self, is_last: bool, chance: &mut Chance) -> Op {
        self.asked += 1;
        if is_last || chance.one_in(2) { QueueOp::Dequeue } else { QueueOp::Enqueue(self.asked) }
    }

    fn apply(&mut self, op: &Op, chance: &mut Chance) -> Answer {
        let fires = chance.one_in(6);
        match *op {
            QueueOp::Enqueue(_) if fires && self.bug == Bug::DropsValue => QueueAnswer::Done,
            QueueOp::Enqueue(value) => {
                self.values.push_back(value);
                QueueAnswer::Done
            }
            QueueOp::Dequeue if fires && self.bug == Bug::ClaimsEmpty => QueueAnswer::Value(None),
            QueueOp::Dequeue if fires && self.bug == Bug::Redelivers => QueueAnswer::Value(self.values.front().copied()),
            QueueOp::Dequeue if fires && self.bug == Bug::TakesNewest => QueueAnswer::Value(self.values.pop_back()),
            QueueOp::Dequeue => QueueAnswer::Value(self.values.pop_front()),
        }
    }

    fn refuse(&mut self, _: &Op) {}
}

/// The operation that took a value.
fn taken(history: &History<Op, Answer>, value: u32) -> impl Iterator<Item = &Operation<Op, Answer>> {
    history.operations().iter().filter(move |operation| operation.answer() == Some(&QueueAnswer::Value(Some(value))))
}

/// The acknowledged values, each with the operation that put it in.
fn acknowledged(history: &History<Op, Answer>) -> impl Iterator<Item = (u32, &Operation<Op, Answer>)> {
    history.operations().iter().filter(|operation| operation.answer().is_some()).filter_map(|operation| match operation.op {
        QueueOp::Enqueue(value) => Some((value, operation)),
        QueueOp::Dequeue => None,
    })
}

/// A value that was taken twice.
fn is_redelivered(history: &History<Op, Answer>) -> bool {
    acknowledged(history).any(|(value, _)| taken(history, value).count() > 1)
}

/// Two values that were put in one after the other, and taken in the other order.
fn is_reordered(history: &History<Op, Answer>) -> bool {
    acknowledged(history).any(|(first, put)| {
        acknowledged(history)
            .filter(|(_, later)| is_before(put, later))
            .any(|(second, _)| taken(history, second).any(|newer| taken(history, first).any(|older| is_before(newer, older))))
    })
}

/// A value that was there while a consumer was told that there is nothing, or at the end though no consumer can have it.
fn is_denied(history: &History<Op, Answer>) -> bool {
    let empty = || history.operations().iter().filter(|operation| operation.answer() == Some(&QueueAnswer::Value(None)));
    let has_open = history.open().any(|operation| operation.op == QueueOp::Dequeue);
    acknowledged(history).any(|(value, put)| {
        empty().filter(|empty| is_before(put, empty)).any(|empty| match taken(history, value).next() {
            Some(taken) => is_before(empty, taken),
            None => !has_open,
        })
    })
}

#[test]
fn a_broken_queue_is_found_once_its_bug_shows() {
    let has_order = |history: &History<Op, Answer>| {
        let verdict = check_linearizable(&Queue::default(), history, Bounds::default());
        assert!(!matches!(verdict, Linearization::Unknown { .. }), "{verdict:?}");
        verdict == Linearization::Possible
    };
    for bug in [Bug::None, Bug::Redelivers, Bug::DropsValue, Bug::TakesNewest, Bug::ClaimsEmpty] {
        let store = || Values { bug, values: VecDeque::new(), asked: 0 };
        let shows = |history: &_| is_redelivered(history) || is_reordered(history) || is_denied(history);
        hold(&format!("{bug:?}"), bug == Bug::None, store, shows, |history| !has_order(history));
    }
}

#[test]
fn a_queue_that_redelivers_or_drops_is_found_by_counting() {
    let is_lost = |history: &History<Op, Answer>| {
        let has_open = history.open().any(|operation| operation.op == QueueOp::Dequeue);
        let last = history.operations().last().expect("there are calls");
        let is_drained = last.answer() == Some(&QueueAnswer::Value(None));
        is_drained && !has_open && acknowledged(history).any(|(value, _)| taken(history, value).next().is_none())
    };
    for bug in [Bug::None, Bug::Redelivers, Bug::DropsValue] {
        let store = || Values { bug, values: VecDeque::new(), asked: 0 };
        let is_refused = |history: &_| !check(&mut TotalQueue::default(), history).findings.is_empty();
        hold(&format!("{bug:?}"), bug == Bug::None, store, |history| is_redelivered(history) || is_lost(history), is_refused);
    }
}
