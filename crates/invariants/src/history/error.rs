//! Events and facts that a history refuses.

use std::fmt;

use cluster_sim_types::{CallFact, VirtualInstant};

use super::operation::Process;

/// An event that cannot stand where it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HistoryError {
    /// A process called while it waited for an answer.
    AlreadyWaiting {
        /// The process.
        process: Process,
        /// The index of the operation that it waits for.
        operation: usize,
    },
    /// An answer came to a process that waits for none.
    NotWaiting {
        /// The process.
        process: Process,
    },
    /// An event came before the one recorded last.
    Backwards {
        /// The instant of the last event.
        last: VirtualInstant,
        /// The earlier instant.
        at: VirtualInstant,
    },
    /// More than `u32::MAX` events.
    TooLong,
}

/// A fact about a call that fits no fact before it: a mistake of the node that states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordingError {
    /// The node has an open call of that number.
    InvokedTwice {
        /// The number.
        call: u64,
    },
    /// The node has no open call of that number.
    NotInvoked {
        /// The number.
        call: u64,
    },
    /// The event fits nowhere in the history.
    History(HistoryError),
}

impl RecordingError {
    /// The error of a fact that fits no fact before it.
    pub(super) fn of_refused<O, A>(fact: &CallFact<O, A>) -> Self {
        match fact {
            CallFact::Invoked { call, .. } => Self::InvokedTwice { call: *call },
            CallFact::Ok { call, .. } | CallFact::Fail { call } | CallFact::Open { call } => Self::NotInvoked { call: *call },
        }
    }
}

impl fmt::Display for HistoryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyWaiting { process, operation } => write!(
                formatter,
                "process {} called while it waits for operation {operation}: give each concurrent call a process of its own",
                process.0
            ),
            Self::NotWaiting { process } => {
                write!(formatter, "process {} heard an answer and waits for none: record its call first", process.0)
            }
            Self::Backwards { last, at } => {
                write!(formatter, "an event at {at} after one at {last}: record events in the order in which they happened")
            }
            Self::TooLong => write!(formatter, "more than {} events: split the history", u32::MAX),
        }
    }
}

impl std::error::Error for HistoryError {}

impl fmt::Display for RecordingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvokedTwice { call } => {
                write!(formatter, "call {call} is open already: give each open call a number of its own")
            }
            Self::NotInvoked { call } => {
                write!(formatter, "call {call} ends and is not open: state its invocation first, and its end once")
            }
            Self::History(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for RecordingError {}
