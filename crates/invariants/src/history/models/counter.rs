//! A counter.

use serde::{Deserialize, Serialize};

use crate::history::model::Model;

/// A number that begins at 0, to which clients add; it wraps at 64 bits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counter;

/// Requests of clients to a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CounterOp {
    /// Asks for the number.
    Read,
    /// Adds to the number, or subtracts if negative.
    Add(i64),
    /// Adds, and asks for the sum.
    AddAndRead(i64),
}

/// Answers that clients hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CounterAnswer {
    /// It was added.
    Done,
    /// The number, after what the operation itself adds.
    Value(i64),
}

impl Model for Counter {
    type Op = CounterOp;
    type Answer = CounterAnswer;
    type State = i64;
    type Key = ();

    fn key(&self, _: &CounterOp) {}

    fn initial(&self) -> i64 {
        0
    }

    fn step(&self, number: &i64, op: &CounterOp, answer: Option<&CounterAnswer>) -> Option<i64> {
        let (sum, is_read) = match op {
            CounterOp::Read => (*number, true),
            CounterOp::Add(amount) => (number.wrapping_add(*amount), false),
            CounterOp::AddAndRead(amount) => (number.wrapping_add(*amount), true),
        };
        let fits = match answer {
            None => true,
            Some(CounterAnswer::Done) => !is_read,
            Some(CounterAnswer::Value(value)) => is_read && *value == sum,
        };
        fits.then_some(sum)
    }

    fn changes_nothing(&self, op: &CounterOp, _: Option<&CounterAnswer>) -> bool {
        matches!(op, CounterOp::Read)
    }
}
