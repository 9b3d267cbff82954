//! Lives that draw their random numbers from the entropy of another node, as copies of one image do.

use std::collections::BTreeMap;

use cluster_sim_types::{Health, NodeId};

use super::Kernel;
use crate::random::Address;

/// The number of a fault that gives nodes equal random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedId(u64);

/// The faults that give nodes equal random numbers, and the lives that have them.
#[derive(Debug, Default)]
pub(crate) struct SharedEntropy {
    faults: Vec<Shared>,
    count: u64,
    /// By node, the address of the life whose numbers its present life draws.
    sources: BTreeMap<NodeId, Address>,
}

#[derive(Debug)]
struct Shared {
    id: SharedId,
    nodes: Vec<NodeId>,
    source: Address,
    /// The lives that began with the entropy of another.
    lives: u64,
}

impl SharedEntropy {
    /// Whether a life draws, or may begin to draw, the numbers of another.
    #[inline]
    pub(super) fn is_used(&self) -> bool {
        !self.faults.is_empty() || !self.sources.is_empty()
    }

    /// Returns the life whose numbers a life draws that begins now.
    pub(super) fn source(&mut self, node: NodeId, own: Address) -> Address {
        self.sources.remove(&node);
        let Some(fault) = self.faults.iter_mut().rev().find(|fault| fault.nodes.contains(&node)) else { return own };
        if fault.source.key() != own.key() {
            fault.lives += 1;
            self.sources.insert(node, fault.source);
        }
        fault.source
    }

    /// Returns the life whose numbers the present life of a node draws, if that is another one.
    #[inline]
    pub(crate) fn source_of(&self, node: NodeId) -> Option<Address> {
        if self.sources.is_empty() { None } else { self.sources.get(&node).copied() }
    }
}

impl Kernel {
    /// Lets all lives of these nodes that begin from now on draw the numbers of the first node.
    ///
    /// Those of its present life, or of its next one if it is down.
    ///
    /// # Panics
    /// If there is no node.
    pub fn share_entropy(&mut self, nodes: Vec<NodeId>) -> SharedId {
        let first = *nodes.first().expect("a fault of several nodes names one");
        let lives = matches!(self.health(first), Health::Up | Health::Paused);
        let life = if lives { self.incarnation(first) } else { self.next_incarnation(first) };
        let source = self.address(first).number(u64::from(life.0));
        let shared = &mut self.shared_entropy;
        shared.count += 1;
        let id = SharedId(shared.count);
        shared.faults.push(Shared { id, nodes, source, lives: 0 });
        id
    }

    /// Ends such a fault. Lives that began keep their numbers.
    pub fn end_shared_entropy(&mut self, id: SharedId) {
        self.shared_entropy.faults.retain(|fault| fault.id != id);
    }

    /// Returns how many lives began with the entropy of another because of a fault in force.
    pub fn lives_with_shared_entropy(&self, id: SharedId) -> u64 {
        self.shared_entropy.faults.iter().find(|fault| fault.id == id).map_or(0, |fault| fault.lives)
    }
}
