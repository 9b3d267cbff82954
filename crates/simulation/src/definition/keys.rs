//! The present keys of nodes, for a rule that each key has at most one node.

use std::any::Any;
use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use cluster_sim_types::NodeId;
use rustc_hash::FxHashMap;

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
    /// Frees the key of a node until its next update.
    fn release(&mut self, node: NodeId);

    /// Notes the key of a node that may have another view now. Returns whether the view has the rule's type, and the conflict that
    /// the key is in.
    fn update(&mut self, node: NodeId, view: Option<&dyn Any>) -> (bool, Option<Conflict>);
}

/// The keys of views of type `V`, as `key` reads them.
pub(crate) struct KeysOf<V, K, F> {
    key: Arc<F>,
    of_node: Vec<Option<K>>,
    /// Found by key only, never iterated.
    holders: FxHashMap<K, NodeId>,
    view: PhantomData<fn(&V)>,
}

impl<V, K, F> KeysOf<V, K, F> {
    pub(crate) fn new(key: Arc<F>) -> Self {
        Self { key, of_node: Vec::new(), holders: FxHashMap::default(), view: PhantomData }
    }
}

impl<V: 'static, K: Hash + Eq + Clone + Debug, F: Fn(NodeId, &V) -> Option<K>> Keys for KeysOf<V, K, F> {
    fn release(&mut self, node: NodeId) {
        if let Some(key) = self.of_node.get_mut(node.index()).and_then(Option::take) {
            self.holders.remove(&key);
        }
    }

    fn update(&mut self, node: NodeId, view: Option<&dyn Any>) -> (bool, Option<Conflict>) {
        let view = view.and_then(|view| view.downcast_ref());
        let key = view.and_then(|view| (self.key)(node, view));
        if self.of_node.get(node.index()).is_some_and(|known| *known == key) {
            return (view.is_some(), None);
        }
        self.release(node);
        let Some(key) = key else { return (view.is_some(), None) };
        if let Some(holder) = self.holders.insert(key.clone(), node) {
            let nodes = [holder.min(node), holder.max(node)];
            return (true, Some(Conflict { nodes, key: format!("{key:?}") }));
        }
        if self.of_node.len() <= node.index() {
            self.of_node.resize(node.index() + 1, None);
        }
        self.of_node[node.index()] = Some(key);
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
}
