//! What a node says about itself, for checks and tests.

use std::any::type_name;

#[cfg(feature = "test-utils")]
use cluster_sim_types::Change;
use cluster_sim_types::Fact;

use super::{Node, Twin};

impl Node {
    /// States a fact, for checks and measurements to see. Costs no message and no time.
    pub fn emit(&self, fact: impl Fact + Send) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref place) => {
                let node = place.life.node();
                place.life.act(|core| core.kernel.change(Change::Fact(node, Box::new(fact))));
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref own) => own.emit(&fact),
        }
    }

    /// Changes what checks see of the node: one value of a type of its own, its `Default` at first, the last one until the life is over.
    ///
    /// # Panics
    /// If the node showed a view of another type before.
    #[track_caller]
    pub fn publish<V: Default + Send + 'static>(&self, change: impl FnOnce(&mut V)) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref place) => {
                let node = place.life.node();
                let view = place.life.act(|core| core.kernel.take_view(node));
                // The closure is the node's code and may use handles, so it runs while the view is nowhere else.
                let Some(view) = view else { return };
                let mut view = view.unwrap_or_else(|| Box::new(V::default()));
                let shown = view.downcast_mut::<V>().map(change);
                place.life.act(|core| core.kernel.put_view(node, view));
                if shown.is_none() {
                    self.refuse_view::<V>();
                }
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref own) => own.publish(change).unwrap_or_else(|_| self.refuse_view::<V>()),
        }
    }

    #[track_caller]
    fn refuse_view<V>(&self) -> ! {
        panic!("{} shows a view of one type only, and {} is another", self.name(), type_name::<V>())
    }

    /// Hands out something that a test can reach into the node by, until the life is over: `Sim::with_node` runs its closure with it as one step of
    /// this node, `TokioNode::with_handle` in the thread of who asks. The last one counts.
    pub fn expose<H: Send + 'static>(&self, handle: H) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref place) => {
                let node = place.life.node();
                let before = place.life.act(|core| core.kernel.expose(node, Some(Box::new(handle))));
                drop(before);
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref own) => own.expose(Box::new(handle)),
        }
    }
}
