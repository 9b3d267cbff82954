//! Transactions as data: their steps, and what each step heard.

use std::fmt::Debug;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use crate::history::record::History;

/// One step of a transaction over lists that only grow.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppendOp<K, V> {
    /// Appends a value to the list of a key. No two steps of a history append one value to one key.
    Append(K, V),
    /// Reads the list of a key.
    Read(K),
}

/// The answer to a step of a transaction over lists.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppendAnswer<V> {
    /// The value was appended.
    Appended,
    /// The list, oldest value first; empty before the first append.
    List(Vec<V>),
}

/// One step of a transaction over registers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteOp<K, V> {
    /// Sets the value of a key. No two steps of a history write one value to one key.
    Write(K, V),
    /// Reads the value of a key.
    Read(K),
}

/// The answer to a step of a transaction over registers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteAnswer<V> {
    /// The value was written.
    Written,
    /// The value read; `None` before the first write.
    Value(Option<V>),
}

/// Transactions that append to lists and read them. An answer has one part for each step.
pub type AppendHistory<K, V> = History<Vec<AppendOp<K, V>>, Vec<AppendAnswer<V>>>;

/// Transactions that write registers and read them. An answer has one part for each step.
pub type WriteHistory<K, V> = History<Vec<WriteOp<K, V>>, Vec<WriteAnswer<V>>>;

/// A step over lists or over registers.
pub(super) trait Step {
    type Key: Hash + Eq + Debug;
    type Value: Hash + Eq + Debug;
    type Answer;
    /// The content that a read hears.
    type Read: ?Sized;

    fn key(&self) -> &Self::Key;
    /// Returns what the step writes; `None` for a read.
    fn written(&self) -> Option<&Self::Value>;
    /// Returns what a read heard; `None` if this is the answer to a write.
    fn read(answer: &Self::Answer) -> Option<&Self::Read>;
    /// Says what the step did, for readers.
    fn describe(&self, answer: Option<&Self::Answer>) -> String;
}

impl<K: Hash + Eq + Debug, V: Hash + Eq + Debug> Step for AppendOp<K, V> {
    type Key = K;
    type Value = V;
    type Answer = AppendAnswer<V>;
    type Read = [V];

    fn key(&self) -> &K {
        let (Self::Append(key, _) | Self::Read(key)) = self;
        key
    }

    fn written(&self) -> Option<&V> {
        match self {
            Self::Append(_, value) => Some(value),
            Self::Read(_) => None,
        }
    }

    fn read(answer: &AppendAnswer<V>) -> Option<&[V]> {
        match answer {
            AppendAnswer::List(list) => Some(list),
            AppendAnswer::Appended => None,
        }
    }

    fn describe(&self, answer: Option<&AppendAnswer<V>>) -> String {
        match (self, answer) {
            (Self::Append(key, value), _) => format!("append {value:?} to {key:?}"),
            (Self::Read(key), Some(AppendAnswer::List(list))) => format!("read {key:?}: {}", shortened(list)),
            (Self::Read(key), _) => format!("read {key:?}"),
        }
    }
}

impl<K: Hash + Eq + Debug, V: Hash + Eq + Debug> Step for WriteOp<K, V> {
    type Key = K;
    type Value = V;
    type Answer = WriteAnswer<V>;
    type Read = Option<V>;

    fn key(&self) -> &K {
        let (Self::Write(key, _) | Self::Read(key)) = self;
        key
    }

    fn written(&self) -> Option<&V> {
        match self {
            Self::Write(_, value) => Some(value),
            Self::Read(_) => None,
        }
    }

    fn read(answer: &WriteAnswer<V>) -> Option<&Option<V>> {
        match answer {
            WriteAnswer::Value(value) => Some(value),
            WriteAnswer::Written => None,
        }
    }

    fn describe(&self, answer: Option<&WriteAnswer<V>>) -> String {
        match (self, answer) {
            (Self::Write(key, value), _) => format!("write {value:?} to {key:?}"),
            (Self::Read(key), Some(WriteAnswer::Value(Some(value)))) => format!("read {key:?}: {value:?}"),
            (Self::Read(key), Some(WriteAnswer::Value(None))) => format!("read {key:?}: nothing"),
            (Self::Read(key), _) => format!("read {key:?}"),
        }
    }
}

/// How many values of a list a sentence shows.
const SHOWN_MAX: usize = 8;

/// Returns the list, without its beginning if it is long.
pub(super) fn shortened<V: Debug>(list: &[V]) -> String {
    if list.len() <= SHOWN_MAX {
        return format!("{list:?}");
    }
    let tail = format!("{:?}", &list[list.len() - SHOWN_MAX / 2..]);
    format!("[… {} more, {}", list.len() - SHOWN_MAX / 2, &tail[1..])
}
