//! Bound ports: where datagrams for the tasks of a node wait.

use std::collections::VecDeque;

use cluster_sim_runtime::Kernel;
use cluster_sim_types::NodeId;

use super::INBOX_CAPACITY;
use crate::network::payload::PayloadKind;
use crate::network::ports::PortId;
use crate::network::waiters::Waiters;

/// A port that a task of a node bound.
///
/// Usually at most one message waits, so the first one needs no allocation.
#[derive(Debug)]
pub(super) struct BoundPort {
    port: PortId,
    pub(super) kind: PayloadKind,
    /// The unread flight that arrived first; `later` holds those after it.
    first: Option<u32>,
    later: VecDeque<u32>,
    pub(super) waiters: Waiters,
}

/// The ports that the tasks of one node bound: the first, and any others.
type OfNode = Option<(BoundPort, Vec<BoundPort>)>;

/// The result of an arrival at a node whose tasks bind ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrived {
    /// The message waits at the port.
    Waiting,
    /// The port is not bound.
    Closed,
    /// The port is full.
    Full,
}

/// The bound ports of all nodes.
#[derive(Debug, Default)]
pub(super) struct BoundPorts {
    nodes: Vec<OfNode>,
}

impl BoundPorts {
    /// Binds a port of a node. Returns `false` if it is bound already.
    pub(super) fn bind(&mut self, node: NodeId, port: PortId, kind: PayloadKind) -> bool {
        if self.at(node, port).is_some() {
            return false;
        }
        if self.nodes.len() <= node.index() {
            self.nodes.resize_with(node.index() + 1, || None);
        }
        let bound = BoundPort { port, kind, first: None, later: VecDeque::new(), waiters: Waiters::default() };
        match &mut self.nodes[node.index()] {
            Some((_, more)) => more.push(bound),
            unbound => *unbound = Some((bound, Vec::new())),
        }
        true
    }

    /// Adds a message to the port, and wakes the tasks that wait there.
    #[inline(always)]
    pub(super) fn arrive(&mut self, kernel: &mut Kernel, node: NodeId, port: PortId, slot: u32) -> Arrived {
        let Some(bound) = self.at(node, port) else { return Arrived::Closed };
        if bound.first.is_none() {
            bound.first = Some(slot);
        } else if bound.later.len() + 1 < INBOX_CAPACITY {
            bound.later.push_back(slot);
        } else {
            return Arrived::Full;
        }
        bound.waiters.wake(kernel);
        Arrived::Waiting
    }

    /// Returns the port if a task of the node bound it.
    #[inline]
    pub(super) fn at(&mut self, node: NodeId, port: PortId) -> Option<&mut BoundPort> {
        let (first, more) = self.nodes.get_mut(node.index())?.as_mut()?;
        if first.port == port { Some(first) } else { more.iter_mut().find(|bound| bound.port == port) }
    }

    /// Unbinds a port of a node. Returns its unread flights.
    pub(super) fn unbind(&mut self, node: NodeId, port: PortId) -> Vec<u32> {
        let (kept, gone): (Vec<BoundPort>, Vec<BoundPort>) = self.take(node).partition(|bound| bound.port != port);
        let mut kept = kept.into_iter();
        if let Some(first) = kept.next() {
            self.nodes[node.index()] = Some((first, kept.collect()));
        }
        gone.into_iter().flat_map(BoundPort::unread).collect()
    }

    /// Unbinds all ports of a node. Returns their unread flights.
    pub(super) fn unbind_all(&mut self, node: NodeId) -> Vec<u32> {
        self.take(node).flat_map(BoundPort::unread).collect()
    }

    fn take(&mut self, node: NodeId) -> impl Iterator<Item = BoundPort> + use<> {
        let bound = self.nodes.get_mut(node.index()).and_then(Option::take);
        bound.into_iter().flat_map(|(first, more)| std::iter::once(first).chain(more))
    }
}

impl BoundPort {
    /// Takes the flight that arrived first.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<u32> {
        let first = self.first.take()?;
        if !self.later.is_empty() {
            self.first = self.later.pop_front();
        }
        Some(first)
    }

    fn unread(self) -> impl Iterator<Item = u32> {
        self.first.into_iter().chain(self.later)
    }
}
