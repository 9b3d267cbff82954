//! One event of a history: a call, or its end.

use super::operation::{Completion, Moment, Process};

/// An event of a history; it knows nothing of what came later.
#[derive(Debug, PartialEq, Eq)]
pub enum HistoryEvent<'h, O, A> {
    /// A process called.
    Invoked {
        /// The index of the operation.
        index: usize,
        /// The process that called.
        process: Process,
        /// The operation that it asked for.
        op: &'h O,
        /// When.
        at: Moment,
    },
    /// A process heard how its call ended.
    Completed {
        /// The index of the operation.
        index: usize,
        /// The process that called.
        process: Process,
        /// The operation that it asked for.
        op: &'h O,
        /// When it called.
        invoked: Moment,
        /// How the call ended; never open.
        outcome: &'h Completion<A>,
    },
}

// Written out: derived ones would ask that the types behind the references are `Copy` too.
impl<O, A> Clone for HistoryEvent<'_, O, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O, A> Copy for HistoryEvent<'_, O, A> {}
