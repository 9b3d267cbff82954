//! The calls of a client and their answers, for the checkers of histories.

use std::fmt;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, replace};
#[cfg(feature = "tokio")]
use std::sync::Arc;
use std::sync::atomic::Ordering;

#[cfg(feature = "test-utils")]
use cluster_sim_runtime::{Life, try_entered};
use cluster_sim_types::CallFact;

#[cfg(feature = "tokio")]
use super::cold;
use super::{Node, Twin};
#[cfg(feature = "tokio")]
use crate::real_node::NodeContext;

/// A call of a client that waits for its answer.
///
/// Dropping it leaves the call open, and so does a crash: the operation may have happened, may happen later, or never does. End it
/// by [`ok`](Self::ok) or [`fail`](Self::fail) only if the client knows.
#[must_use = "a dropped call is open: it may have happened or not"]
pub struct Call<O: Debug + Send + 'static, A: Debug + Send + 'static> {
    begun: Begun,
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
        let begun = match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref sim) => self.begin::<O, A>(sim.life, op),
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => cold(|| {
                let call = self.number_call();
                context.emit(&CallFact::<O, A>::Invoked { call, op });
                Begun::Real(Arc::clone(context), call)
            }),
        };
        Call { begun, types: PhantomData }
    }

    #[cfg(feature = "test-utils")]
    #[inline(always)]
    fn begin<O: Debug + Send + 'static, A: Debug + Send + 'static>(&self, life: Life, op: O) -> Begun {
        let begun = life.act(|core| {
            let kernel = &mut core.kernel;
            if kernel.calls.is_open() {
                let logged = kernel.calls.invoke::<O, A>(kernel.now(), life.node(), op);
                return logged.map_or(Begun::Unread, |index| Begun::Logged(life, index));
            }
            let call = self.number_call();
            kernel.state(life.node(), Box::new(CallFact::<O, A>::Invoked { call, op }));
            Begun::Stated(life, call)
        });
        begun.unwrap_or(Begun::Unread)
    }

    fn number_call(&self) -> u64 {
        self.inner.calls.fetch_add(1, Ordering::Relaxed)
    }
}

/// Where a call began, and how its end is told there.
enum Begun {
    /// In the log of the run, at this index.
    #[cfg(feature = "test-utils")]
    Logged(Life, usize),
    /// By a fact, with this number.
    #[cfg(feature = "test-utils")]
    Stated(Life, u64),
    #[cfg(feature = "tokio")]
    Real(Arc<NodeContext>, u64),
    /// No rule reads it, its life is over, or it has ended.
    Unread,
}

impl<O: Debug + Send + 'static, A: Debug + Send + 'static> Call<O, A> {
    /// States that the operation happened, with this answer.
    pub fn ok(self, answer: A) {
        let mut call = ManuallyDrop::new(self);
        match call.begun {
            #[cfg(feature = "test-utils")]
            Begun::Logged(life, index) => {
                life.act(|core| core.kernel.calls.ok::<O, A>(core.kernel.now(), index, answer));
            }
            _ => call.take().state(|call| CallFact::<O, A>::Ok { call, answer }),
        }
    }

    /// States that the operation did not happen and never will. A timeout does not say so.
    pub fn fail(self) {
        let mut call = ManuallyDrop::new(self);
        match call.begun {
            #[cfg(feature = "test-utils")]
            Begun::Logged(life, index) => {
                life.act(|core| core.kernel.calls.fail::<O, A>(core.kernel.now(), index));
            }
            _ => call.take().state(|call| CallFact::<O, A>::Fail { call }),
        }
    }

    fn take(&mut self) -> Begun {
        replace(&mut self.begun, Begun::Unread)
    }
}

impl Begun {
    /// States the end of a call that began by a fact.
    #[inline(never)]
    fn state<O: Debug + Send + 'static, A: Debug + Send + 'static>(self, fact: impl FnOnce(u64) -> CallFact<O, A>) {
        match self {
            #[cfg(feature = "test-utils")]
            Self::Stated(life, call) => {
                life.act(|core| core.kernel.state(life.node(), Box::new(fact(call))));
            }
            #[cfg(feature = "tokio")]
            Self::Real(context, call) => context.emit(&fact(call)),
            _ => {}
        }
    }
}

impl<O: Debug + Send + 'static, A: Debug + Send + 'static> Drop for Call<O, A> {
    /// Leaves the call open, unless it ended. Does nothing where the simulation or the life is over.
    fn drop(&mut self) {
        match &self.begun {
            #[cfg(feature = "test-utils")]
            Begun::Stated(life, call) => {
                try_entered(|core| {
                    if life.goes_on(core) {
                        core.kernel.state(life.node(), Box::new(CallFact::<O, A>::Open { call: *call }));
                    }
                });
            }
            #[cfg(feature = "tokio")]
            Begun::Real(context, call) => context.emit(&CallFact::<O, A>::Open { call: *call }),
            // A call in the log is open until it ends.
            _ => {}
        }
    }
}

impl<O: Debug + Send + 'static, A: Debug + Send + 'static> fmt::Debug for Call<O, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Call").finish_non_exhaustive()
    }
}
