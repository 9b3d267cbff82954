//! A node that runs.

use std::any::Any;
use std::fmt;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::sync::Arc;

use cluster_sim_transport::DatagramCounts;
use cluster_sim_types::NodeId;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::context::{NodeContext, Unreached};

/// A node that runs on tokio, until its main function returns or this is dropped: then all its tasks stop at their next await.
///
/// Code that never awaits cannot be stopped; it ends when it ends.
#[must_use = "dropping it stops the node"]
pub struct TokioNode {
    id: NodeId,
    name: Arc<str>,
    own: Arc<NodeContext>,
    ending: watch::Receiver<bool>,
    panic: Arc<Mutex<Option<Panic>>>,
}

/// What a panic carries.
type Panic = Box<dyn Any + Send>;

impl TokioNode {
    /// Runs a main function.
    pub(super) fn run(id: NodeId, name: Arc<str>, own: Arc<NodeContext>, main: impl Future<Output = ()> + Send + 'static) -> Self {
        let (has_ended, ending) = watch::channel(false);
        let panic = Arc::new(Mutex::new(None));
        let main = own.life.spawn(main);
        // Outside of the life that it ends.
        tokio::spawn(end_with(main, Arc::clone(&own), Arc::clone(&panic), has_ended));
        Self { id, name, own, ending, panic }
    }

    /// Its number in the cluster.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// Its declared name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is reached.
    pub fn address(&self) -> SocketAddr {
        self.own.network.address()
    }

    /// What became of its datagrams so far.
    pub fn datagrams(&self) -> DatagramCounts {
        self.own.network.datagrams()
    }

    /// Whether its main function returned or panicked.
    pub fn has_ended(&self) -> bool {
        *self.ending.borrow()
    }

    /// Waits until its main function returned or was stopped.
    ///
    /// # Panics
    /// If that panicked: the panic goes on in who asks first, and is told to all others.
    pub async fn ended(&self) {
        let mut ending = self.ending.clone();
        // An error would say that nobody ends it any more: the runtime shuts down.
        let _ = ending.wait_for(|ended| *ended).await;
        let told: Panic = Box::new(format!("{} panicked, as was told before", self.name));
        let panic = self.panic.lock().as_mut().map(|panic| std::mem::replace(panic, told));
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    /// Stops the node, and waits until none of its tasks holds anything any more.
    ///
    /// Its address is free again once nobody else holds a handle of the node.
    pub async fn stop(self) {
        let own = Arc::clone(&self.own);
        drop(self);
        own.life.gone().await;
    }

    /// Looks at what it shows of itself; nothing if it showed no view of that type. The last view stays when the node has ended.
    pub fn inspect<V: 'static, T>(&self, look: impl FnOnce(&V) -> T) -> Option<T> {
        self.own.inspect(look)
    }

    /// Reaches into the node by what it [exposed](crate::Node::expose), in this thread, and one caller after the other.
    ///
    /// # Errors
    /// If it exposed nothing of that type, or has ended.
    pub fn with_handle<H: 'static, T>(&self, reach: impl FnOnce(&mut H) -> T) -> Result<T, ReachError> {
        let node = self.id;
        if self.own.life.is_over() {
            return Err(ReachError::Ended { node });
        }
        self.own.reach(reach).map_err(|unreached| match unreached {
            Unreached::NothingExposed => ReachError::NothingExposed { node },
            Unreached::NotExposed(asked) => ReachError::NotExposed { node, asked },
        })
    }
}

/// Ends the node's life with its main function.
async fn end_with(
    main: Option<tokio::task::JoinHandle<()>>,
    own: Arc<NodeContext>,
    panic: Arc<Mutex<Option<Panic>>>,
    has_ended: watch::Sender<bool>,
) {
    if let Some(main) = main
        && let Err(error) = main.await
        && let Ok(cause) = error.try_into_panic()
    {
        *panic.lock() = Some(cause);
    }
    own.end();
    drop(own);
    has_ended.send_replace(true);
}

impl Drop for TokioNode {
    fn drop(&mut self) {
        self.own.end();
    }
}

/// A node that was not reached; nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReachError {
    /// It does not run any more.
    #[error("{node} takes no call: it has ended; start it again in its next life")]
    Ended {
        /// Which node.
        node: NodeId,
    },
    /// It handed out nothing to reach into it by, or somebody is just reaching in from within.
    #[error("{node} exposed nothing; call `node.expose(handle)` in its code")]
    NothingExposed {
        /// Which node.
        node: NodeId,
    },
    /// It handed out something else.
    #[error("{node} exposed something else than a {asked}; ask for the type that it handed to `expose`")]
    NotExposed {
        /// Which node.
        node: NodeId,
        /// The type that was asked for.
        asked: &'static str,
    },
}

impl fmt::Debug for TokioNode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("TokioNode");
        shown.field("id", &self.id).field("name", &self.name).field("address", &self.address()).finish_non_exhaustive()
    }
}
