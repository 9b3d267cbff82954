//! Listeners of all nodes, and the count of connects between each pair of nodes.

use std::collections::{BTreeMap, VecDeque};

use cluster_sim_types::NodeId;
use rustc_hash::FxHashMap;

use super::endpoint::SessionId;
use crate::network::ports::PortId;
use crate::network::waiters::Waiters;

/// How many sessions wait to be accepted on one port; further requests get no answer and are retried.
///
/// The default of Linux before 5.4 (`net.core.somaxconn`).
pub const BACKLOG_CAPACITY: usize = 128;

/// A port on which a node listens.
#[derive(Debug, Default)]
pub(super) struct Listener {
    /// Sessions that wait to be accepted, oldest first.
    pub(super) backlog: VecDeque<SessionId>,
    /// Tasks that wait for the next session.
    pub(super) waiters: Waiters,
}

#[derive(Debug, Default)]
pub(super) struct Listeners {
    listeners: BTreeMap<(NodeId, PortId), Listener>,
    /// How often the first node connected to the second on that port.
    connects: FxHashMap<(NodeId, NodeId, PortId), u32>,
}

impl Listeners {
    /// Counts a connect. Returns how many went before it.
    pub(super) fn count(&mut self, from: NodeId, to: NodeId, port: PortId) -> u32 {
        let count = self.connects.entry((from, to, port)).or_default();
        *count += 1;
        *count - 1
    }

    /// Adds a listener. Returns `false` if there is one already.
    pub(super) fn listen(&mut self, node: NodeId, port: PortId) -> bool {
        let free = !self.listeners.contains_key(&(node, port));
        if free {
            self.listeners.insert((node, port), Listener::default());
        }
        free
    }

    pub(super) fn at(&mut self, node: NodeId, port: PortId) -> Option<&mut Listener> {
        self.listeners.get_mut(&(node, port))
    }

    /// Removes a listener. Returns the sessions that waited to be accepted.
    pub(super) fn stop(&mut self, node: NodeId, port: PortId) -> VecDeque<SessionId> {
        self.listeners.remove(&(node, port)).unwrap_or_default().backlog
    }

    /// Removes all listeners of a node whose life ended.
    pub(super) fn clear(&mut self, node: NodeId) {
        let [first, last] = PortId::EXTREMES;
        let ports: Vec<PortId> = self.listeners.range((node, first)..=(node, last)).map(|((_, port), _)| *port).collect();
        ports.into_iter().for_each(|port| drop(self.stop(node, port)));
    }
}
