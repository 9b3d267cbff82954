//! A set.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::history::model::Model;

/// A set that begins empty.
#[derive(Debug, Clone, Copy)]
pub struct Set<V>(PhantomData<fn(V)>);

impl<V> Default for Set<V> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// Requests of clients to a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetOp<V> {
    /// Puts an element in, if it is not there.
    Add(V),
    /// Takes an element out, if it is there.
    Remove(V),
    /// Asks whether an element is there.
    Contains(V),
    /// Asks for all elements.
    Read,
}

/// Answers that clients hear.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetAnswer<V> {
    /// The element was put in or taken out.
    Done,
    /// Whether the element is there.
    Contains(bool),
    /// All elements in any order, each once.
    Elements(Vec<V>),
}

impl<V: Clone + Ord + Hash + Debug> Model for Set<V> {
    type Op = SetOp<V>;
    type Answer = SetAnswer<V>;
    type State = BTreeSet<V>;
    type Key = ();

    fn key(&self, _: &SetOp<V>) {}

    fn initial(&self) -> BTreeSet<V> {
        BTreeSet::new()
    }

    fn step(&self, set: &BTreeSet<V>, op: &SetOp<V>, answer: Option<&SetAnswer<V>>) -> Option<BTreeSet<V>> {
        let mut next = set.clone();
        match (op, answer) {
            (SetOp::Add(element), None | Some(SetAnswer::Done)) => drop(next.insert(element.clone())),
            (SetOp::Remove(element), None | Some(SetAnswer::Done)) => drop(next.remove(element)),
            (SetOp::Contains(_) | SetOp::Read, None) => {}
            (SetOp::Contains(element), Some(SetAnswer::Contains(is_there))) if set.contains(element) == *is_there => {}
            (SetOp::Read, Some(SetAnswer::Elements(elements)))
                if elements.len() == set.len() && elements.iter().collect::<BTreeSet<_>>() == set.iter().collect() => {}
            _ => return None,
        }
        Some(next)
    }

    fn heap_bytes(&self, set: &BTreeSet<V>) -> usize {
        set.len() * size_of::<V>()
    }

    fn changes_nothing(&self, op: &SetOp<V>, _: Option<&SetAnswer<V>>) -> bool {
        matches!(op, SetOp::Contains(_) | SetOp::Read)
    }
}
