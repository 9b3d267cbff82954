//! The present keys of nodes, for a rule that each key has at most one node.

use std::any::{Any, type_name};
use std::fmt::Debug;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;
use std::mem::take;
use std::sync::Arc;

use cluster_sim_types::NodeId;
use rustc_hash::FxBuildHasher;

/// Two nodes with one key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The nodes, in order of id.
    pub(crate) nodes: [NodeId; 2],
    /// The key, as text.
    pub(crate) key: String,
}

/// The present key of each node in one run.
pub(crate) trait Keys {
    /// Returns the name of the type of the views that have keys.
    fn view_type(&self) -> &'static str;

    /// Frees the key of a node until its next update.
    fn release(&mut self, node: NodeId);

    /// Notes the key of a node that may have another view now. Returns whether the view has the rule's type, and the conflict that
    /// the key is in.
    fn update(&mut self, node: NodeId, view: Option<&dyn Any>) -> (bool, Option<Conflict>);
}

/// The keys of views of type `V`, as `key` reads them.
///
/// A table of chains through the nodes: finding, adding and removing a key cost the same in a cluster of any size.
pub(crate) struct KeysOf<V, K, F> {
    key: Arc<F>,
    of_node: Vec<Option<K>>,
    /// The next node in the chain of each node that has a key.
    next: Vec<u32>,
    /// The first node of each chain; a power of two of them, at least two per node.
    chains: Vec<u32>,
    view: PhantomData<fn(&V)>,
}

/// The end of a chain.
const NONE: u32 = u32::MAX;

impl<V, K: Hash + Eq, F> KeysOf<V, K, F> {
    pub(crate) fn new(key: Arc<F>) -> Self {
        Self { key, of_node: Vec::new(), next: Vec::new(), chains: Vec::new(), view: PhantomData }
    }

    /// The chain of a key. The upper bits of the product depend on all bits of the hash.
    #[inline]
    fn chain(&self, key: &K) -> usize {
        let mixed = FxBuildHasher.hash_one(key).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> (64 - self.chains.len().trailing_zeros())) as usize
    }

    /// The node with a key, in its chain.
    #[inline]
    fn holder(&self, chain: usize, key: &K) -> Option<u32> {
        let mut at = self.chains[chain];
        while at != NONE {
            if self.of_node[at as usize].as_ref() == Some(key) {
                return Some(at);
            }
            at = self.next[at as usize];
        }
        None
    }

    #[inline]
    fn link(&mut self, chain: usize, node: u32, key: K) {
        self.next[node as usize] = self.chains[chain];
        self.chains[chain] = node;
        self.of_node[node as usize] = Some(key);
    }

    #[inline]
    fn unlink(&mut self, node: u32) {
        let Some(key) = self.of_node[node as usize].take() else { return };
        let (chain, after) = (self.chain(&key), self.next[node as usize]);
        let mut at = self.chains[chain];
        if at == node {
            self.chains[chain] = after;
            return;
        }
        while self.next[at as usize] != node {
            at = self.next[at as usize];
        }
        self.next[at as usize] = after;
    }

    /// Makes room for nodes up to this one.
    #[cold]
    fn grow(&mut self, node: u32) {
        let size = (node as usize + 1).next_power_of_two();
        let keys = take(&mut self.of_node);
        self.of_node.resize_with(size, || None);
        self.next = vec![NONE; size];
        self.chains = vec![NONE; 2 * size];
        for (node, key) in (0..).zip(keys) {
            if let Some(key) = key {
                self.link(self.chain(&key), node, key);
            }
        }
    }
}

