//! Connections: the two endpoints and two halves of a session, in slots.

use cluster_sim_runtime::Address;
use cluster_sim_types::NodeId;

use super::endpoint::{Endpoint, SessionId, Side};
use super::half::Half;
use crate::network::ports::PortId;

/// A session: two endpoints, and a half for each direction.
#[derive(Debug)]
pub(super) struct Connection {
    generation: u32,
    /// The address of the session: both nodes, the port, and the count of earlier connects.
    pub(super) label: Address,
    pub(super) port: PortId,
    /// Indexed by side. An absent endpoint has its node set already.
    pub(super) endpoints: [Endpoint; 2],
    /// Indexed by the sending side.
    pub(super) halves: [Half; 2],
}

impl Connection {
    pub(super) fn id(&self, slot: usize, side: Side) -> SessionId {
        SessionId::new(slot, self.generation, side)
    }

    pub(super) fn endpoint(&self, side: Side) -> &Endpoint {
        &self.endpoints[side.index()]
    }

    pub(super) fn endpoint_mut(&mut self, side: Side) -> &mut Endpoint {
        &mut self.endpoints[side.index()]
    }

    /// Returns the half in which that side sends.
    pub(super) fn outbound(&mut self, side: Side) -> &mut Half {
        &mut self.halves[side.index()]
    }

    /// Returns the half from which that side reads.
    pub(super) fn inbound(&mut self, side: Side) -> &mut Half {
        &mut self.halves[side.other().index()]
    }

    /// Returns whether both directions have ended, as far as that side knows.
    pub(super) fn is_closed(&self, side: Side) -> bool {
        self.halves[side.index()].is_fin_acknowledged() && self.halves[side.other().index()].is_fin_read()
    }

    /// Returns the sender, the receiver and the port of what that side sends.
    pub(super) fn link_from(&self, side: Side) -> (NodeId, NodeId, PortId) {
        (self.endpoint(side).node, self.endpoint(side.other()).node, self.port)
    }

    /// Returns the address of everything that side sends.
    pub(super) fn address(&self, side: Side) -> Address {
        self.label.number(side as u64)
    }
}

/// All sessions, each in its own slot.
#[derive(Debug, Default)]
pub(super) struct Connections {
    slots: Vec<Connection>,
    free: Vec<u32>,
}

impl Connections {
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Lists all slots; a free one holds no messages.
    pub(super) fn all(&self) -> impl Iterator<Item = &Connection> {
        self.slots.iter()
    }

    /// Adds a session with absent endpoints between two nodes, over links of these classes.
    pub(super) fn insert(&mut self, label: Address, port: PortId, nodes: [NodeId; 2], classes: [u16; 2]) -> usize {
        let slot = self.free.pop().map_or(self.slots.len(), |slot| slot as usize);
        if slot == self.slots.len() {
            let endpoints = [Endpoint::absent(), Endpoint::absent()];
            self.slots.push(Connection { generation: 0, label, port, endpoints, halves: [Half::default(), Half::default()] });
        }
        let connection = &mut self.slots[slot];
        connection.label = label;
        connection.port = port;
        for side in Side::BOTH {
            connection.endpoint_mut(side).clear();
            connection.endpoint_mut(side).node = nodes[side.index()];
            connection.outbound(side).begin(classes[side.index()]);
        }
        slot
    }

    /// Frees a slot. Ids of its generation resolve to nothing from now on.
    pub(super) fn remove(&mut self, slot: usize) {
        let connection = &mut self.slots[slot];
        connection.generation = connection.generation.wrapping_add(1);
        self.free.push(u32::try_from(slot).expect("a slot has 31 bits"));
    }

    /// Returns whether the session of an endpoint still exists.
    pub(super) fn has(&self, id: SessionId) -> bool {
        self.find(id).is_some()
    }

    pub(super) fn find(&self, id: SessionId) -> Option<&Connection> {
        self.slots.get(id.slot()).filter(|connection| id.is_of(connection.generation))
    }

    pub(super) fn at(&self, slot: usize) -> &Connection {
        &self.slots[slot]
    }

    pub(super) fn at_mut(&mut self, slot: usize) -> &mut Connection {
        &mut self.slots[slot]
    }

    /// Borrows two different sessions at once.
    pub(super) fn pair(&mut self, one: usize, other: usize) -> [&mut Connection; 2] {
        self.slots.get_disjoint_mut([one, other]).expect("the sessions differ")
    }
}
