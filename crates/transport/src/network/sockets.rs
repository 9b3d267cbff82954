//! Ports: where messages for a node arrive, by name.

use std::collections::VecDeque;

use cluster_sim_runtime::{Kernel, TaskId, Waiter};
use cluster_sim_vocabulary::NodeId;

use super::arrival::INBOX_CAPACITY;
use super::payload::PayloadKind;

/// A port by the number of its name; the same in a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId(pub(super) u16);

/// One port that a node bound.
#[derive(Debug)]
pub(super) struct Socket {
    port: PortId,
    pub(super) kind: PayloadKind,
    /// Flights that arrived and were not taken yet.
    pub(super) arrived: VecDeque<u32>,
    /// Who waits for a message. Most of the time it is one task.
    waiters: Vec<Waiter>,
}

/// What takes the messages of a node.
#[derive(Debug, Default)]
enum Receiver {
    /// Nobody: the node has no ports.
    #[default]
    Nobody,
    /// What runs on the node, by its one port.
    Host(PortId),
    /// The ports that tasks of the node bound.
    Tasks(Vec<Socket>),
}

/// Where a message goes that reached its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    /// To what runs on the node.
    Host,
    /// To the socket at this place among the node's.
    Socket(usize),
    /// Nobody bound the port.
    Closed,
    /// Too many wait there already.
    Full,
}

/// The ports of all nodes.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    receivers: Vec<Receiver>,
    names: Vec<String>,
}

/// A port that a node bound already.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("port {name:?} is bound already; a node binds each of its ports once, and shares it by reference")]
pub struct PortTaken {
    /// The port.
    pub name: String,
}

impl Sockets {
    /// The number of a port name.
    pub(super) fn port(&mut self, name: &str) -> PortId {
        let known = self.names.iter().position(|known| known == name);
        let index = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        PortId(u16::try_from(index).expect("a simulation has fewer than 65,536 port names"))
    }

    pub(super) fn name(&self, port: PortId) -> &str {
        &self.names[usize::from(port.0)]
    }

    fn receiver(&mut self, node: NodeId) -> &mut Receiver {
        if self.receivers.len() <= node.index() {
            self.receivers.resize_with(node.index() + 1, Receiver::default);
        }
        &mut self.receivers[node.index()]
    }

    /// Has the node's host take everything that comes to this port.
    pub(super) fn take_by_host(&mut self, node: NodeId, port: PortId) {
        *self.receiver(node) = Receiver::Host(port);
    }

    pub(super) fn bind(&mut self, node: NodeId, port: PortId, kind: PayloadKind) -> Result<(), PortTaken> {
        let taken = PortTaken { name: self.name(port).to_owned() };
        let socket = Socket { port, kind, arrived: VecDeque::new(), waiters: Vec::new() };
        match self.receiver(node) {
            Receiver::Tasks(sockets) if sockets.iter().any(|socket| socket.port == port) => return Err(taken),
            Receiver::Tasks(sockets) => sockets.push(socket),
            receiver @ Receiver::Nobody => *receiver = Receiver::Tasks(vec![socket]),
            Receiver::Host(_) => return Err(taken),
        }
        Ok(())
    }

    /// Whether what runs on the node takes what comes to this port.
    #[inline]
    pub(super) fn is_taken_by_host(&self, node: NodeId, port: PortId) -> bool {
        matches!(self.receivers.get(node.index()), Some(Receiver::Host(own)) if *own == port)
    }

    /// Where a message for this port of the node goes.
    #[inline]
    pub(super) fn destination(&self, node: NodeId, port: PortId) -> Destination {
        match self.receivers.get(node.index()) {
            Some(Receiver::Host(own)) if *own == port => Destination::Host,
            Some(Receiver::Tasks(sockets)) => match sockets.iter().position(|socket| socket.port == port) {
                Some(place) if sockets[place].arrived.len() < INBOX_CAPACITY => Destination::Socket(place),
                Some(_) => Destination::Full,
                None => Destination::Closed,
            },
            _ => Destination::Closed,
        }
    }

    /// Puts a flight into a socket, and wakes who waits there.
    #[inline]
    pub(super) fn arrive(&mut self, kernel: &mut Kernel, node: NodeId, place: usize, slot: u32) {
        if let Receiver::Tasks(sockets) = &mut self.receivers[node.index()] {
            let socket = &mut sockets[place];
            socket.arrived.push_back(slot);
            for waiter in socket.waiters.drain(..) {
                kernel.wake(waiter);
            }
        }
    }

    /// The socket that a node bound to a port.
    #[inline]
    pub(super) fn socket(&mut self, node: NodeId, port: PortId) -> Option<&mut Socket> {
        match self.receivers.get_mut(node.index())? {
            Receiver::Tasks(sockets) => sockets.iter_mut().find(|socket| socket.port == port),
            _ => None,
        }
    }

    /// Takes one port of a node away; answers with what was not taken from it.
    pub(super) fn unbind(&mut self, node: NodeId, port: PortId) -> VecDeque<u32> {
        match self.receiver(node) {
            Receiver::Tasks(sockets) => match sockets.iter().position(|socket| socket.port == port) {
                Some(place) => sockets.remove(place).arrived,
                None => VecDeque::new(),
            },
            _ => VecDeque::new(),
        }
    }

    /// Takes all ports away that tasks of the node bound; answers with what was not taken from them.
    pub(super) fn unbind_all(&mut self, node: NodeId) -> Vec<u32> {
        match self.receivers.get_mut(node.index()) {
            Some(Receiver::Tasks(sockets)) => sockets.drain(..).flat_map(|socket| socket.arrived).collect(),
            _ => Vec::new(),
        }
    }
}

impl Socket {
    /// Lets `waiter` be woken by the next message.
    #[inline]
    pub(super) fn wait(&mut self, waiter: Waiter) {
        if !self.waiters.iter().any(|waiting| waiting.is(&waiter)) {
            self.waiters.push(waiter);
        }
    }

    /// Lets a task be woken no more.
    #[inline]
    pub(super) fn forget(&mut self, task: TaskId) {
        self.waiters.retain(|waiter| !matches!(waiter, Waiter::Task(waiting) if *waiting == task));
    }
}
