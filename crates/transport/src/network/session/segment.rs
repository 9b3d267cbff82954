//! What of sessions is under way.

use cluster_sim_runtime::Address;
use cluster_sim_types::NodeId;

use super::endpoint::SessionId;
use super::half::Progress;

/// Something that is to happen to an end: what reaches it over its link, or its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// The end that it is for.
    pub(super) to: SessionId,
    pub(super) kind: SegmentKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SegmentKind {
    /// Asks for a session.
    Request(Attempt),
    /// Takes it.
    Accept,
    /// Does not take it.
    Refuse,
    /// One attempt to carry a message or the end, or a copy of one.
    Message { number: u64, attempt: Attempt },
    /// Says what arrived; `number` is what it answers, unless that was no message.
    Acknowledge { number: Option<u64>, progress: Progress },
    /// Asks for an acknowledgement, as the sender wants room.
    Probe(Attempt),
    /// Says that the sender knows nothing of the session.
    Reset,
    /// Not from the other end: its own clock surfaces.
    Timer,
    /// Not for an end at all: this node has more on its agenda.
    WakeNode(NodeId),
}

impl SegmentKind {
    /// The same as the copy of that number, which a link made of it.
    pub(super) fn copied(self, copy: u8) -> Self {
        match self {
            Self::Request(attempt) => Self::Request(Attempt { copy, ..attempt }),
            Self::Message { number, attempt } => Self::Message { number, attempt: Attempt { copy, ..attempt } },
            Self::Probe(attempt) => Self::Probe(Attempt { copy, ..attempt }),
            other => other,
        }
    }
}

/// What tells what is answered from others like it, so that each answer has a fate of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    /// How many attempts at the same thing went before.
    pub(super) number: u32,
    /// Which copy it is; 0 is the original.
    copy: u8,
}

impl Attempt {
    pub(super) fn new(number: u32) -> Self {
        Self { number, copy: 0 }
    }

    /// The address of what answers it.
    pub(super) fn reply_address(self, address: Address) -> Address {
        address.number(u64::from(self.number)).number(u64::from(self.copy))
    }
}

/// All segments, each in a slot of its own.
#[derive(Debug, Default)]
pub(super) struct Segments {
    slots: Vec<Segment>,
    free: Vec<u32>,
}

impl Segments {
    /// Marks the numbers of segments among those of everything the network schedules.
    pub(super) const MARK: u32 = 1 << 31;

    #[inline]
    pub(super) fn insert(&mut self, segment: Segment) -> u32 {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = segment;
                slot
            }
            None => {
                self.slots.push(segment);
                (self.slots.len() - 1) as u32
            }
        };
        assert!(slot < Self::MARK, "segments are bounded by memory long before 2^31");
        slot | Self::MARK
    }

    #[inline]
    pub(super) fn remove(&mut self, slot: u32) -> Segment {
        let slot = slot & !Self::MARK;
        self.free.push(slot);
        self.slots[slot as usize]
    }
}
