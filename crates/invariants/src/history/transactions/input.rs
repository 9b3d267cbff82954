//! Transactions with their keys and writes as numbers.

use std::fmt;

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::steps::Step;
use crate::history::operation::{Completion, Operation};
use crate::history::record::History;

/// A history of transactions that cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransactionError {
    /// Two steps wrote one value to one key, so that a read of it does not say which of them it saw.
    WrittenTwice {
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// The index of the first transaction.
        first: usize,
        /// The index of the second one; the same if it wrote the value twice itself.
        second: usize,
    },
    /// An answer has more or fewer parts than its transaction has steps.
    AnswerLength {
        /// The index of the transaction.
        operation: usize,
        /// The number of its steps.
        steps: usize,
        /// The number of parts of the answer.
        answers: usize,
    },
    /// A read was answered as a write, or a write as a read.
    AnswerKind {
        /// The index of the transaction.
        operation: usize,
        /// The place of the step in it, from 0.
        step: usize,
        /// Whether the step is a read.
        is_read: bool,
    },
    /// More than `u32::MAX` steps, or half as many transactions.
    TooLong,
}

impl fmt::Display for TransactionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrittenTwice { key, value, first, second } => write!(
                formatter,
                "operations {first} and {second} both wrote {value} to {key}: write each value to a key only once, also when a \
                 transaction is tried again"
            ),
            Self::AnswerLength { operation, steps, answers } => write!(
                formatter,
                "operation {operation} has {steps} steps and its answer {answers} parts: record one part for each step"
            ),
            Self::AnswerKind { operation, step, is_read } => {
                let (asked, heard) = if *is_read { ("read", "write") } else { ("write", "read") };
                write!(
                    formatter,
                    "step {step} of operation {operation} is a {asked} and was answered as a {heard}: record answers in the \
                     order of the steps"
                )
            }
            Self::TooLong => write!(formatter, "more than {} steps, or half as many transactions: split the history", u32::MAX),
        }
    }
}

impl std::error::Error for TransactionError {}

/// Whether a transaction committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// Its client heard so.
    Committed,
    /// Its client heard that it did not.
    Aborted,
    /// Nothing was heard, and nothing of it was read.
    Open,
    /// Nothing was heard, but one of its writes was read by a transaction that committed.
    Seen,
}

/// A step as numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) key: u32,
    /// The write, [`NONE`] for a read.
    pub(super) write: u32,
}

/// No write, or one that is not known.
pub(super) const NONE: u32 = u32::MAX;

/// A write of some step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Write {
    pub(super) transaction: u32,
    pub(super) key: u32,
    /// Whether its transaction wrote the key no more.
    pub(super) is_last: bool,
}

/// A history with its keys, writes and steps as numbers.
pub(super) struct Input<'h, S: Step> {
    pub(super) operations: &'h [Operation<Vec<S>, Vec<S::Answer>>],
    pub(super) keys: IndexSet<&'h S::Key, FxBuildHasher>,
    /// In the order of the history; those of one transaction in the order of its steps.
    pub(super) writes: Vec<Write>,
    pub(super) status: Vec<Status>,
    values: FxHashMap<(u32, &'h S::Value), u32>,
    places: Vec<Place>,
    starts: Vec<u32>,
}

impl<'h, S: Step> Input<'h, S> {
    pub(super) fn new(history: &'h History<Vec<S>, Vec<S::Answer>>) -> Result<Self, TransactionError> {
        let operations = history.operations();
        let steps = operations.iter().map(|operation| operation.op.len()).sum::<usize>();
        if steps >= NONE as usize || operations.len() >= NONE as usize / 2 {
            return Err(TransactionError::TooLong);
        }
        let mut input = Self {
            operations,
            keys: IndexSet::default(),
            writes: Vec::new(),
            status: operations.iter().map(status).collect(),
            values: FxHashMap::default(),
            places: Vec::with_capacity(steps),
            starts: Vec::with_capacity(operations.len() + 1),
        };
        for (index, operation) in operations.iter().enumerate() {
            check_answer(index, operation)?;
            input.starts.push(input.places.len() as u32);
            for step in &operation.op {
                input.add_step(index, step)?;
            }
        }
        input.starts.push(input.places.len() as u32);
        input.mark_last_writes();
        Ok(input)
    }

