//! The state of one life of a real node.

use std::any::{Any, type_name};
use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use cluster_sim_runtime::{Entropy, Roll, TokioLife};
use cluster_sim_storage::TokioDisk;
use cluster_sim_transport::TokioNetwork;
use cluster_sim_types::{Fact, NodeId};
use parking_lot::{Mutex, ReentrantMutex};

use super::observer::{Observation, Observer};

/// A value of a type that only the node's code knows.
type AnyValue = Box<dyn Any + Send>;

/// The view of a node, with the name of its type.
struct PublishedView {
    value: AnyValue,
    type_name: &'static str,
}

/// One life of a real node.
pub(crate) struct NodeContext {
    pub(crate) life: TokioLife,
    pub(crate) network: TokioNetwork,
    disk: Option<TokioDisk>,
    node: NodeId,
    observer: Option<Observer>,
    random_count: AtomicU64,
    /// Reentrant, so that a nested `publish` panics with a message instead of deadlocking.
    view: ReentrantMutex<RefCell<Option<PublishedView>>>,
    exposed: Mutex<Option<AnyValue>>,
    /// Serializes calls of `with_handle`.
    handle_calls: ReentrantMutex<()>,
}

impl NodeContext {
    pub(crate) fn new(
        node: NodeId,
        life: TokioLife,
        network: TokioNetwork,
        disk: Option<TokioDisk>,
        observer: Option<Observer>,
    ) -> Self {
        Self {
            life,
            network,
            disk,
            node,
            observer,
            random_count: AtomicU64::new(0),
            view: ReentrantMutex::default(),
            exposed: Mutex::default(),
            handle_calls: ReentrantMutex::default(),
        }
    }

    /// Returns the disk; `None` if the node was given no folder.
    pub(crate) fn disk(&self) -> Option<&TokioDisk> {
        self.disk.as_ref()
    }

    /// Returns the next random number of the node.
    pub(crate) fn random(&self, entropy: Entropy) -> Roll {
        entropy.roll("draw", self.random_count.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn emit(&self, fact: &dyn Fact) {
        if let Some(observer) = self.observer.as_ref().filter(|_| !self.life.is_over()) {
            observer(self.node, Observation::Fact(fact));
        }
    }

    /// Updates the view; fails if it is of another type.
    pub(crate) fn publish<V: Default + Send + 'static>(&self, change: impl FnOnce(&mut V)) -> Result<(), ViewTypeMismatch> {
        if self.life.is_over() {
            return Ok(());
        }
        let slot = self.view.lock();
        let mut slot = slot.try_borrow_mut().unwrap_or_else(|_| panic!("`publish` is called from within `publish`"));
        let first = || PublishedView { value: Box::new(V::default()), type_name: type_name::<V>() };
        let PublishedView { value, type_name } = slot.get_or_insert_with(first);
        let view = value.downcast_mut::<V>().ok_or(ViewTypeMismatch { published: type_name })?;
        change(view);
        if let Some(observer) = &self.observer {
            observer(self.node, Observation::View(view));
        }
        Ok(())
    }

    /// Reads the view if the node published one of that type.
    pub(crate) fn inspect<V: 'static, T>(&self, inspect: impl FnOnce(&V) -> T) -> Option<T> {
        let slot = self.view.lock();
        let slot = slot.try_borrow().unwrap_or_else(|_| panic!("`inspect` is called from within `publish`"));
        slot.as_ref()?.value.downcast_ref().map(inspect)
    }

    /// Replaces the exposed handle; drops it instead once the life is over.
    pub(crate) fn expose(&self, handle: AnyValue) {
        let handle = (!self.life.is_over()).then_some(handle);
        // The previous handle is dropped without the lock held, because its code may use the node.
        let before = std::mem::replace(&mut *self.exposed.lock(), handle);
        drop(before);
    }

    /// Runs `access` on the exposed handle.
    pub(crate) fn with_handle<H: 'static, T>(&self, access: impl FnOnce(&mut H) -> T) -> Result<T, HandleError> {
        let _one_at_a_time = self.handle_calls.lock();
        let mut exposed = self.exposed.lock().take().ok_or(HandleError::NothingExposed)?;
        let result = exposed.downcast_mut().map(access).ok_or(HandleError::NotExposed(type_name::<H>()));
        // A handle exposed during the call replaces this one. Once the life is over the handle is dropped.
        let mut slot = self.exposed.lock();
        let superseded = if slot.is_none() && !self.life.is_over() { slot.replace(exposed) } else { Some(exposed) };
        drop(slot);
        drop(superseded);
        result
    }

    /// Ends the life: tasks stop at their next await, and the exposed handle is dropped.
    ///
    /// The handle may hold the node, and so keep its sockets open.
    pub(crate) fn end(&self) {
        self.life.end();
        if let Some(disk) = &self.disk {
            disk.end();
        }
        let exposed = self.exposed.lock().take();
        drop(exposed);
    }
}

/// The node published a view of another type before.
pub(crate) struct ViewTypeMismatch {
    /// The name of that type.
    pub(crate) published: &'static str,
}

/// Why a handle was not available.
pub(crate) enum HandleError {
    NothingExposed,
    NotExposed(&'static str),
}

impl fmt::Debug for NodeContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NodeContext").field("node", &self.node).finish_non_exhaustive()
    }
}
