//! A session with its two ends and its two directions.

use std::collections::VecDeque;

use cluster_sim_runtime::Address;
use cluster_sim_vocabulary::{Incarnation, NodeId, VirtualInstant};

use super::lane::{Held, Lane};
use super::ports::Port;
use crate::reset::ResetReason;

/// Which end of a session: whose `connect` it was, or who was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Connecting = 0,
    Accepting = 1,
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::Connecting, Self::Accepting];

    pub(super) fn other(self) -> Self {
        match self {
            Self::Connecting => Self::Accepting,
            Self::Accepting => Self::Connecting,
        }
    }

    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// Names one end of one session: what a node holds of it. No two ends of a run have one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId {
    /// The session's slot, then one bit for the side.
    place: u32,
    generation: u32,
}

impl SessionId {
    pub(super) fn new(slot: usize, generation: u32, side: Side) -> Self {
        let slot =
            u32::try_from(slot).ok().filter(|slot| *slot < 1 << 31).expect("sessions are bounded by memory long before 2^31");
        Self { place: slot << 1 | side as u32, generation }
    }

    /// A number below all others that are free: what waits for an end can lie in a table by it. The next end that gets the number has
    /// another id.
    pub fn index(self) -> usize {
        self.place as usize
    }

    pub(super) fn slot(self) -> usize {
        (self.place >> 1) as usize
    }

    pub(super) fn side(self) -> Side {
        if self.place & 1 == 0 { Side::Connecting } else { Side::Accepting }
    }
}

/// How far an end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nobody has accepted yet: there is no such end.
    Absent,
    /// It waits to be accepted or refused.
    Connecting,
    Open,
    /// It is broken, and knows it.
    Broken(ResetReason),
    /// It went with its node's life; the other end does not know.
    Vanished,
}

/// What an end has to tell its node, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct News(u8);

impl News {
    pub(super) const NONE: Self = Self(0);
    /// The other side took the session.
    pub(super) const OPENED: Self = Self(1);
    /// The other side asked for the session.
    pub(super) const INCOMING: Self = Self(1 << 1);
    /// There is something to take in.
    pub(super) const READABLE: Self = Self(1 << 2);
    /// There is room after a `Busy`.
    pub(super) const ROOM: Self = Self(1 << 3);
    /// The session is broken.
    pub(super) const BROKEN: Self = Self(1 << 4);
    /// Messages of a machine were handed back.
    pub(super) const RETURNED: Self = Self(1 << 5);

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(super) fn remove(&mut self, other: Self) {
        self.0 &= !other.0;
    }
}

/// One end of a session.
#[derive(Debug)]
pub(super) struct End {
    pub(super) node: NodeId,
    pub(super) incarnation: Incarnation,
    pub(super) stage: Stage,
    /// Its node is a machine, which knows it by its peer alone.
    pub(super) of_machine: bool,
    /// Its node holds it no more.
    pub(super) released: bool,
    /// Where it stands in its node's list of ends.
    pub(super) listed: Option<u32>,
    pub(super) news: News,
    /// It stands in its node's agenda.
    pub(super) on_agenda: bool,
    /// Its node was told `Busy` and not yet that there is room.
    pub(super) wants_room: bool,
    /// Requests and probes sent so far: what tells the next one apart.
    pub(super) attempts: u32,
    /// How many of them went unanswered in a row.
    pub(super) tries: u32,
    /// When the next of them is due.
    pub(super) retry_at: VirtualInstant,
    /// When it last heard an answer, or began to wait for one.
    pub(super) heard_at: VirtualInstant,
    /// When its clock surfaces in the queue; an entry for another instant is left over.
    pub(super) clock: Option<VirtualInstant>,
    /// Notices of a reset sent so far: what tells the next one apart.
    pub(super) notices: u32,
    /// Messages to hand back to a machine.
    pub(super) returned: VecDeque<Held>,
    /// The end that its peer opened after this one broke, until the machine was told of that.
    pub(super) successor: Option<SessionId>,
}

impl End {
    fn absent() -> Self {
        Self {
            node: NodeId::CLUSTER,
            incarnation: Incarnation(0),
            stage: Stage::Absent,
            of_machine: false,
            released: false,
            listed: None,
            news: News::NONE,
            on_agenda: false,
            wants_room: false,
            attempts: 0,
            tries: 0,
            retry_at: VirtualInstant::ZERO,
            heard_at: VirtualInstant::ZERO,
            clock: None,
            notices: 0,
            returned: VecDeque::new(),
            successor: None,
        }
    }

    /// Makes an end that is not there of this one, and keeps its memory.
    fn clear(&mut self) {
        debug_assert!(self.returned.is_empty(), "what was to be handed back is dropped with the end's life");
        let returned = std::mem::take(&mut self.returned);
        *self = Self { returned, ..Self::absent() };
    }

    pub(super) fn is_alive(&self) -> bool {
        matches!(self.stage, Stage::Connecting | Stage::Open)
    }
}

/// A session: two ends, and a lane from each to the other.
#[derive(Debug)]
pub(super) struct Connection {
    generation: u32,
    /// What names it for chance: who connected to whom, on which port, how manieth time.
    pub(super) label: Address,
    pub(super) port: Port,
    /// By side. An end that is not there yet names its node all the same.
    pub(super) ends: [End; 2],
    /// By the side that sends.
    pub(super) lanes: [Lane; 2],
}

impl Connection {
    pub(super) fn id(&self, slot: usize, side: Side) -> SessionId {
        SessionId::new(slot, self.generation, side)
    }

    pub(super) fn end(&self, side: Side) -> &End {
        &self.ends[side.index()]
    }

    pub(super) fn end_mut(&mut self, side: Side) -> &mut End {
        &mut self.ends[side.index()]
    }

    /// The lane in which that side sends.
    pub(super) fn outward(&mut self, side: Side) -> &mut Lane {
        &mut self.lanes[side.index()]
    }

    /// The lane in which that side takes in.
    pub(super) fn inward(&mut self, side: Side) -> &mut Lane {
        &mut self.lanes[side.other().index()]
    }

    /// Whether both directions came to their end, as far as that side knows.
    pub(super) fn is_closed(&self, side: Side) -> bool {
        self.lanes[side.index()].is_end_acknowledged() && self.lanes[side.other().index()].is_end_taken()
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
    pub(super) fn insert(&mut self, label: Address, port: Port, nodes: [NodeId; 2], classes: [u16; 2]) -> usize {
        let slot = self.free.pop().map_or(self.slots.len(), |slot| slot as usize);
        if slot == self.slots.len() {
            let ends = [End::absent(), End::absent()];
            self.slots.push(Connection { generation: 0, label, port, ends, lanes: [Lane::default(), Lane::default()] });
        }
        let connection = &mut self.slots[slot];
        connection.label = label;
        connection.port = port;
        for side in Side::BOTH {
            connection.end_mut(side).clear();
            connection.end_mut(side).node = nodes[side.index()];
            connection.outward(side).begin(classes[side.index()]);
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
        self.slots.get(id.slot()).is_some_and(|connection| connection.generation == id.generation)
    }

    pub(super) fn find(&self, id: SessionId) -> Option<&Connection> {
        self.slots.get(id.slot()).filter(|connection| connection.generation == id.generation)
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
