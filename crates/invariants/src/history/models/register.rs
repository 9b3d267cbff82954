//! A register, and one that compares and sets.

use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::history::model::{Access, Model};

/// A register that holds one value, or none before the first write.
#[derive(Debug, Clone, Copy)]
pub struct Register<V>(PhantomData<fn(V)>);

impl<V> Default for Register<V> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// Requests of clients to a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegisterOp<V> {
    /// Asks for the value.
    Read,
    /// Sets the value, whatever it is.
    Write(V),
    /// Sets the value to the second if it is the first.
    CompareAndSet(V, V),
}

/// Answers that clients hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegisterAnswer<V> {
    /// The value read; `None` before the first write.
    Value(Option<V>),
    /// The value was written.
    Written,
    /// The value was other than expected and stays.
    Mismatch,
}

impl<V: Clone + Eq + Hash + Debug> Model for Register<V> {
    type Op = RegisterOp<V>;
    type Answer = RegisterAnswer<V>;
    type State = Option<V>;
    type Key = ();

    fn key(&self, _: &Self::Op) {}

    fn initial(&self) -> Option<V> {
        None
    }

    fn step(&self, state: &Option<V>, op: &Self::Op, answer: Option<&Self::Answer>) -> Option<Option<V>> {
        match (op, answer) {
            (RegisterOp::Read, None) => Some(state.clone()),
            (RegisterOp::Read, Some(RegisterAnswer::Value(value))) => (value == state).then(|| state.clone()),
            (RegisterOp::Write(value), None | Some(RegisterAnswer::Written)) => Some(Some(value.clone())),
            (RegisterOp::CompareAndSet(expected, value), answer) => {
                let is_equal = state.as_ref() == Some(expected);
                let next = if is_equal { Some(value.clone()) } else { state.clone() };
                match answer {
                    None => Some(next),
                    Some(RegisterAnswer::Written) => is_equal.then_some(next),
                    Some(RegisterAnswer::Mismatch) => (!is_equal).then_some(next),
                    Some(RegisterAnswer::Value(_)) => None,
                }
            }
            (RegisterOp::Read | RegisterOp::Write(_), Some(_)) => None,
        }
    }

    fn describe(&self, op: &Self::Op, answer: Option<&Self::Answer>) -> String {
        match (op, answer) {
            (RegisterOp::Read, Some(RegisterAnswer::Value(Some(value)))) => format!("read {value:?}"),
            (RegisterOp::Read, Some(RegisterAnswer::Value(None))) => "read nothing".to_owned(),
            (RegisterOp::Read, _) => "read".to_owned(),
            (RegisterOp::Write(value), _) => format!("write {value:?}"),
            (RegisterOp::CompareAndSet(expected, value), Some(RegisterAnswer::Mismatch)) => {
                format!("refused compare-and-set {expected:?} to {value:?}")
            }
            (RegisterOp::CompareAndSet(expected, value), _) => format!("compare-and-set {expected:?} to {value:?}"),
        }
    }

    fn describe_state(&self, state: &Option<V>) -> String {
        state.as_ref().map_or_else(|| "empty".to_owned(), |value| format!("{value:?}"))
    }

    fn changes_nothing(&self, op: &Self::Op, answer: Option<&Self::Answer>) -> bool {
        matches!((op, answer), (RegisterOp::Read, _) | (RegisterOp::CompareAndSet(..), Some(RegisterAnswer::Mismatch)))
    }

    fn access(&self, op: &Self::Op, answer: Option<&Self::Answer>) -> Access<Option<V>> {
        match (op, answer) {
            (RegisterOp::Read, Some(RegisterAnswer::Value(value))) => Access::Shows(value.clone()),
            (RegisterOp::Write(value), None | Some(RegisterAnswer::Written)) => Access::Overwrites(Some(value.clone())),
            _ => Access::Other,
        }
    }
}