impl<V: 'static, K: Hash + Eq + Debug, F: Fn(NodeId, &V) -> Option<K>> Keys for KeysOf<V, K, F> {
    fn view_type(&self) -> &'static str {
        type_name::<V>()
    }

    fn release(&mut self, node: NodeId) {
        if node.index() < self.of_node.len() {
            self.unlink(node.0);
        }
    }

    fn update(&mut self, node: NodeId, view: Option<&dyn Any>) -> (bool, Option<Conflict>) {
        if node.index() >= self.of_node.len() {
            self.grow(node.0);
        }
        let view = view.and_then(|view| view.downcast_ref());
        let key = view.and_then(|view| (self.key)(node, view));
        if self.of_node[node.index()] == key {
            return (view.is_some(), None);
        }
        self.unlink(node.0);
        let Some(key) = key else { return (view.is_some(), None) };
        let chain = self.chain(&key);
        if let Some(holder) = self.holder(chain, &key) {
            let nodes = [NodeId(holder).min(node), NodeId(holder).max(node)];
            return (true, Some(Conflict { nodes, key: format!("{key:?}") }));
        }
        self.link(chain, node.0, key);
        (true, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> impl Keys {
        KeysOf::new(Arc::new(|_: NodeId, view: &Option<u64>| *view))
    }

    fn update(keys: &mut impl Keys, node: u32, view: Option<u64>) -> Option<Conflict> {
        keys.update(NodeId(node), Some(&view)).1
    }

    fn conflict(nodes: [u32; 2], key: &str) -> Option<Conflict> {
        Some(Conflict { nodes: nodes.map(NodeId), key: key.to_owned() })
    }

    #[test]
    fn two_nodes_with_one_key_conflict() {
        let mut keys = keys();
        assert_eq!(update(&mut keys, 4, Some(7)), None);
        assert_eq!(update(&mut keys, 2, Some(8)), None);
        assert_eq!(update(&mut keys, 2, Some(7)), conflict([2, 4], "7"));
    }

    #[test]
    fn a_key_is_free_once_its_node_has_another_or_none() {
        let mut keys = keys();
        for next in [Some(8), None] {
            assert_eq!(update(&mut keys, 1, Some(7)), None);
            assert_eq!(update(&mut keys, 1, next), None);
            assert_eq!(update(&mut keys, 2, Some(7)), None);
            assert_eq!(update(&mut keys, 2, None), None);
        }
    }

    #[test]
    fn a_node_without_a_view_frees_its_key() {
        let mut keys = keys();
        assert_eq!(update(&mut keys, 1, Some(7)), None);
        assert_eq!(keys.update(NodeId(1), None), (false, None));
        assert_eq!(update(&mut keys, 2, Some(7)), None);
    }

    #[test]
    fn a_view_of_another_type_is_not_asked() {
        let mut keys = keys();
        assert_eq!(keys.update(NodeId(1), Some(&7_u64)), (false, None));
        assert_eq!(keys.update(NodeId(1), Some(&Some(7_u64))), (true, None));
    }

    #[test]
    fn nodes_may_exchange_their_keys_once_both_are_released() {
        let mut keys = keys();
        assert_eq!(update(&mut keys, 1, Some(7)), None);
        assert_eq!(update(&mut keys, 2, Some(8)), None);
        keys.release(NodeId(1));
        keys.release(NodeId(2));
        assert_eq!(update(&mut keys, 1, Some(8)), None);
        assert_eq!(update(&mut keys, 2, Some(7)), None);
    }

    #[test]
    fn keys_of_many_nodes_are_found_as_in_a_map() {
        let mut keys = keys();
        let mut holders = std::collections::BTreeMap::new();
        for round in 0..20_000_u64 {
            let node = (round * 7919 % 300) as u32;
            let key = Some(round * 104_729 % 1_000).filter(|key| key % 10 != 3);
            holders.retain(|_, holder| *holder != node);
            if let Some(holder) = key.and_then(|key| holders.get(&key)) {
                let both = [node.min(*holder), node.max(*holder)];
                assert_eq!(update(&mut keys, node, key), conflict(both, &key.expect("it has a holder").to_string()));
            } else {
                assert_eq!(update(&mut keys, node, key), None);
                holders.extend(key.map(|key| (key, node)));
            }
        }
        assert!(holders.len() > 100);
    }
}
