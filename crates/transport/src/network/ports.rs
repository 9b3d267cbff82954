//! Ports: where messages for a node arrive, by name.

use std::collections::VecDeque;

use cluster_sim_runtime::Kernel;
use cluster_sim_types::NodeId;

use super::deliver::INBOX_CAPACITY;
use super::payload::PayloadKind;
use super::port_names::PortId;
use super::waiters::Waiters;

/// One port that a node bound.
///
/// Most of the time one message waits there, so that it lies in the socket itself.
#[derive(Debug)]
pub(super) struct BoundPort {
    port: PortId,
    pub(super) kind: PayloadKind,
    /// The flight that arrived first of those that were not taken yet, and those after it.
    first: Option<u32>,
    later: VecDeque<u32>,
    /// Who waits for a message.
    pub(super) waiters: Waiters,
}

/// What takes the messages of a node.
#[derive(Debug, Default)]
enum Receiver {
    /// Nobody: the node has no ports.
    #[default]
    Unbound,
    /// What runs on the node, by its one port.
    Host(PortId),
    /// The ports that tasks of the node bound: the first, and more.
    Tasks(BoundPort, Vec<BoundPort>),
}

/// What became of a message that reached its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrived {
    /// It is for what runs on the node.
    AtHost,
    /// It waits in a socket.
    InSocket,
    /// Nobody bound the port.
    Closed,
    /// Too many wait there already.
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

    /// Has the node's host take everything that comes to this port.
    pub(super) fn bind_host(&mut self, node: NodeId, port: PortId) {
        *self.receiver(node) = Receiver::Host(port);
    }

    /// Binds a port of the node; false if it is bound already.
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

    /// Whether what runs on the node takes what comes to this port.
    #[inline]
    pub(super) fn is_taken_by_host(&self, node: NodeId, port: PortId) -> bool {
        matches!(self.receivers.get(node.index()), Some(Receiver::Host(own)) if *own == port)
    }

    /// Gives a message to who takes it at this port of the node; wakes who waits there.
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

    /// The socket that a node bound to a port.
    #[inline]
    pub(super) fn socket(&mut self, node: NodeId, port: PortId) -> Option<&mut BoundPort> {
        match self.receivers.get_mut(node.index())? {
            Receiver::Tasks(first, _) if first.port == port => Some(first),
            Receiver::Tasks(_, more) => more.iter_mut().find(|socket| socket.port == port),
            _ => None,
        }
    }

    /// Takes one port of a node away; answers with what was not taken from it.
    pub(super) fn unbind(&mut self, node: NodeId, port: PortId) -> Vec<u32> {
        let receiver = self.receiver(node);
        let (kept, gone): (Vec<BoundPort>, Vec<BoundPort>) = receiver.take_bound().partition(|socket| socket.port != port);
        let mut kept = kept.into_iter();
        if let Some(first) = kept.next() {
            *receiver = Receiver::Tasks(first, kept.collect());
        }
        gone.into_iter().flat_map(BoundPort::arrived).collect()
    }

    /// Takes all ports away that tasks of the node bound; answers with what was not taken from them.
    pub(super) fn unbind_all(&mut self, node: NodeId) -> Vec<u32> {
        match self.receivers.get_mut(node.index()) {
            Some(receiver) => receiver.take_bound().flat_map(BoundPort::arrived).collect(),
            None => Vec::new(),
        }
    }
}

impl Receiver {
    /// Takes out what tasks bound; a host's port stays.
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
