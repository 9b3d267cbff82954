//! A list that only grows.

use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::history::model::Model;

/// A list that begins empty and to whose end clients append: a log, a feed, a ledger.
#[derive(Debug, Clone, Copy)]
pub struct AppendList<V>(PhantomData<fn(V)>);

impl<V> Default for AppendList<V> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// Requests of clients to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppendListOp<V> {
    /// Puts a value at the end.
    Append(V),
    /// Asks for all values.
    Read,
}

/// Answers that clients hear.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppendListAnswer<V> {
    /// The value was appended.
    Done,
    /// The value was appended, and is preceded by that many.
    At(u64),
    /// All values, first appended first.
    Values(Vec<V>),
}

impl<V: Clone + Eq + Hash + Debug> Model for AppendList<V> {
    type Op = AppendListOp<V>;
    type Answer = AppendListAnswer<V>;
    type State = Vec<V>;
    type Key = ();

    fn key(&self, _: &AppendListOp<V>) {}

    fn initial(&self) -> Vec<V> {
        Vec::new()
    }

    fn step(&self, list: &Vec<V>, op: &AppendListOp<V>, answer: Option<&AppendListAnswer<V>>) -> Option<Vec<V>> {
        let fits = match (op, answer) {
            (_, None) | (AppendListOp::Append(_), Some(AppendListAnswer::Done)) => true,
            (AppendListOp::Append(_), Some(AppendListAnswer::At(place))) => *place == list.len() as u64,
            (AppendListOp::Read, Some(AppendListAnswer::Values(values))) => values == list,
            _ => false,
        };
        fits.then(|| {
            let mut next = list.clone();
            if let AppendListOp::Append(value) = op {
                next.push(value.clone());
            }
            next
        })
    }

    fn heap_bytes(&self, list: &Vec<V>) -> usize {
        size_of_val::<[V]>(list)
    }

    fn changes_nothing(&self, op: &AppendListOp<V>, _: Option<&AppendListAnswer<V>>) -> bool {
        matches!(op, AppendListOp::Read)
    }
}
