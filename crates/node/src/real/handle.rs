//! Handles of running nodes.

use std::any::Any;
use std::fmt;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_transport::DatagramCounts;
use cluster_sim_types::NodeId;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::real_node::{HandleError, NodeContext};

/// A node that runs on tokio until its main function returns or this handle is dropped.
///
/// All its tasks then stop at their next await. Code that never awaits cannot be stopped; it runs to its end.
#[must_use = "dropping it stops the node"]
pub struct TokioNode {
    id: NodeId,
    name: Arc<str>,
    context: Arc<NodeContext>,
    ending: watch::Receiver<bool>,
    panic: Arc<Mutex<Option<Panic>>>,
}

/// The payload of a panic.
type Panic = Box<dyn Any + Send>;

impl TokioNode {
    /// Spawns the main function.
    pub(super) fn run(
        id: NodeId,
        name: Arc<str>,
        context: Arc<NodeContext>,
        main: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let (has_ended, ending) = watch::channel(false);
        let panic = Arc::new(Mutex::new(None));
        let main = context.life.spawn(main);
        // Not a task of the life, because it ends the life.
        tokio::spawn(end_after(main, Arc::clone(&context), Arc::clone(&panic), has_ended));
        Self { id, name, context, ending, panic }
    }

    /// Returns the node's number in the cluster.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// Returns the declared name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the address of its UDP and TCP sockets.
    pub fn address(&self) -> SocketAddr {
        self.context.network.address()
    }

    /// Returns the counts of its datagrams so far: sent, received, and lost at this node.
    pub fn datagrams(&self) -> DatagramCounts {
        self.context.network.datagrams()
    }

    /// Returns whether the main function has returned, panicked or been stopped.
    pub fn has_ended(&self) -> bool {
        *self.ending.borrow()
    }

    /// Waits until the main function has returned or was stopped. Cancel safe.
    ///
    /// # Panics
    /// If the main function panicked. The first caller gets its panic; later callers panic with a message that says so.
    pub async fn ended(&self) {
        let mut ending = self.ending.clone();
        // An error means that the runtime shuts down, so nothing else will end the node.
        let _ = ending.wait_for(|ended| *ended).await;
        let reported: Panic = Box::new(format!("{} panicked; its panic was reported before", self.name));
        let panic = self.panic.lock().as_mut().map(|panic| std::mem::replace(panic, reported));
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    /// Stops the node and waits until all its tasks are dropped and no operation of its disk runs.
    ///
    /// Its address can be bound again once no other handle of the node exists, such as a clone of its `Node`.
    pub async fn stop(self) {
        let context = Arc::clone(&self.context);
        drop(self);
        context.life.gone().await;
        if let Some(disk) = context.disk() {
            disk.idle().await;
        }
    }

    /// Asks the node to stop, and stops it after `within` if its main function has not returned by then.
    ///
    /// [`Node::stopping`](crate::Node::stopping) resolves in its code. Returns whether it returned in time, once all its tasks are
    /// dropped.
    pub async fn stop_within(self, within: Duration) -> bool {
        self.context.life.ask_to_stop(within);
        let in_time = tokio::time::timeout(within, self.ended()).await.is_ok();
        self.stop().await;
        in_time
    }

    /// Runs `inspect` on the node's view; returns `None` if it published no view of type `V`.
    ///
    /// The last view can still be read after the node has ended.
    pub fn inspect<V: 'static, T>(&self, inspect: impl FnOnce(&V) -> T) -> Option<T> {
        self.context.inspect(inspect)
    }

    /// Runs `access` on the handle that the node [exposed](crate::Node::expose), on this thread.
    ///
    /// Concurrent calls run one after the other.
    ///
    /// # Errors
    /// If the node has ended, or exposed no handle of type `H`. `access` was not run then.
    pub fn with_handle<H: 'static, T>(&self, access: impl FnOnce(&mut H) -> T) -> Result<T, ReachError> {
        let node = self.id;
        if self.context.life.is_over() {
            return Err(ReachError::Ended { node });
        }
        self.context.with_handle(access).map_err(|error| match error {
            HandleError::NothingExposed => ReachError::NothingExposed { node },
            HandleError::NotExposed(asked) => ReachError::NotExposed { node, asked },
        })
    }
}

/// Ends the life once the main function has ended, and keeps its panic.
async fn end_after(
    main: Option<tokio::task::JoinHandle<()>>,
    context: Arc<NodeContext>,
    panic: Arc<Mutex<Option<Panic>>>,
    has_ended: watch::Sender<bool>,
) {
    if let Some(main) = main
        && let Err(error) = main.await
        && let Ok(cause) = error.try_into_panic()
    {
        *panic.lock() = Some(cause);
    }
    context.end();
    drop(context);
    has_ended.send_replace(true);
}

impl Drop for TokioNode {
    fn drop(&mut self) {
        self.context.end();
    }
}

/// A call of [`TokioNode::with_handle`] that was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReachError {
    /// The node has ended.
    #[error("{node} takes no call: it has ended; start it again in its next life")]
    Ended {
        /// The node.
        node: NodeId,
    },
    /// The node exposed no handle, or `with_handle` is called from within `with_handle`.
    #[error("{node} exposed nothing; call `node.expose(handle)` in its code")]
    NothingExposed {
        /// The node.
        node: NodeId,
    },
    /// The node exposed a handle of another type.
    #[error("{node} exposed something else than a {asked}; ask for the type that it handed to `expose`")]
    NotExposed {
        /// The node.
        node: NodeId,
        /// The type that was requested.
        asked: &'static str,
    },
}

impl fmt::Debug for TokioNode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("TokioNode");
        shown.field("id", &self.id).field("name", &self.name).field("address", &self.address()).finish_non_exhaustive()
    }
}
