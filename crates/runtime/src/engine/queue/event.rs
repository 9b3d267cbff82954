//! Events, and their order within an instant.

use cluster_sim_types::VirtualInstant;

use crate::random::Address;

/// The id of a device in its engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DeviceId(pub(crate) u16);

impl DeviceId {
    /// The targets left in the seven bits of an event.
    pub(crate) const MAX: usize = (1 << 7) - Target::DEVICES as usize;
}

/// The recipient of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A timer; the slot is that of the timer.
    Timer,
    /// The first boot of a node; the slot is the node id.
    Start,
    /// The driver of the engine; the slot is the driver's own number.
    Driver,
    /// A node itself, such as the deadline of its stop; the slot is the node id.
    Node,
    /// A device; the slot is the device's own number.
    Device(DeviceId),
}

impl Target {
    /// The first number of a device.
    const DEVICES: u64 = 4;

    /// Returns the device with that number, if it is one.
    #[inline(always)]
    const fn device(number: u64) -> Option<DeviceId> {
        if number >= Self::DEVICES { Some(DeviceId((number - Self::DEVICES) as u16)) } else { None }
    }

    #[inline]
    const fn number(self) -> u64 {
        match self {
            Self::Timer => 0,
            Self::Start => 1,
            Self::Driver => 2,
            Self::Node => 3,
            Self::Device(device) => Self::DEVICES + device.0 as u64,
        }
    }

    #[inline]
    const fn numbered(number: u64) -> Self {
        match number {
            0 => Self::Timer,
            1 => Self::Start,
            2 => Self::Driver,
            3 => Self::Node,
            device => Self::Device(DeviceId((device - Self::DEVICES) as u16)),
        }
    }
}

/// Orders kinds of events within an instant; a roll decides within a rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(pub u8);

impl Rank {
    /// The rank of events that declare none.
    pub const DEFAULT: Self = Self(128);
}

/// The position of an event within its instant: by rank, then by a roll.
///
/// The roll is about the event and the instant, so the order of two events depends on nothing but themselves, and a third never
/// changes it. Events of equal rank and subject keep the order of scheduling. The roll is made only when two events meet, under
/// the seed in force then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// The declared rank plus two, which leaves room before all ranks.
    rank: u16,
    about: Address,
}

impl Order {
    /// Before all ranks: actions of the driver.
    pub const FIRST: Self = Self { rank: 0, about: Address::new() };

    /// Before all ranks but [`FIRST`](Self::FIRST): what the driver undoes or repeats.
    pub(crate) const SECOND: Self = Self { rank: 1, about: Address::new() };

    /// After all ranks: waits that were over when they began. Their subject is one, so they keep the order of scheduling.
    pub(crate) const LAST: Self = Self { rank: u8::MAX as u16 + 3, about: Address::new() };

    /// Creates the order of an event about `about`; lower ranks come first.
    #[inline]
    pub const fn new(rank: Rank, about: Address) -> Self {
        Self { rank: rank.0 as u16 + 2, about }
    }
}

/// Marks the end of a list of slots.
pub(super) const NO_SLOT: u32 = u32::MAX;

/// A scheduled event: 32 bytes, since tens of thousands are queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) at: u64,
    pub(super) about: u64,
    /// Nine bits of rank, seven of target, and 48 of sequence: a run ends long before its 2^48th event.
    packed: u64,
    slot: u32,
    /// The slot of the next event in the same bucket.
    pub(super) next: u32,
}

const SEQUENCE_BITS: u32 = 48;
const TARGET_BITS: u32 = 7;

impl Event {
    #[inline]
    pub(crate) fn new(at: VirtualInstant, order: Order, target: Target, sequence: u64, slot: u32) -> Self {
        let packed = u64::from(order.rank) << (SEQUENCE_BITS + TARGET_BITS) | target.number() << SEQUENCE_BITS | sequence;
        Self { at: at.as_nanoseconds(), about: order.about.key(), packed, slot, next: NO_SLOT }
    }

    /// Returns the part that the recipient needs.
    #[inline(always)]
    pub(crate) const fn due(&self) -> Due {
        Due { packed: self.packed, slot: self.slot }
    }

    /// Returns the position within the instant, given the roll about this event.
    pub(super) fn place(&self, roll: u64) -> Place {
        Place { rank: self.packed >> (SEQUENCE_BITS + TARGET_BITS), roll, sequence: self.due().sequence() }
    }
}

/// The part of an event that its recipient needs; small, so that it is passed in registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    packed: u64,
    /// A number whose meaning depends on the target.
    pub(crate) slot: u32,
}

impl Due {
    #[inline(always)]
    const fn target_number(self) -> u64 {
        self.packed >> SEQUENCE_BITS & ((1 << TARGET_BITS) - 1)
    }

    /// Returns the device that the event is for, if it is for one.
    #[inline(always)]
    pub(crate) const fn device(self) -> Option<DeviceId> {
        Target::device(self.target_number())
    }

    /// Whether the event is for a timer.
    #[inline(always)]
    pub(crate) const fn is_timer(self) -> bool {
        self.target_number() == Target::Timer.number()
    }

    #[inline]
    pub(crate) fn target(self) -> Target {
        Target::numbered(self.target_number())
    }

    #[inline]
    pub(crate) const fn sequence(self) -> u64 {
        self.packed & ((1 << SEQUENCE_BITS) - 1)
    }
}

/// The position of an event within its instant, with its roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    rank: u64,
    roll: u64,
    sequence: u64,
}
