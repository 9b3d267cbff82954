//! A queue: first in, first out.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::history::model::Model;

/// A queue without bound that begins empty.
#[derive(Debug, Clone, Copy)]
pub struct Queue<V>(PhantomData<fn(V)>);

impl<V> Default for Queue<V> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// Requests of clients to a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueOp<V> {
    /// Puts a value at the end.
    Enqueue(V),
    /// Takes the first value, if there is one.
    Dequeue,
}

/// Answers that clients hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueAnswer<V> {
    /// The value was put in.
    Done,
    /// The value taken; `None` if the queue was empty.
    Value(Option<V>),
}

impl<V: Clone + Eq + Hash + Debug> Model for Queue<V> {
    type Op = QueueOp<V>;
    type Answer = QueueAnswer<V>;
    type State = VecDeque<V>;
    type Key = ();

    fn key(&self, _: &QueueOp<V>) {}

    fn initial(&self) -> VecDeque<V> {
        VecDeque::new()
    }

    fn step(&self, queue: &VecDeque<V>, op: &QueueOp<V>, answer: Option<&QueueAnswer<V>>) -> Option<VecDeque<V>> {
        let fits = match (op, answer) {
            (_, None) | (QueueOp::Enqueue(_), Some(QueueAnswer::Done)) => true,
            (QueueOp::Dequeue, Some(QueueAnswer::Value(value))) => value.as_ref() == queue.front(),
            _ => false,
        };
        fits.then(|| {
            let mut next = queue.clone();
            match op {
                QueueOp::Enqueue(value) => next.push_back(value.clone()),
                QueueOp::Dequeue => drop(next.pop_front()),
            }
            next
        })
    }

    fn heap_bytes(&self, queue: &VecDeque<V>) -> usize {
        queue.len() * size_of::<V>()
    }

    fn changes_nothing(&self, op: &QueueOp<V>, answer: Option<&QueueAnswer<V>>) -> bool {
        matches!((op, answer), (QueueOp::Dequeue, Some(QueueAnswer::Value(None))))
    }
}
