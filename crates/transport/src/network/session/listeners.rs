//! Where nodes listen, and how often each was connected to.

use std::collections::{BTreeMap, VecDeque};

use cluster_sim_types::NodeId;
use rustc_hash::FxHashMap;

use super::endpoint::SessionId;
use crate::network::port_names::PortId;
use crate::network::waiters::Waiters;

/// How many sessions wait to be accepted on one port; who asks beyond gets no answer, and asks again. Default of Linux before 5.4
/// (`net.core.somaxconn`).
pub const BACKLOG_CAPACITY: usize = 128;

/// A port on which a node listens.
#[derive(Debug, Default)]
pub(super) struct Listener {
    /// Sessions that wait to be accepted, oldest first.
    pub(super) backlog: VecDeque<SessionId>,
    /// Tasks that wait for the next one.
    pub(super) waiters: Waiters,
}

#[derive(Debug, Default)]
pub(super) struct Listeners {
    listeners: BTreeMap<(NodeId, PortId), Listener>,
    /// How often the first node connected to the second on that port.
    connects: FxHashMap<(NodeId, NodeId, PortId), u32>,
}

impl Listeners {
    /// Counts one more connect, and says how many went before.
    pub(super) fn count(&mut self, from: NodeId, to: NodeId, port: PortId) -> u32 {
        let count = self.connects.entry((from, to, port)).or_default();
        *count += 1;
        *count - 1
    }

    /// Begins to listen; false if somebody does already.
    pub(super) fn listen(&mut self, node: NodeId, port: PortId) -> bool {
        let free = !self.listeners.contains_key(&(node, port));
        if free {
            self.listeners.insert((node, port), Listener::default());
        }
        free
    }

    /// Who listens there.
    pub(super) fn at(&mut self, node: NodeId, port: PortId) -> Option<&mut Listener> {
        self.listeners.get_mut(&(node, port))
    }

    /// Ends listening on a port; the sessions that waited to be accepted.
    pub(super) fn stop(&mut self, node: NodeId, port: PortId) -> VecDeque<SessionId> {
        self.listeners.remove(&(node, port)).unwrap_or_default().backlog
    }

    /// Ends all listening of a node whose life ended.
    pub(super) fn clear(&mut self, node: NodeId) {
        let [first, last] = PortId::EXTREMES;
        let ports: Vec<PortId> = self.listeners.range((node, first)..=(node, last)).map(|((_, port), _)| *port).collect();
        ports.into_iter().for_each(|port| drop(self.stop(node, port)));
    }
}
