//! A session with its two ends and its two directions.

use cluster_sim_runtime::Address;
use cluster_sim_types::NodeId;

use super::endpoint::{Endpoint, SessionId, Side};
use super::half::Half;
use crate::network::port_names::PortId;

/// A session: two ends, and a lane from each to the other.
#[derive(Debug)]
pub(super) struct Connection {
    generation: u32,
    /// What names it for chance: who connected to whom, on which port, how manieth time.
    pub(super) label: Address,
    pub(super) port: PortId,
    /// By side. An end that is not there yet names its node all the same.
    pub(super) endpoints: [Endpoint; 2],
    /// By the side that sends.
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

    /// The lane in which that side sends.
    pub(super) fn outbound(&mut self, side: Side) -> &mut Half {
        &mut self.halves[side.index()]
    }

    /// The lane in which that side takes in.
    pub(super) fn inbound(&mut self, side: Side) -> &mut Half {
        &mut self.halves[side.other().index()]
    }

    /// Whether both directions came to their end, as far as that side knows.
    pub(super) fn is_closed(&self, side: Side) -> bool {
        self.halves[side.index()].is_fin_acknowledged() && self.halves[side.other().index()].is_fin_read()
    }

    /// What names what that side sends, for chance.
    pub(super) fn address(&self, side: Side) -> Address {
        self.label.number(side as u64)
    }
}

/// All sessions, each in a slot of its own.
#[derive(Debug, Default)]
pub(super) struct Connections {
    slots: Vec<Connection>,
    free: Vec<u32>,
}

impl Connections {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// A session with two ends that are not there yet, between two nodes over links of these classes.
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

    /// Makes the slot free; what names it by its generation finds nothing from now on.
    pub(super) fn remove(&mut self, slot: usize) {
        let connection = &mut self.slots[slot];
        connection.generation = connection.generation.wrapping_add(1);
        self.free.push(u32::try_from(slot).expect("a slot was named by 31 bits"));
    }

    /// Whether that end's session is still there.
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

    /// Two different sessions at once.
    pub(super) fn pair(&mut self, one: usize, other: usize) -> [&mut Connection; 2] {
        self.slots.get_disjoint_mut([one, other]).expect("two sessions are not one")
    }
}
