//! The facts that clients state about their calls.

/// A fact of a client about one of its calls; all of them together are the history that checkers judge.
///
/// `O` is what clients ask for, `A` what they hear. A call is known by a number of the client's own, which no other call has that
/// is open at the time. Async nodes state these facts by `Node::invoke`; machines emit them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFact<O, A> {
    /// The client called.
    Invoked {
        /// The number of the call.
        call: u64,
        /// The operation that it asks for.
        op: O,
    },
    /// The operation happened, with this answer.
    Ok {
        /// The number of the call.
        call: u64,
        /// The answer that the client heard.
        answer: A,
    },
    /// The operation did not happen and never will.
    Fail {
        /// The number of the call.
        call: u64,
    },
    /// The client waits no longer: the operation happened, happens later, or never does.
    ///
    /// A crash of the client leaves its calls open without this fact.
    Open {
        /// The number of the call.
        call: u64,
    },
}
