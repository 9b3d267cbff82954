//! The tasks of a node.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(feature = "test-utils")]
use cluster_sim_runtime::{Join, Spawn};

use super::{Node, Twin};

impl Node {
    /// Runs a future beside this one, until it ends, is aborted, or the node's life is over.
    ///
    /// In reports the task is called by its number among its parent's children; [`spawn_named`](Self::spawn_named) gives it a name, which
    /// also keeps its chances apart from how many others were spawned before.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.begin(None, Location::caller(), future)
    }

    /// Runs a future beside this one, under a name.
    #[track_caller]
    pub fn spawn_named<F>(&self, name: &'static str, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.begin(Some(name), Location::caller(), future)
    }

    fn begin<F>(&self, name: Option<&'static str>, site: &'static Location<'static>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref place) => {
                let spawn = Spawn { node: place.life.node(), name, site, has_handle: true };
                JoinHandle { twin: JoinTwin::Simulated(Join::spawn(place.life, spawn, future)) }
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref own) => {
                // Names keep the chances of simulated tasks apart, and stand in the reports of simulations.
                let _ = (name, site);
                JoinHandle { twin: JoinTwin::Real(own.life.spawn(future)) }
            }
        }
    }
}

/// A task of a node: waits for its result, or aborts it. Dropping the handle lets the task go on by itself.
pub struct JoinHandle<T> {
    twin: JoinTwin<T>,
}

enum JoinTwin<T> {
    #[cfg(feature = "test-utils")]
    Simulated(Join<T>),
    /// Nothing if the node's life was over when it was asked to spawn.
    #[cfg(feature = "tokio")]
    Real(Option<tokio::task::JoinHandle<T>>),
    /// Names the result where there is no twin.
    #[expect(dead_code, reason = "cannot be made")]
    Nowhere(std::convert::Infallible, std::marker::PhantomData<fn() -> T>),
}

impl<T> JoinHandle<T> {
    /// Stops the task at its next poll; what it holds is dropped there. Nothing happens if it ended already.
    pub fn abort(&self) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            JoinTwin::Simulated(ref join) => join.abort(),
            #[cfg(feature = "tokio")]
            JoinTwin::Real(ref join) => join.iter().for_each(tokio::task::JoinHandle::abort),
            JoinTwin::Nowhere(never, _) => match never {},
        }
    }

    /// Whether the task ended, with a result or without.
    pub fn is_finished(&self) -> bool {
        match self.twin {
            #[cfg(feature = "test-utils")]
            JoinTwin::Simulated(ref join) => join.is_finished(),
            #[cfg(feature = "tokio")]
            JoinTwin::Real(ref join) => join.as_ref().is_none_or(tokio::task::JoinHandle::is_finished),
            JoinTwin::Nowhere(never, _) => match never {},
        }
    }
}

impl<T: 'static> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.twin {
            #[cfg(feature = "test-utils")]
            JoinTwin::Simulated(ref mut join) => Pin::new(join).poll(context).map_err(|_| JoinError),
            #[cfg(feature = "tokio")]
            JoinTwin::Real(None) => Poll::Ready(Err(JoinError)),
            #[cfg(feature = "tokio")]
            JoinTwin::Real(Some(ref mut join)) => Pin::new(join).poll(context).map_err(|error| match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => JoinError,
            }),
            JoinTwin::Nowhere(never, _) => match never {},
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whether it ended may be asked in the simulation only; what is printed in a failing test must not panic.
        formatter.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// A task that was aborted before it had a result. A panic never comes to this: it ends a simulation as a finding, and goes on in whoever
/// waits for the task elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JoinError;

impl fmt::Display for JoinError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the task was aborted before it had a result")
    }
}

impl std::error::Error for JoinError {}

/// Lets other tasks that are ready go first.
pub async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
