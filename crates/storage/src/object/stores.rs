//! The device: the object stores of all nodes that serve one.

use std::collections::BTreeMap;

use cluster_sim_runtime::{Address, Device, DeviceId, HostWake, Kernel, LifeEnd, Waiter};
use cluster_sim_types::{Incarnation, NodeId, ObjectState, VirtualInstant};
use rustc_hash::FxHashMap;
use slab::Slab;

use super::bucket::{At, Bucket};
use super::later::Later;
use super::rules::RuleInForce;
use super::store_model::CompiledObjectStore;

/// The object stores of all nodes that serve one; most simulations have none.
///
/// A store keeps its content across crashes of its node.
#[derive(Debug, Default)]
pub struct ObjectStores {
    pub(super) id: DeviceId,
    pub(super) stores: BTreeMap<NodeId, Store>,
    /// Effects that come later, by the slots of their events.
    pub(super) later: Slab<Later>,
    /// The number of the last rule.
    pub(super) generation: u64,
}

/// One object store.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) compiled: CompiledObjectStore,
    pub(super) bucket: Bucket,
    pub(super) turns: Counts,
    /// When the next request below each prefix that has a rate would be due if they came evenly.
    pub(super) due: BTreeMap<String, VirtualInstant>,
    /// The rules in force, in the order in which they came into force.
    pub(super) rules: Vec<RuleInForce>,
    /// The tasks of the node whose requests wait for the end of a rule.
    pub(super) stalled: Vec<Waiter>,
}

/// The requests whose addresses are counted; then counting starts again.
const COUNTED: usize = 4_096;

/// How often each request was made, by address: equal ones get different rolls.
#[derive(Debug, Default)]
pub(super) struct Counts(FxHashMap<u64, u32>);

impl Counts {
    pub(super) fn count(&mut self, about: Address) -> Address {
        if self.0.len() >= COUNTED {
            self.0.clear();
        }
        let count = self.0.entry(about.key()).or_default();
        *count += 1;
        about.number(u64::from(*count))
    }
}

impl ObjectStores {
    /// Gives a node an empty store.
    pub fn add(&mut self, node: NodeId, compiled: CompiledObjectStore) {
        let model = &compiled.model;
        let bucket = Bucket::new(model.versioned, compiled.horizon(), model.smallest_part);
        let (turns, due, rules, stalled) = Default::default();
        self.stores.insert(node, Store { compiled, bucket, turns, due, rules, stalled });
    }

    /// Returns the content of a node's store, for rules; `None` if it serves none.
    pub fn state(&self, node: NodeId) -> Option<&dyn ObjectState> {
        self.stores.get(&node).map(|store| &store.bucket as &dyn ObjectState)
    }

    /// The store of a node.
    ///
    /// # Panics
    /// If the node serves none: only nodes that do ask.
    pub(super) fn store(&mut self, node: NodeId) -> &mut Store {
        self.stores.get_mut(&node).expect("a node that serves a store was given one")
    }
}

/// The present instant at a store.
pub(super) fn at(kernel: &Kernel, node: NodeId) -> At {
    At { now: kernel.now(), wall: kernel.wall_now(node) }
}

impl Device for ObjectStores {
    fn registered(&mut self, id: DeviceId) {
        self.id = id;
    }

    fn fire(&mut self, kernel: &mut Kernel, slot: u32) -> Option<HostWake> {
        self.take_effect(kernel, slot);
        None
    }

    fn life_ended(&mut self, _: &mut Kernel, node: NodeId, _: Incarnation, _: LifeEnd) {
        if let Some(store) = self.stores.get_mut(&node) {
            store.stalled.clear();
        }
    }

    fn node_resumed(&mut self, _: &mut Kernel, _: NodeId) {}

    fn describe(&self, _: &Kernel, _: u64) -> String {
        "the object store".to_owned()
    }
}
