//! Reports of a node to checks, observers and tests.

use std::any::type_name;

#[cfg(feature = "test-utils")]
use cluster_sim_runtime::entered;
use cluster_sim_types::Fact;

#[cfg(feature = "tokio")]
use super::cold;
use super::{Node, Twin};

impl Node {
    /// Reports a fact to checks and measurements. It costs no message and no time.
    ///
    /// The real twin passes it to the observer of its `TokioSetup`, on the calling thread, and drops it if there is none.
    pub fn emit(&self, fact: impl Fact + Send) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref sim) => {
                let node = sim.life.node();
                sim.life.act(|core| core.kernel.state(node, Box::new(fact)));
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => context.emit(&fact),
        }
    }

    /// As [`emit`](Self::emit), of a fact in a box.
    pub(crate) fn emit_boxed(&self, fact: Box<dyn Fact + Send>) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref sim) => {
                let node = sim.life.node();
                sim.life.act(|core| core.kernel.state(node, fact));
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => context.emit(&*fact),
        }
    }

    /// Updates the node's view: the one value that checks and tests may read.
    ///
    /// `change` gets the current view, which is `V::default()` at first. A crash drops the view; after the main function returns,
    /// the last view can still be read. `change` must not call `publish` itself; the real twin panics if it does.
    ///
    /// # Panics
    /// If the node published a view of another type before.
    #[track_caller]
    pub fn publish<V: Default + Send + 'static>(&self, change: impl FnOnce(&mut V)) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref sim) => {
                let node = sim.life.node();
                let view = sim.life.act(|core| core.kernel.take_view(node));
                // The closure may use the node's handles, so it runs while the view is checked out of the kernel.
                let Some(view) = view else { return };
                let mut view = view.unwrap_or_else(|| {
                    entered(|core| core.kernel.note_view_type(node, type_name::<V>()));
                    Box::new(V::default())
                });
                let changed = view.downcast_mut::<V>().map(change);
                // The life goes on, since no code of its own ends it.
                entered(|core| core.kernel.put_view(node, view));
                if changed.is_none() {
                    let published = entered(|core| core.kernel.view_type(node));
                    self.panic_view_type::<V>(published.expect("the first view of a life noted its type"));
                }
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => {
                cold(|| context.publish(change).unwrap_or_else(|other| self.panic_view_type::<V>(other.published)))
            }
        }
    }

    #[cold]
    #[track_caller]
    fn panic_view_type<V>(&self, published: &str) -> ! {
        let (name, asked) = (self.name(), type_name::<V>());
        panic!(
            "{name} publishes a view of type `{published}` already, and now one of `{asked}`; publish one type with all that rules read"
        )
    }

    /// Exposes a handle by which a test can call into the node, until the life ends.
    ///
    /// A later call replaces the handle.
    ///
    /// `Sim::with_node` runs its closure on the handle as one step of this node. `TokioNode::with_handle` runs it on the calling
    /// thread.
    pub fn expose<H: Send + 'static>(&self, handle: H) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref sim) => {
                let node = sim.life.node();
                let before = sim.life.act(|core| core.kernel.expose(node, Some(Box::new(handle))));
                drop(before);
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => context.expose(Box::new(handle)),
        }
    }
}
