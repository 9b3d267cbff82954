//! A stack: last in, first out.

use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::history::model::Model;

/// A stack without bound that begins empty.
#[derive(Debug, Clone, Copy)]
pub struct Stack<V>(PhantomData<fn(V)>);

impl<V> Default for Stack<V> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// Requests of clients to a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StackOp<V> {
    /// Puts a value on top.
    Push(V),
    /// Takes the value on top, if there is one.
    Pop,
}

/// Answers that clients hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StackAnswer<V> {
    /// The value was put on top.
    Done,
    /// The value taken; `None` if the stack was empty.
    Value(Option<V>),
}

impl<V: Clone + Eq + Hash + Debug> Model for Stack<V> {
    type Op = StackOp<V>;
    type Answer = StackAnswer<V>;
    type State = Vec<V>;
    type Key = ();

    fn key(&self, _: &StackOp<V>) {}

    fn initial(&self) -> Vec<V> {
        Vec::new()
    }

    fn step(&self, stack: &Vec<V>, op: &StackOp<V>, answer: Option<&StackAnswer<V>>) -> Option<Vec<V>> {
        let fits = match (op, answer) {
            (_, None) | (StackOp::Push(_), Some(StackAnswer::Done)) => true,
            (StackOp::Pop, Some(StackAnswer::Value(value))) => value.as_ref() == stack.last(),
            _ => false,
        };
        fits.then(|| {
            let mut next = stack.clone();
            match op {
                StackOp::Push(value) => next.push(value.clone()),
                StackOp::Pop => drop(next.pop()),
            }
            next
        })
    }

    fn heap_bytes(&self, stack: &Vec<V>) -> usize {
        size_of_val::<[V]>(stack)
    }

    fn changes_nothing(&self, op: &StackOp<V>, answer: Option<&StackAnswer<V>>) -> bool {
        matches!((op, answer), (StackOp::Pop, Some(StackAnswer::Value(None))))
    }
}
