//! The calls of a client and their answers, for the checkers of histories.

use std::fmt;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::atomic::Ordering;

use cluster_sim_types::CallFact;

use super::Node;

/// A call of a client that waits for its answer.
///
/// Dropping it leaves the call open, and so does a crash: the operation may have happened, may happen later, or never does. End it
/// by [`ok`](Self::ok) or [`fail`](Self::fail) only if the client knows.
#[must_use = "a dropped call is open: it may have happened or not"]
pub struct Call<O: Debug + Send + 'static, A: Debug + Send + 'static> {
    node: Node,
    number: u64,
    is_open: bool,
    types: PhantomData<fn(O) -> A>,
}

impl Node {
    /// States that this client calls for `op`, for checkers of histories; costs no message and no time.
    ///
    /// One client may have several open calls, each of which counts as a process of its own.
    ///
    /// ```
    /// use std::time::Duration;
    /// use cluster_sim_node::Node;
    ///
    /// async fn client(node: Node) {
    ///     let port = node.bind::<u64>("store");
    ///     for value in 0.. {
    ///         let call = node.invoke(("write", value));
    ///         port.send(node.peers()[0], value);
    ///         match node.timeout(Duration::from_secs(1), port.recv()).await {
    ///             Ok(_) => call.ok(()),
    ///             Err(_) => drop(call), // It may have happened.
    ///         }
    ///     }
    /// }
    /// ```
    pub fn invoke<O: Debug + Send + 'static, A: Debug + Send + 'static>(&self, op: O) -> Call<O, A> {
        let number = self.inner.calls.fetch_add(1, Ordering::Relaxed);
        self.emit(CallFact::<O, A>::Invoked { call: number, op });
        Call { node: self.clone(), number, is_open: true, types: PhantomData }
    }
}

impl<O: Debug + Send + 'static, A: Debug + Send + 'static> Call<O, A> {
    /// States that the operation happened, with this answer.
    pub fn ok(self, answer: A) {
        let call = self.number;
        self.end(CallFact::Ok { call, answer });
    }

    /// States that the operation did not happen and never will. A timeout does not say so.
    pub fn fail(self) {
        let call = self.number;
        self.end(CallFact::Fail { call });
    }

    fn end(mut self, fact: CallFact<O, A>) {
        self.is_open = false;
        self.node.emit(fact);
    }
}

impl<O: Debug + Send + 'static, A: Debug + Send + 'static> Drop for Call<O, A> {
    fn drop(&mut self) {
        if self.is_open {
            self.node.emit_late(CallFact::<O, A>::Open { call: self.number });
        }
    }
}

impl<O: Debug + Send + 'static, A: Debug + Send + 'static> fmt::Debug for Call<O, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Call").field("number", &self.number).finish_non_exhaustive()
    }
}
