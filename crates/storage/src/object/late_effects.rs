//! Effects come later: late and second writes, objects that come back.
//!
//! They come whether or not the fault that caused them is still in force, and also while the node of the store is down.

use std::time::Duration;

use cluster_sim_runtime::{Address, Kernel, Order, Rank};
use cluster_sim_types::{Change, NodeId};

use super::later::{Effect, Later};
use super::stores::{ObjectStores, at};

impl ObjectStores {
    /// Schedules an effect on the store of a node.
    pub(super) fn schedule(&mut self, kernel: &mut Kernel, (node, about): (NodeId, Address), after: Duration, what: Effect) {
        let slot = self.later.insert(Later { node, what }) as u32;
        kernel.schedule(kernel.now() + after, Order::new(Rank::DEFAULT, about), self.id, slot);
    }

    /// Lets a scheduled effect come.
    pub(super) fn take_effect(&mut self, kernel: &mut Kernel, slot: u32) {
        let Later { node, what } = self.later.remove(slot as usize);
        let at = at(kernel, node);
        let store = self.store(node);
        match what {
            Effect::Op(op) => drop(store.perform(at, at.now, &op)),
            Effect::Restore(key, object) if store.bucket.present(&key).is_none() => store.bucket.restore(at, &key, Some(object)),
            Effect::Restore(..) => return,
        }
        kernel.change(Change::Objects(node));
    }
}