    fn add_step(&mut self, index: usize, step: &'h S) -> Result<(), TransactionError> {
        let key = self.keys.insert_full(step.key()).0 as u32;
        let mut write = NONE;
        if let Some(value) = step.written() {
            write = self.writes.len() as u32;
            if let Some(earlier) = self.values.insert((key, value), write) {
                return Err(TransactionError::WrittenTwice {
                    key: format!("{:?}", step.key()),
                    value: format!("{value:?}"),
                    first: self.writes[earlier as usize].transaction as usize,
                    second: index,
                });
            }
            self.writes.push(Write { transaction: index as u32, key, is_last: false });
        }
        self.places.push(Place { key, write });
        Ok(())
    }

    fn mark_last_writes(&mut self) {
        // The last transaction, from the end, that wrote a key.
        let mut seen = vec![NONE; self.keys.len()];
        for write in self.writes.iter_mut().rev() {
            let last = &mut seen[write.key as usize];
            write.is_last = *last != write.transaction;
            *last = write.transaction;
        }
    }

    /// Returns the steps of a transaction as numbers.
    pub(super) fn places(&self, transaction: u32) -> &[Place] {
        &self.places[self.starts[transaction as usize] as usize..self.starts[transaction as usize + 1] as usize]
    }

    /// Returns the number of steps before those of a transaction.
    pub(super) fn first_place(&self, transaction: u32) -> usize {
        self.starts[transaction as usize] as usize
    }

    /// Returns a key for a sentence.
    pub(super) fn key(&self, key: u32) -> String {
        self.keys.get_index(key as usize).map(|key| format!("{key:?}")).unwrap_or_default()
    }

    /// Returns what a step of a transaction that committed read; `None` for a write, or if nothing was heard.
    pub(super) fn read(&self, transaction: u32, step: usize) -> Option<&'h S::Read> {
        S::read(self.operations[transaction as usize].answer()?.get(step)?)
    }

    /// Iterates over the transactions whose client heard that they committed.
    pub(super) fn committed(&self) -> impl Iterator<Item = u32> + use<'_, 'h, S> {
        (0..self.operations.len() as u32).filter(|transaction| self.status[*transaction as usize] == Status::Committed)
    }

    /// Returns the write of a value to a key, [`NONE`] if there is none.
    pub(super) fn write_of(&self, key: u32, value: &S::Value) -> u32 {
        self.values.get(&(key, value)).copied().unwrap_or(NONE)
    }

    /// Whether a transaction committed, or must have.
    pub(super) fn counts(&self, transaction: u32) -> bool {
        matches!(self.status[transaction as usize], Status::Committed | Status::Seen)
    }

    /// Returns the write, unless its transaction aborted or there is none.
    pub(super) fn committed_write(&self, write: u32) -> Option<Write> {
        let write = *self.writes.get(write as usize)?;
        self.counts(write.transaction).then_some(write)
    }

    pub(super) fn is_aborted(&self, write: u32) -> bool {
        self.writes.get(write as usize).is_some_and(|write| self.status[write.transaction as usize] == Status::Aborted)
    }

    /// Notes that a transaction that committed read a write.
    pub(super) fn mark_seen(&mut self, write: u32) {
        if let Some(write) = self.writes.get(write as usize) {
            let status = &mut self.status[write.transaction as usize];
            if *status == Status::Open {
                *status = Status::Seen;
            }
        }
    }
}

fn status<O, A>(operation: &Operation<O, A>) -> Status {
    match operation.outcome {
        Completion::Ok { .. } => Status::Committed,
        Completion::Fail { .. } => Status::Aborted,
        Completion::Open => Status::Open,
    }
}

fn check_answer<S: Step>(index: usize, operation: &Operation<Vec<S>, Vec<S::Answer>>) -> Result<(), TransactionError> {
    let Some(answers) = operation.answer() else { return Ok(()) };
    if answers.len() != operation.op.len() {
        let (steps, answers) = (operation.op.len(), answers.len());
        return Err(TransactionError::AnswerLength { operation: index, steps, answers });
    }
    for (step, (asked, heard)) in operation.op.iter().zip(answers).enumerate() {
        let is_read = asked.written().is_none();
        if is_read != S::read(heard).is_some() {
            return Err(TransactionError::AnswerKind { operation: index, step, is_read });
        }
    }
    Ok(())
}
