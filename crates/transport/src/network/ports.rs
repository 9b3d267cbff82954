//! Bound ports: where datagrams for a node wait.

use std::collections::VecDeque;

use cluster_sim_runtime::Kernel;
use cluster_sim_types::NodeId;

use super::deliver::INBOX_CAPACITY;
use super::payload::PayloadKind;
use super::port_names::PortId;
use super::waiters::Waiters;

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

/// The receiver of a node's messages.
#[derive(Debug, Default)]
enum Receiver {
    /// The node has bound no port.
    #[default]
    Unbound,
    /// The host of the node, on its one port.
    Host(PortId),
    /// The ports that tasks of the node bound: the first, and any others.
    Tasks(BoundPort, Vec<BoundPort>),
}

/// The result of an arrival at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrived {
    /// The host of the node receives it.
    AtHost,
    /// It waits at the port.
    InSocket,
    /// The port is not bound.
    Closed,
    /// The port is full.
    Full,
}

/// The ports of all nodes.
#[derive(Debug, Default)]
pub(super) struct Ports {
    receivers: Vec<Receiver>,
}

impl Ports {
    fn receiver(&mut self, node: NodeId) -> &mut Receiver {
        if self.receivers.len() <= node.index() {
            self.receivers.resize_with(node.index() + 1, Receiver::default);
        }
        &mut self.receivers[node.index()]
    }

    /// Delivers everything for this port to the node's host.
    pub(super) fn bind_host(&mut self, node: NodeId, port: PortId) {
        *self.receiver(node) = Receiver::Host(port);
    }

    /// Binds a port of a node. Returns `false` if it is bound already.
    pub(super) fn bind(&mut self, node: NodeId, port: PortId, kind: PayloadKind) -> bool {
        if self.socket(node, port).is_some() {
            return false;
        }
        let socket = BoundPort { port, kind, first: None, later: VecDeque::new(), waiters: Waiters::default() };
        match self.receiver(node) {
            Receiver::Tasks(_, more) => more.push(socket),
            receiver => *receiver = Receiver::Tasks(socket, Vec::new()),
        }
        true
    }

    /// Returns whether the node's host receives what arrives at this port.
    #[inline]
    pub(super) fn is_taken_by_host(&self, node: NodeId, port: PortId) -> bool {
        matches!(self.receivers.get(node.index()), Some(Receiver::Host(own)) if *own == port)
    }

    /// Passes a message to the receiver at this port, and wakes the tasks that wait there.
    #[inline]
    pub(super) fn arrive(&mut self, kernel: &mut Kernel, node: NodeId, port: PortId, slot: u32) -> Arrived {
        if let Some(Receiver::Host(own)) = self.receivers.get(node.index()) {
            return if *own == port { Arrived::AtHost } else { Arrived::Closed };
        }
        match self.socket(node, port) {
            Some(socket) if socket.len() >= INBOX_CAPACITY => Arrived::Full,
            Some(socket) => {
                socket.push(slot);
                socket.waiters.wake(kernel);
                Arrived::InSocket
            }
            None => Arrived::Closed,
        }
    }

    /// Returns the port if a task of the node bound it.
    #[inline]
    pub(super) fn socket(&mut self, node: NodeId, port: PortId) -> Option<&mut BoundPort> {
        match self.receivers.get_mut(node.index())? {
            Receiver::Tasks(first, _) if first.port == port => Some(first),
            Receiver::Tasks(_, more) => more.iter_mut().find(|socket| socket.port == port),
            _ => None,
        }
    }

    /// Unbinds a port of a node. Returns its unread flights.
    pub(super) fn unbind(&mut self, node: NodeId, port: PortId) -> Vec<u32> {
        let receiver = self.receiver(node);
        let (kept, gone): (Vec<BoundPort>, Vec<BoundPort>) = receiver.take_bound().partition(|socket| socket.port != port);
        let mut kept = kept.into_iter();
        if let Some(first) = kept.next() {
            *receiver = Receiver::Tasks(first, kept.collect());
        }
        gone.into_iter().flat_map(BoundPort::arrived).collect()
    }

    /// Unbinds all ports that tasks of a node bound. Returns their unread flights.
    pub(super) fn unbind_all(&mut self, node: NodeId) -> Vec<u32> {
        match self.receivers.get_mut(node.index()) {
            Some(receiver) => receiver.take_bound().flat_map(BoundPort::arrived).collect(),
            None => Vec::new(),
        }
    }
}

impl Receiver {
    /// Takes the ports bound by tasks; the port of a host stays.
    fn take_bound(&mut self) -> impl Iterator<Item = BoundPort> + use<> {
        let sockets = match self {
            Self::Tasks(..) => match std::mem::take(self) {
                Self::Tasks(first, more) => Some((first, more)),
                _ => None,
            },
            _ => None,
        };
        sockets.into_iter().flat_map(|(first, more)| std::iter::once(first).chain(more))
    }
}

impl BoundPort {
    fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.later.len()
    }

    #[inline]
    fn push(&mut self, slot: u32) {
        match self.first {
            None => self.first = Some(slot),
            Some(_) => self.later.push_back(slot),
        }
    }

    /// Takes the flight that arrived first.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<u32> {
        let first = self.first.take()?;
        if !self.later.is_empty() {
            self.first = self.later.pop_front();
        }
        Some(first)
    }

    fn arrived(self) -> impl Iterator<Item = u32> {
        self.first.into_iter().chain(self.later)
    }
}
