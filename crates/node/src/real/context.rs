//! What a node that really runs has of its own.

use std::any::{Any, type_name};
use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use cluster_sim_runtime::{Entropy, Roll, TokioLife};
use cluster_sim_transport::TokioNetwork;
use cluster_sim_types::{Fact, NodeId};
use parking_lot::{Mutex, ReentrantMutex};

use super::observer::{Observation, Observer};

/// Something of the node's own type.
type Thing = Box<dyn Any + Send>;

/// One life of a node that really runs.
pub(crate) struct NodeContext {
    pub(crate) life: TokioLife,
    pub(crate) network: TokioNetwork,
    node: NodeId,
    observer: Option<Observer>,
    draws: AtomicU64,
    /// Reentrant, so that code that shows a view while it shows one is told and does not wait for itself.
    publish: ReentrantMutex<RefCell<Option<Thing>>>,
    exposed: Mutex<Option<Thing>>,
    /// Held while somebody reaches in: one after the other.
    reached: ReentrantMutex<()>,
}

impl NodeContext {
    pub(super) fn new(node: NodeId, life: TokioLife, network: TokioNetwork, observer: Option<Observer>) -> Self {
        Self {
            life,
            network,
            node,
            observer,
            draws: AtomicU64::new(0),
            publish: ReentrantMutex::default(),
            exposed: Mutex::default(),
            reached: ReentrantMutex::default(),
        }
    }

    /// The next roll of the node.
    pub(crate) fn random(&self, entropy: Entropy) -> Roll {
        entropy.roll("draw", self.draws.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn emit(&self, fact: &dyn Fact) {
        if let Some(observer) = self.observer.as_ref().filter(|_| !self.life.is_over()) {
            observer(self.node, Observation::Fact(fact));
        }
    }

    /// Changes the view; `Err` if it is of another type.
    pub(crate) fn publish<V: Default + Send + 'static>(&self, change: impl FnOnce(&mut V)) -> Result<(), OtherView> {
        if self.life.is_over() {
            return Ok(());
        }
        let place = self.publish.lock();
        let mut place = place.try_borrow_mut().unwrap_or_else(|_| panic!("a view is shown while one is shown, by the same code"));
        let view = place.get_or_insert_with(|| Box::new(V::default()));
        let view = view.downcast_mut::<V>().ok_or(OtherView)?;
        change(view);
        if let Some(observer) = &self.observer {
            observer(self.node, Observation::View(view));
        }
        Ok(())
    }

    /// Looks at the view, if the node showed one of that type.
    pub(super) fn inspect<V: 'static, T>(&self, look: impl FnOnce(&V) -> T) -> Option<T> {
        let place = self.publish.lock();
        let place = place.try_borrow().unwrap_or_else(|_| panic!("a view is looked at while it is shown, by the same code"));
        place.as_ref()?.downcast_ref().map(look)
    }

    /// Puts something in place of what was exposed; nothing once the life is over.
    pub(crate) fn expose(&self, handle: Thing) {
        let handle = (!self.life.is_over()).then_some(handle);
        // What was there before is dropped with no lock held: its code may use the node.
        let before = std::mem::replace(&mut *self.exposed.lock(), handle);
        drop(before);
    }

    /// Reaches in by what the node exposed.
    pub(super) fn reach<H: 'static, T>(&self, reach: impl FnOnce(&mut H) -> T) -> Result<T, Unreached> {
        let _one_after_the_other = self.reached.lock();
        let mut exposed = self.exposed.lock().take().ok_or(Unreached::NothingExposed)?;
        let result = exposed.downcast_mut().map(reach).ok_or(Unreached::NotExposed(type_name::<H>()));
        // What the node exposed meanwhile counts; what it exposed before goes when its life is over.
        let mut place = self.exposed.lock();
        let superseded = if place.is_none() && !self.life.is_over() { place.replace(exposed) } else { Some(exposed) };
        drop(place);
        drop(superseded);
        result
    }

    /// Ends the life: tasks stop at their next await, and what was exposed is dropped, since it may hold the node.
    pub(super) fn end(&self) {
        self.life.end();
        let exposed = self.exposed.lock().take();
        drop(exposed);
    }
}

/// The node showed a view of another type before.
pub(crate) struct OtherView;

/// Why nobody was reached.
pub(super) enum Unreached {
    NothingExposed,
    NotExposed(&'static str),
}

impl fmt::Debug for NodeContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NodeContext").field("node", &self.node).finish_non_exhaustive()
    }
}
