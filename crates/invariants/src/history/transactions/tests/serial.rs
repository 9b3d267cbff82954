//! The verdict is that of trying every serial order.

use std::collections::BTreeMap;

use super::notation::{lists, registers};
use super::random::{notation, random_transactions};
use super::*;
use crate::history::{Completion, Operation};

/// The content of each key: a list, or the value of a register and nothing else.
pub(super) type Store = BTreeMap<char, Vec<u32>>;

/// A step that a store can carry out.
pub(super) trait Apply: Step {
    /// Changes the store; returns whether that is what the step heard, if it heard anything.
    fn apply(&self, store: &mut Store, answer: Option<&Self::Answer>) -> bool;
}

impl Apply for AppendOp<char, u32> {
    fn apply(&self, store: &mut Store, answer: Option<&AppendAnswer<u32>>) -> bool {
        match (self, answer) {
            (Self::Append(key, value), _) => store.entry(*key).or_default().push(*value),
            (Self::Read(key), Some(AppendAnswer::List(list))) => return store.get(key).unwrap_or(&Vec::new()) == list,
            (Self::Read(_), _) => {}
        }
        true
    }
}

impl Apply for WriteOp<char, u32> {
    fn apply(&self, store: &mut Store, answer: Option<&WriteAnswer<u32>>) -> bool {
        match (self, answer) {
            (Self::Write(key, value), _) => drop(store.insert(*key, vec![*value])),
            (Self::Read(key), Some(WriteAnswer::Value(value))) => {
                return store.get(key).and_then(|values| values.last()) == value.as_ref();
            }
            (Self::Read(_), _) => {}
        }
        true
    }
}

pub(super) type Operations<'h, S> = &'h [Operation<Vec<S>, Vec<<S as Step>::Answer>>];

/// Applies all steps; returns whether each heard what happened.
pub(super) fn apply_all<S: Apply>(operation: &Operation<Vec<S>, Vec<S::Answer>>, store: &mut Store) -> bool {
    let answers = operation.answer();
    operation.op.iter().enumerate().all(|(step, op)| op.apply(store, answers.map(|answers| &answers[step])))
}

/// Whether the first operation must come before the second.
pub(super) fn precedes<O, A>(first: &Operation<O, A>, second: &Operation<O, A>, order: TimeOrder) -> bool {
    let ends_before = matches!(&first.outcome, Completion::Ok { at, .. } if at.order < second.invoked.order);
    match order {
        TimeOrder::None => false,
        TimeOrder::Process => ends_before && first.process == second.process,
        TimeOrder::RealTime => ends_before,
    }
}

/// Tries all serial orders that keep that order of the clients, with and without the open transactions.
fn has_serial_order<S: Apply>(operations: Operations<'_, S>, order: TimeOrder, placed: u32, store: &Store) -> bool {
    let left = |index: &usize| placed >> index & 1 == 0;
    let must = |index: &usize| matches!(operations[*index].outcome, Completion::Ok { .. });
    if (0..operations.len()).filter(left).filter(must).count() == 0 {
        return true;
    }
    (0..operations.len()).filter(left).any(|index| {
        let operation = &operations[index];
        let is_too_early = (0..operations.len()).filter(left).any(|other| precedes(&operations[other], operation, order));
        let mut next = store.clone();
        operation.may_have_happened()
            && !is_too_early
            && apply_all(operation, &mut next)
            && has_serial_order(operations, order, placed | 1 << index, &next)
    })
}

const LEVELS: [(Level, TimeOrder); 3] = [
    (Level::Serializable, TimeOrder::None),
    (Level::StrongSessionSerializable, TimeOrder::Process),
    (Level::StrictSerializable, TimeOrder::RealTime),
];

pub(super) fn forbids_any(level: Level, anomalies: &Anomalies) -> bool {
    anomalies.counts.keys().any(|kind| level.forbids(*kind))
}

#[test]
fn the_verdict_on_lists_is_that_of_all_serial_orders() {
    let mut refused = [0; 3];
    for seed in 0..100_000 {
        let lines = notation(&random_transactions(seed), true);
        let history = lists(&lines);
        let anomalies = Transactions::list_append().analyze(&history).unwrap();
        for ((level, order), refused) in LEVELS.into_iter().zip(&mut refused) {
            let is_possible = has_serial_order(history.operations(), order, 0, &Store::new());
            *refused += usize::from(!is_possible);
            let found = forbids_any(level, &anomalies);
            assert_eq!(found, !is_possible, "seed {seed} at {level:?}:\n{lines}{:#?}", anomalies.examples);
        }
    }
    assert!(refused[0] > 10_000 && refused[2] < 90_000, "{refused:?}");
    assert!(refused[0] + 1_000 < refused[1] && refused[1] + 1_000 < refused[2], "{refused:?}");
}

#[test]
fn registers_that_some_serial_order_explains_show_nothing() {
    let (mut refused, mut found) = ([0; 3], [0; 3]);
    for seed in 0..100_000 {
        let lines = notation(&random_transactions(seed), false);
        let history = registers(&lines);
        for (index, (level, order)) in LEVELS.into_iter().enumerate() {
            // A serial order that keeps some order of clients keeps it for each key.
            let key_order = [KeyOrder::Unknown, KeyOrder::Sequential, KeyOrder::Linearizable][index];
            let anomalies = Transactions::read_write().level(level).key_order(key_order).analyze(&history).unwrap();
            if has_serial_order(history.operations(), order, 0, &Store::new()) {
                assert!(!forbids_any(level, &anomalies), "seed {seed} at {level:?}:\n{lines}{:#?}", anomalies.examples);
            } else {
                refused[index] += 1;
                found[index] += usize::from(forbids_any(level, &anomalies));
            }
        }
    }
    for (refused, found) in refused.into_iter().zip(found) {
        assert!(refused > 10_000 && found > refused / 2, "{found} of {refused}");
    }
}
