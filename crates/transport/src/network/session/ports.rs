//! Ports: where nodes listen, and how often each was connected to.

use std::collections::{BTreeMap, VecDeque};

use cluster_sim_runtime::Address;
use cluster_sim_vocabulary::NodeId;
use rustc_hash::FxHashMap;

use super::end::SessionId;

/// A port of sessions, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(u16);

/// How many sessions wait to be accepted on one port; who asks beyond gets no answer, and asks again. Default of Linux before 5.4
/// (`net.core.somaxconn`).
pub const BACKLOG_CAPACITY: usize = 128;

/// The name of the port of machines.
const MACHINES: &str = "machine";

#[derive(Debug, Default)]
pub(super) struct Ports {
    /// The names of all ports but the first, each with its address.
    names: Vec<(String, Address)>,
    /// Sessions that wait to be accepted, oldest first, by where somebody listens.
    listeners: BTreeMap<(NodeId, Port), VecDeque<SessionId>>,
    /// Nodes that run machines: they take every session on the port of machines.
    machines: Vec<bool>,
    /// How often the first node connected to the second on that port.
    connects: FxHashMap<(NodeId, NodeId, Port), u32>,
}

impl Ports {
    /// The port on which machines stream to each other.
    pub(super) const MACHINES: Port = Port(0);

    pub(super) fn named(&mut self, name: &str) -> Port {
        if name == MACHINES {
            return Self::MACHINES;
        }
        let known = self.names.iter().position(|(known, _)| known == name);
        let index = known.unwrap_or_else(|| {
            self.names.push((name.to_owned(), Address::new().name(name)));
            self.names.len() - 1
        });
        Port(u16::try_from(index + 1).expect("a simulation has fewer than 65,536 ports"))
    }

    pub(super) fn address(&self, port: Port) -> Address {
        const OF_MACHINES: Address = Address::new().name(MACHINES);
        usize::from(port.0).checked_sub(1).map_or(OF_MACHINES, |index| self.names[index].1)
    }

    /// Counts one more connect, and says how many went before.
    pub(super) fn count(&mut self, from: NodeId, to: NodeId, port: Port) -> u32 {
        let count = self.connects.entry((from, to, port)).or_default();
        *count += 1;
        *count - 1
    }

    pub(super) fn runs_machine(&mut self, node: NodeId) {
        if self.machines.len() <= node.index() {
            self.machines.resize(node.index() + 1, false);
        }
        self.machines[node.index()] = true;
    }

    /// Whether a machine at that node takes sessions on that port.
    pub(super) fn is_machine(&self, node: NodeId, port: Port) -> bool {
        port == Self::MACHINES && self.machines.get(node.index()).is_some_and(|runs| *runs)
    }

    /// Begins to listen; false if somebody does already.
    pub(super) fn listen(&mut self, node: NodeId, port: Port) -> bool {
        let free = !self.is_machine(node, port) && !self.listeners.contains_key(&(node, port));
        if free {
            self.listeners.insert((node, port), VecDeque::new());
        }
        free
    }

    /// The sessions that wait to be accepted there, if somebody listens.
    pub(super) fn backlog(&mut self, node: NodeId, port: Port) -> Option<&mut VecDeque<SessionId>> {
        self.listeners.get_mut(&(node, port))
    }

    /// Ends listening on a port; the sessions that waited to be accepted.
    pub(super) fn stop(&mut self, node: NodeId, port: Port) -> VecDeque<SessionId> {
        self.listeners.remove(&(node, port)).unwrap_or_default()
    }

    /// Ends all listening of a node whose life ended.
    pub(super) fn clear(&mut self, node: NodeId) {
        let ports: Vec<Port> = self.listeners.range((node, Port(0))..=(node, Port(u16::MAX))).map(|((_, port), _)| *port).collect();
        ports.into_iter().for_each(|port| drop(self.stop(node, port)));
    }
}
