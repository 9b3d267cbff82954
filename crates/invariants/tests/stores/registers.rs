//! A register whose writes all differ, with five bugs.

use cluster_sim_invariants::History;
use cluster_sim_invariants::history::models::{Register, RegisterAnswer, RegisterOp};
use cluster_sim_invariants::history::{Bounds, Linearization, Operation, check_linearizable};

use crate::chance::Chance;
use crate::schedule::{Store, hold, is_before};

type Op = RegisterOp<u32>;
type Answer = RegisterAnswer<u32>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    None,
    /// A backup that lags behind answers reads.
    StaleBackup,
    /// A write is acknowledged and forgotten.
    LostWrite,
    /// An old write is applied once more.
    ResurfacingWrite,
    /// A refused write is there nonetheless.
    AppliedThoughRefused,
    /// A compare-and-set compares with what an old replica holds.
    ComparesWithOldValue,
}

struct Registers {
    bug: Bug,
    /// All values that it had, the last one now.
    values: Vec<u32>,
    written: u32,
}

impl Registers {
    fn old(&self, chance: &mut Chance) -> u32 {
        let back = (1 + chance.below(4) as usize).min(self.values.len() - 1);
        self.values[self.values.len() - 1 - back]
    }
}

impl Store for Registers {
    type Op = Op;
    type Answer = Answer;

    const CALLS: usize = 40;

    fn ask(&mut self, is_last: bool, chance: &mut Chance) -> Op {
        self.written += 1;
        match chance.below(4) {
            0 | 1 => RegisterOp::Read,
            2 if is_last => RegisterOp::Read,
            2 => RegisterOp::Write(self.written),
            _ => RegisterOp::CompareAndSet(self.values[self.values.len() - 1], self.written),
        }
    }

    fn apply(&mut self, op: &Op, chance: &mut Chance) -> Answer {
        let fires = chance.one_in(6);
        let now = self.values[self.values.len() - 1];
        match *op {
            RegisterOp::Read if fires && self.bug == Bug::StaleBackup => return RegisterAnswer::Value(Some(self.old(chance))),
            RegisterOp::Read => {
                if fires && self.bug == Bug::ResurfacingWrite {
                    let old = self.old(chance);
                    self.values.push(old);
                    return RegisterAnswer::Value(Some(old));
                }
                return RegisterAnswer::Value(Some(now));
            }
            RegisterOp::Write(_) if fires && self.bug == Bug::LostWrite => {}
            RegisterOp::Write(value) => self.values.push(value),
            RegisterOp::CompareAndSet(expected, value) => {
                let is_equal =
                    if self.bug == Bug::ComparesWithOldValue { self.values.contains(&expected) } else { now == expected };
                if !is_equal {
                    return RegisterAnswer::Mismatch;
                }
                self.values.push(value);
            }
        }
        RegisterAnswer::Written
    }

    fn refuse(&mut self, op: &Op) {
        if let (RegisterOp::Write(value), Bug::AppliedThoughRefused) = (op, self.bug) {
            self.values.push(*value);
        }
    }
}

/// The value that an answered operation shows the register to have at some moment while it runs.
fn value(operation: &Operation<Op, Answer>) -> Option<u32> {
    match (operation.op, operation.answer()?) {
        (RegisterOp::Write(value) | RegisterOp::CompareAndSet(_, value), RegisterAnswer::Written) => Some(value),
        (RegisterOp::Read, RegisterAnswer::Value(value)) => *value,
        _ => None,
    }
}

/// A value that was there, then another, then the first again; one that was refused; or two that replaced one.
fn shows(history: &History<Op, Answer>) -> bool {
    let operations = history.operations();
    let is_read = |operation: &&Operation<Op, Answer>| operation.op == RegisterOp::Read && value(operation).is_some();
    let comes_back = |last: &Operation<Op, Answer>| {
        let others = || operations.iter().filter(|other| value(other).is_some() && is_before(other, last));
        others()
            .filter(|other| value(other) != value(last))
            .any(|between| others().any(|first| value(first) == value(last) && is_before(first, between)))
    };
    let was_refused = |read: &Operation<Op, Answer>| {
        let failed = operations.iter().filter(|other| !other.may_have_happened());
        failed
            .filter_map(|other| if let RegisterOp::Write(value) = other.op { Some(value) } else { None })
            .any(|failed| value(read) == Some(failed))
    };
    let replaced = |operation: &Operation<Op, Answer>| match (operation.op, operation.answer()?) {
        (RegisterOp::CompareAndSet(expected, _), RegisterAnswer::Written) => Some(expected),
        _ => None,
    };
    let replaced: Vec<u32> = operations.iter().filter_map(replaced).collect();
    let is_replaced_twice = replaced.iter().any(|value| replaced.iter().filter(|other| *other == value).count() > 1);
    operations.iter().filter(is_read).any(|read| comes_back(read) || was_refused(read)) || is_replaced_twice
}

#[test]
fn a_broken_register_is_found_once_its_bug_shows() {
    use Bug::{AppliedThoughRefused, ComparesWithOldValue, LostWrite, None, ResurfacingWrite, StaleBackup};
    for bug in [None, StaleBackup, LostWrite, ResurfacingWrite, AppliedThoughRefused, ComparesWithOldValue] {
        // A first value that no client wrote: the first operation of a history begins after it.
        let store = || Registers { bug, values: vec![0], written: 0 };
        let is_refused = |history: &History<Op, Answer>| {
            let verdict = check_linearizable(&FromZero(Register::default()), history, Bounds::default());
            assert!(!matches!(verdict, Linearization::Unknown { .. }), "{verdict:?}");
            verdict != Linearization::Possible
        };
        hold(&format!("{bug:?}"), bug == None, store, shows, is_refused);
    }
}

/// A register that holds 0 at first.
struct FromZero(Register<u32>);

impl cluster_sim_invariants::Model for FromZero {
    type Op = Op;
    type Answer = Answer;
    type State = Option<u32>;
    type Key = ();

    fn key(&self, _: &Op) {}

    fn initial(&self) -> Option<u32> {
        Some(0)
    }

    fn step(&self, state: &Option<u32>, op: &Op, answer: Option<&Answer>) -> Option<Option<u32>> {
        self.0.step(state, op, answer)
    }

    fn changes_nothing(&self, op: &Op, answer: Option<&Answer>) -> bool {
        self.0.changes_nothing(op, answer)
    }
}
