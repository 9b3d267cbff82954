//! One end of a session: what a node holds of it.

use std::collections::VecDeque;

use cluster_sim_types::{Incarnation, NodeId, VirtualInstant};

use super::half::MessageRef;
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

    /// Whether it names an end of the session that has this slot in this generation.
    pub(super) fn is_of(self, generation: u32) -> bool {
        self.generation == generation
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
    Gone,
}

/// What an end has to tell its node, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Events(u8);

impl Events {
    pub(super) const NONE: Self = Self(0);
    /// The other side took the session.
    pub(super) const OPENED: Self = Self(1);
    /// The other side asked for the session.
    pub(super) const INCOMING: Self = Self(1 << 1);
    /// There is something to take in.
    pub(super) const READABLE: Self = Self(1 << 2);
    /// There is room after a `Busy`.
    pub(super) const WRITABLE: Self = Self(1 << 3);
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
pub(super) struct Endpoint {
    pub(super) node: NodeId,
    pub(super) incarnation: Incarnation,
    pub(super) stage: Stage,
    /// Its node is a machine, which knows it by its peer alone.
    pub(super) of_machine: bool,
    /// Its node holds it no more.
    pub(super) released: bool,
    /// Where it stands in its node's list of ends.
    pub(super) position: Option<u32>,
    pub(super) events: Events,
    /// It stands in its node's agenda.
    pub(super) queued: bool,
    /// Its node was told `Busy` and not yet that there is room.
    pub(super) waits_for_window: bool,
    /// Requests and probes sent so far: what tells the next one apart.
    pub(super) attempts: u32,
    /// How many of them went unanswered in a row.
    pub(super) unanswered: u32,
    /// When the next of them is due.
    pub(super) retry_at: VirtualInstant,
    /// When it last heard an answer, or began to wait for one.
    pub(super) heard_at: VirtualInstant,
    /// When its clock surfaces in the queue; an entry for another instant is left over.
    pub(super) timer_at: Option<VirtualInstant>,
    /// Notices of a reset sent so far: what tells the next one apart.
    pub(super) resets_sent: u32,
    /// Messages to hand back to a machine.
    pub(super) returned: VecDeque<MessageRef>,
    /// The end that its peer opened after this one broke, until the machine was told of that.
    pub(super) successor: Option<SessionId>,
}

impl Endpoint {
    pub(super) fn absent() -> Self {
        Self {
            node: NodeId::CLUSTER,
            incarnation: Incarnation(0),
            stage: Stage::Absent,
            of_machine: false,
            released: false,
            position: None,
            events: Events::NONE,
            queued: false,
            waits_for_window: false,
            attempts: 0,
            unanswered: 0,
            retry_at: VirtualInstant::ZERO,
            heard_at: VirtualInstant::ZERO,
            timer_at: None,
            resets_sent: 0,
            returned: VecDeque::new(),
            successor: None,
        }
    }

    /// Makes an end that is not there of this one, and keeps its memory.
    pub(super) fn clear(&mut self) {
        debug_assert!(self.returned.is_empty(), "what was to be handed back is dropped with the end's life");
        let returned = std::mem::take(&mut self.returned);
        *self = Self { returned, ..Self::absent() };
    }

    pub(super) fn is_alive(&self) -> bool {
        matches!(self.stage, Stage::Connecting | Stage::Open)
    }
}
