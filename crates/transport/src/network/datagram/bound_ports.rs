//! Bound ports: where datagrams for the tasks of a node wait.

use std::collections::VecDeque;
use std::sync::Arc;

use cluster_sim_runtime::{Kernel, TaskId, Waiter};
use cluster_sim_types::NodeId;

use super::readiness::BoundReadiness;
use super::{INBOX_CAPACITY, Readiness};
use crate::network::payload::PayloadKind;
use crate::network::ports::PortId;
use crate::network::waiters::{WaitKey, Waiters};

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
    /// The lone task that waits; shared with the handle.
    pub(super) readiness: BoundReadiness,
    /// All other waiters.
    waiters: Waiters,
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
    /// Binds a port of a node. Returns its readiness; `None` if it is bound already.
    pub(super) fn bind(&mut self, node: NodeId, port: PortId, kind: PayloadKind) -> Option<Arc<Readiness>> {
        if self.at(node, port).is_some() {
            return None;
        }
        if self.nodes.len() <= node.index() {
            self.nodes.resize_with(node.index() + 1, || None);
        }
        let readiness = Arc::<Readiness>::default();
        let waiters = Waiters::default();
        let bound = BoundPort {
            port,
            kind,
            first: None,
            later: VecDeque::new(),
            readiness: BoundReadiness(Arc::clone(&readiness)),
            waiters,
        };
        match &mut self.nodes[node.index()] {
            Some((_, more)) => more.push(bound),
            unbound => *unbound = Some((bound, Vec::new())),
        }
        Some(readiness)
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
        bound.wake(kernel);
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

    /// Lists the tasks that wait at the readiness of a port, with the port.
    pub(super) fn waits(&self) -> impl Iterator<Item = (TaskId, PortId)> {
        let bound = self.nodes.iter().flatten().flat_map(|(first, more)| std::iter::once(first).chain(more));
        bound.filter_map(|bound| Some((bound.readiness.waiting()?, bound.port)))
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
        if self.later.is_empty() {
            // The arrival removed all waiters, and none is added while a message is there.
            debug_assert!(self.waiters.is_empty(), "a task waits beside a message");
            self.readiness.set_must_ask(false);
        } else {
            self.first = self.later.pop_front();
        }
        Some(first)
    }

    /// Wakes and removes all waiters: a message arrived.
    #[inline(always)]
    fn wake(&mut self, kernel: &mut Kernel) {
        if let Some(task) = self.readiness.take() {
            kernel.wake(Waiter::Task(task));
        }
        // Polls had to ask: because of the other waiters, unless a message was there.
        if self.readiness.replace_must_ask(true) {
            self.waiters.wake(kernel);
        }
    }

    /// Registers a waiter that the readiness refused, replacing the wait `previous`. Returns the key that cancels the wait.
    pub(super) fn wait(&mut self, previous: Option<WaitKey>, waiter: Waiter) -> WaitKey {
        let key = self.waiters.wait(previous, waiter);
        self.update_readiness();
        key
    }

    /// Cancels a wait that the readiness refused.
    pub(super) fn forget(&mut self, key: WaitKey) {
        self.waiters.forget(key);
        self.update_readiness();
    }

    #[inline(always)]
    fn update_readiness(&self) {
        self.readiness.set_must_ask(self.first.is_some() || !self.waiters.is_empty());
    }

    fn unread(self) -> impl Iterator<Item = u32> {
        self.first.into_iter().chain(self.later)
    }
}
