//! The specification that a history is held against.

use std::fmt::Debug;
use std::hash::Hash;

/// How an operation treats the state of an object as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access<S> {
    /// Leaves this state, whatever the state was before, with an answer that is fine before any.
    Overwrites(S),
    /// Is answered so in this state and no other, and leaves it.
    Shows(S),
    /// Does something else.
    Other,
}

/// An object as one client at a time would see it; the specification that a history is held against.
///
/// # Examples
///
/// A counter whose increments answer nothing:
///
/// ```
/// use cluster_sim_invariants::Model;
///
/// #[derive(Debug, Default)]
/// struct Hits;
///
/// #[derive(Debug, Clone, PartialEq, Eq, Hash)]
/// enum Op { Hit, Read }
///
/// impl Model for Hits {
///     type Op = Op;
///     type Answer = u64;
///     type State = u64;
///     type Key = ();
///
///     fn key(&self, _: &Op) {}
///
///     fn initial(&self) -> u64 { 0 }
///
///     fn step(&self, hits: &u64, op: &Op, answer: Option<&u64>) -> Option<u64> {
///         match op {
///             Op::Hit => Some(hits + 1),
///             Op::Read => answer.is_none_or(|answer| answer == hits).then_some(*hits),
///         }
///     }
/// }
/// ```
pub trait Model {
    /// Requests of clients.
    type Op: Eq + Hash + Debug;
    /// Answers that clients hear.
    type Answer: Debug;
    /// The memory of the object between two operations.
    type State: Clone + Eq + Hash + Debug;
    /// Names one of several independent objects, each of which is judged by itself; `()` for a single one.
    type Key: Clone + Ord + Hash + Debug;

    /// Returns the object that an operation is about.
    fn key(&self, op: &Self::Op) -> Self::Key;

    /// Returns the state before the first operation.
    fn initial(&self) -> Self::State;

    /// Applies an operation; `None` if a correct object in that state cannot give that answer.
    ///
    /// `answer` is absent for an operation whose answer no client heard; then every answer is fine.
    fn step(&self, state: &Self::State, op: &Self::Op, answer: Option<&Self::Answer>) -> Option<Self::State>;

    /// Whether an operation with that answer leaves every state as it is.
    ///
    /// Optional: reads that say so are placed without a search. A wrong `true` makes verdicts wrong.
    fn changes_nothing(&self, op: &Self::Op, answer: Option<&Self::Answer>) -> bool {
        let _ = (op, answer);
        false
    }

    /// Says what a client asked and heard, for readers; `answer` is absent if the client heard none.
    fn describe(&self, op: &Self::Op, answer: Option<&Self::Answer>) -> String {
        match answer {
            Some(answer) => format!("{op:?} -> {answer:?}"),
            None => format!("{op:?}"),
        }
    }

    /// Says what the object remembers, for readers.
    fn describe_state(&self, state: &Self::State) -> String {
        format!("{state:?}")
    }

    /// Estimates the bytes that a state owns besides its own size.
    ///
    /// [`Bounds::memory`](super::Bounds::memory) counts them. Optional: right for a state that owns nothing. One that grows must
    /// count what it owns, or a search of a long history takes more memory than its bound.
    fn heap_bytes(&self, state: &Self::State) -> usize {
        let _ = state;
        0
    }

    /// How an operation with that answer treats the state as a whole.
    ///
    /// Optional: an object whose operations all overwrite or show its state, and never leave one state twice, is judged in linear
    /// time. A wrong answer makes verdicts wrong.
    fn access(&self, op: &Self::Op, answer: Option<&Self::Answer>) -> Access<Self::State> {
        let _ = (op, answer);
        Access::Other
    }
}
