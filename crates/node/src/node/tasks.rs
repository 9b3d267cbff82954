//! Tasks of a node.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(feature = "test-utils")]
use cluster_sim_runtime::{Join, Spawn};

use super::{Node, Twin};

impl Node {
    /// Spawns a task that runs until it ends, is aborted, or the node's life ends.
    ///
    /// Reports show the task by its number among its parent's children, and that number is part of the address of its random
    /// choices. [`spawn_named`](Self::spawn_named) makes both independent of what was spawned before. `Send` is required by the
    /// real twin.
    ///
    /// A panic in the task ends a simulation with a finding that names node, task and spawn site. On tokio it is raised again in
    /// the code that awaits the handle.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn_task(None, Location::caller(), future)
    }

    /// Spawns a task under a name.
    ///
    /// Reports show the name, and random choices of the task are addressed by it: they stay the same when other tasks are spawned
    /// before it. The real twin ignores the name.
    #[track_caller]
    pub fn spawn_named<F>(&self, name: &'static str, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn_task(Some(name), Location::caller(), future)
    }

    /// Spawns a task whose future stays in one thread.
    ///
    /// Such a future may hold an `Rc` or a `RefCell` across an await. `make` is called at the first poll of the task. A simulation runs it as every task; on tokio it has a thread of its own,
    /// so spawn few of them. Everything else is as with [`spawn`](Self::spawn).
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    /// use cluster_sim_node::Node;
    ///
    /// async fn run(node: Node) {
    ///     let clock = node.clone();
    ///     let counting = node.spawn_local(|| async move {
    ///         let count = Rc::new(RefCell::new(0));
    ///         for _ in 0..10 {
    ///             clock.sleep(std::time::Duration::from_secs(1)).await;
    ///             *count.borrow_mut() += 1;
    ///         }
    ///         count.take()
    ///     });
    ///     assert_eq!(counting.await, Ok(10));
    /// }
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&self, make: impl FnOnce() -> F + Send + 'static) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        let site = Location::caller();
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref sim) => {
                let spawn = Spawn { node: sim.life.node(), name: None, site, has_handle: true };
                JoinHandle { twin: JoinTwin::Simulated(Join::spawn(sim.life, spawn, async move { make().await })) }
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => {
                let _ = site;
                JoinHandle { twin: JoinTwin::Real(context.life.spawn_local(make)) }
            }
        }
    }

    fn spawn_task<F>(&self, name: Option<&'static str>, site: &'static Location<'static>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref sim) => {
                let spawn = Spawn { node: sim.life.node(), name, site, has_handle: true };
                JoinHandle { twin: JoinTwin::Simulated(Join::spawn(sim.life, spawn, future)) }
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => {
                // Names and sites serve reproducibility and reports, which only a simulation has.
                let _ = (name, site);
                JoinHandle { twin: JoinTwin::Real(context.life.spawn(future)) }
            }
        }
    }
}

/// The handle of a spawned task: a future of its result.
///
/// Dropping it detaches the task, which keeps running.
///
/// In a simulation it must be polled by code of the same simulation.
pub struct JoinHandle<T> {
    twin: JoinTwin<T>,
}

enum JoinTwin<T> {
    #[cfg(feature = "test-utils")]
    Simulated(Join<T>),
    /// `None` if the node's life was over at the spawn.
    #[cfg(feature = "tokio")]
    Real(Option<tokio::task::JoinHandle<T>>),
    /// Uses `T` when no twin is compiled in.
    #[expect(dead_code, reason = "never constructed")]
    Nowhere(std::convert::Infallible, std::marker::PhantomData<fn() -> T>),
}

impl<T> JoinHandle<T> {
    /// Aborts the task at its next poll, where its locals are dropped. Does nothing if it has ended.
    pub fn abort(&self) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            JoinTwin::Simulated(ref join) => join.abort(),
            #[cfg(feature = "tokio")]
            JoinTwin::Real(ref join) => join.iter().for_each(tokio::task::JoinHandle::abort),
            JoinTwin::Nowhere(never, _) => match never {},
        }
    }

    /// Returns whether the task has ended, by completion or by abort.
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
        // `is_finished` panics outside of the simulation, and formatting a failing test's values must not.
        formatter.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// The task was aborted, or its node's life ended, before it had a result.
///
/// A panic of the task is never reported as this error: it ends a simulation with a finding, and on tokio it is raised again in
/// the code that awaits the [`JoinHandle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JoinError;

impl fmt::Display for JoinError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the task was aborted before it had a result")
    }
}

impl std::error::Error for JoinError {}

/// Yields once, so that other tasks that are ready can run first.
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
