//! Endpoints of sessions, their ids, and the events they report to their node.

use std::collections::VecDeque;

use cluster_sim_types::{Incarnation, NodeId, VirtualInstant};

use crate::network::payload::MessageRef;
use crate::reset::ResetReason;

/// The two sides of a session: the node that connected and the node that accepts.
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

/// The id of one endpoint of one session, unique within a run.
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

    /// Returns a small index that no other live endpoint has, for tables of per-endpoint data.
    ///
    /// A later endpoint may get the same index; its id differs.
    pub fn index(self) -> usize {
        self.place as usize
    }

    /// Returns whether the id belongs to this generation of its slot.
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

/// The progress of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing has accepted yet: the endpoint does not exist.
    Absent,
    /// Waits to be accepted or refused.
    Connecting,
    Open,
    /// Broken, as the endpoint itself knows.
    Broken(ResetReason),
    /// Ended with its node's life; the peer does not know.
    Gone,
}

/// The events that an endpoint has to report to its node, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Events(u8);

impl Events {
    pub(super) const NONE: Self = Self(0);
    /// The peer accepted the session.
    pub(super) const OPENED: Self = Self(1);
    /// The peer opened the session.
    pub(super) const INCOMING: Self = Self(1 << 1);
    /// A message, or the end, can be read.
    pub(super) const READABLE: Self = Self(1 << 2);
    /// A message can be sent again after `Full`.
    pub(super) const WRITABLE: Self = Self(1 << 3);
    /// The session is broken.
    pub(super) const BROKEN: Self = Self(1 << 4);
    /// Messages of a machine were returned.
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

/// One endpoint of a session.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) node: NodeId,
    pub(super) incarnation: Incarnation,
    pub(super) stage: Stage,
    /// Its node is a machine, which knows the endpoint only by its peer.
    pub(super) of_machine: bool,
    /// Its node no longer holds it.
    pub(super) released: bool,
    /// Its index in the node's list of endpoints.
    pub(super) position: Option<u32>,
    pub(super) events: Events,
    /// It is in its node's queue of pending notices.
    pub(super) queued: bool,
    /// Its node got `Full` and has not been notified of room since.
    pub(super) waits_for_window: bool,
    /// The number of requests and probes sent, which numbers the next one.
    pub(super) attempts: u32,
    /// The number of the latest of them that got no answer.
    pub(super) unanswered: u32,
    /// When the next of them is due.
    pub(super) retry_at: VirtualInstant,
    /// When it last got an answer, or began to wait for one.
    pub(super) heard_at: VirtualInstant,
    /// When its timer fires. An event in the queue for another instant is stale.
    pub(super) timer_at: Option<VirtualInstant>,
    /// The number of resets sent, which numbers the next one.
    pub(super) resets_sent: u32,
    /// Messages to return to a machine.
    pub(super) returned: VecDeque<MessageRef>,
    /// The endpoint of the next session with this peer, until the machine knows that this one is over.
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

    /// Resets this to an absent endpoint, keeping its memory.
    pub(super) fn clear(&mut self) {
        debug_assert!(self.returned.is_empty(), "returned messages are dropped with their endpoint");
        let returned = std::mem::take(&mut self.returned);
        *self = Self { returned, ..Self::absent() };
    }

    pub(super) fn is_alive(&self) -> bool {
        matches!(self.stage, Stage::Connecting | Stage::Open)
    }
}
