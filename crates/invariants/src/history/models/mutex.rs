//! A lock with an owner.

use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::history::model::Model;

/// A lock that one client at a time holds, free at first; its holder cannot take it again.
#[derive(Debug, Clone, Copy)]
pub struct Mutex<C>(PhantomData<fn(C)>);

impl<C> Default for Mutex<C> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// Requests of clients to a lock; it names itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MutexOp<C> {
    /// Takes the lock if it is free.
    Acquire(C),
    /// Frees the lock if that client holds it.
    Release(C),
}

/// Answers that clients hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MutexAnswer {
    /// It was taken or freed.
    Done,
    /// It is held, or not by that client.
    Refused,
}

impl<C: Clone + Eq + Hash + Debug> Model for Mutex<C> {
    type Op = MutexOp<C>;
    type Answer = MutexAnswer;
    type State = Option<C>;
    type Key = ();

    fn key(&self, _: &MutexOp<C>) {}

    fn initial(&self) -> Option<C> {
        None
    }

    fn step(&self, holder: &Option<C>, op: &MutexOp<C>, answer: Option<&MutexAnswer>) -> Option<Option<C>> {
        let (is_granted, next) = match op {
            MutexOp::Acquire(client) => (holder.is_none(), Some(client.clone())),
            MutexOp::Release(client) => (holder.as_ref() == Some(client), None),
        };
        let fits = answer.is_none_or(|answer| (*answer == MutexAnswer::Done) == is_granted);
        fits.then(|| if is_granted { next } else { holder.clone() })
    }

    fn changes_nothing(&self, _: &MutexOp<C>, answer: Option<&MutexAnswer>) -> bool {
        answer == Some(&MutexAnswer::Refused)
    }
}
