//! Segments: what sessions put on links, and the timers and wakes they schedule for themselves.

use cluster_sim_runtime::Address;
use cluster_sim_types::NodeId;

use super::endpoint::SessionId;
use super::half::Progress;
use crate::network::service::slot_number;

/// A scheduled event of an endpoint: an arrival over its link, its timer, or a wake of its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// The endpoint that gets it.
    pub(super) to: SessionId,
    pub(super) kind: SegmentKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SegmentKind {
    /// Asks for a session.
    Request(Attempt),
    /// Accepts it.
    Accept,
    /// Refuses it.
    Refuse,
    /// An attempt to carry a message or the FIN, or a copy of one.
    Message { number: u64, attempt: Attempt },
    /// Reports progress; `number` is the message it acknowledges, if it answers one.
    Acknowledge { number: Option<u64>, progress: Progress },
    /// Asks for an acknowledgement, because the sender waits for room.
    Probe(Attempt),
    /// Says that the sender has no such session.
    Reset,
    /// The endpoint's own timer; never crosses a link.
    Timer,
    /// Wakes a node that has further notices; never crosses a link.
    WakeNode(NodeId),
}

impl SegmentKind {
    /// Returns whether it crosses a link, rather than being an event of its endpoint.
    pub(super) fn crosses_link(self) -> bool {
        !matches!(self, Self::Timer | Self::WakeNode(_))
    }

    /// Returns the segment as the copy with this number, made by the link.
    pub(super) fn copied(self, copy: u8) -> Self {
        match self {
            Self::Request(attempt) => Self::Request(Attempt { copy, ..attempt }),
            Self::Message { number, attempt } => Self::Message { number, attempt: Attempt { copy, ..attempt } },
            Self::Probe(attempt) => Self::Probe(Attempt { copy, ..attempt }),
            other => other,
        }
    }
}

/// Distinguishes equal segments that get answers, so that each answer has a fate of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    /// How many attempts went before.
    pub(super) number: u32,
    /// The number of the copy; 0 is the original.
    copy: u8,
}

impl Attempt {
    pub(super) fn new(number: u32) -> Self {
        Self { number, copy: 0 }
    }

    /// Returns the address of an answer to this attempt.
    pub(super) fn reply_address(self, address: Address) -> Address {
        address.number(u64::from(self.number)).number(u64::from(self.copy))
    }
}

/// All scheduled segments, each in its own slot.
#[derive(Debug, Default)]
pub(super) struct Segments {
    slots: Vec<Segment>,
    free: Vec<u32>,
}

impl Segments {
    #[inline]
    pub(super) fn insert(&mut self, segment: Segment) -> u32 {
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = segment;
                slot
            }
            None => {
                self.slots.push(segment);
                slot_number(self.slots.len() - 1)
            }
        }
    }

    pub(super) fn get(&self, slot: u32) -> Segment {
        self.slots[slot as usize]
    }

    /// Lists the segments in use.
    pub(super) fn used(&self) -> impl Iterator<Item = &Segment> {
        let mut is_used = vec![true; self.slots.len()];
        self.free.iter().for_each(|slot| is_used[*slot as usize] = false);
        self.slots.iter().zip(is_used).filter(|(_, is_used)| *is_used).map(|(segment, _)| segment)
    }

    #[inline]
    pub(super) fn remove(&mut self, slot: u32) -> Segment {
        self.free.push(slot);
        self.slots[slot as usize]
    }
}
