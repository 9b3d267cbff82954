//! One thing that is to happen, and its place among those of its instant.

use cluster_sim_types::VirtualInstant;

use crate::random::Address;

/// Which device of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub(crate) u16);

impl DeviceId {
    /// How many devices an engine can have: what is left of the seven bits of an event's target.
    pub(crate) const MAX: usize = (1 << 7) - Target::DEVICES as usize;
}

/// Whom an event is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A timer, by its slot.
    Timer,
    /// A node that boots for the first time, by its id.
    Start,
    /// Whoever drives the engine, by a number that means something to the driver.
    Driver,
    /// Something between the nodes, by a number that means something to the device.
    Device(DeviceId),
}

impl Target {
    /// The first number that stands for a device.
    const DEVICES: u64 = 3;

    #[inline]
    const fn number(self) -> u64 {
        match self {
            Self::Timer => 0,
            Self::Start => 1,
            Self::Driver => 2,
            Self::Device(device) => Self::DEVICES + device.0 as u64,
        }
    }

    #[inline]
    const fn numbered(number: u64) -> Self {
        match number {
            0 => Self::Timer,
            1 => Self::Start,
            2 => Self::Driver,
            device => Self::Device(DeviceId((device - Self::DEVICES) as u16)),
        }
    }
}

/// Which kind of event goes first at one instant; within a rank chance decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(pub u8);

impl Rank {
    /// The rank of everything that declares none.
    pub const DEFAULT: Self = Self(128);
}

/// The place of an event among those of its instant: a rank, then a roll about what the event is and the instant.
///
/// Two events keep their order whatever else happens at that instant, for it hangs on nothing but themselves. Events of equal rank about
/// the same keep the sequence in which they were scheduled. The roll is made when two events do meet, under the seed in force then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// One more than the declared rank, so that there is room before all of them.
    rank: u16,
    about: Address,
}

impl Order {
    /// Before everything else: what the driver does to the cluster.
    pub const FIRST: Self = Self { rank: 0, about: Address::new() };

    /// The order of an event of this rank that is about this; a lower rank comes first.
    #[inline]
    pub const fn new(rank: Rank, about: Address) -> Self {
        Self { rank: rank.0 as u16 + 1, about }
    }
}

/// No event, where the slot of one is expected.
pub(super) const NOBODY: u32 = u32::MAX;

/// One thing that is to happen: 32 bytes, since tens of thousands are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(super) at: u64,
    pub(super) about: u64,
    /// Nine bits of rank, seven of target, and 48 of sequence: a run ends long before its 2^48th event.
    packed: u64,
    /// A number that means something to the target.
    pub(crate) slot: u32,
    /// The slot of the next one in the same bucket.
    pub(super) next: u32,
}

const SEQUENCE_BITS: u32 = 48;
const TARGET_BITS: u32 = 7;

impl Event {
    #[inline]
    pub(crate) fn new(at: VirtualInstant, order: Order, target: Target, sequence: u64, slot: u32) -> Self {
        let packed = u64::from(order.rank) << (SEQUENCE_BITS + TARGET_BITS) | target.number() << SEQUENCE_BITS | sequence;
        Self { at: at.as_nanoseconds(), about: order.about.key(), packed, slot, next: NOBODY }
    }

    #[inline]
    pub(crate) fn target(&self) -> Target {
        Target::numbered(self.packed >> SEQUENCE_BITS & ((1 << TARGET_BITS) - 1))
    }

    #[inline]
    pub(crate) fn sequence(&self) -> u64 {
        self.packed & ((1 << SEQUENCE_BITS) - 1)
    }

    /// What decides between events of one instant, given the roll about this one.
    pub(super) fn place(&self, roll: u64) -> Place {
        Place { rank: self.packed >> (SEQUENCE_BITS + TARGET_BITS), roll, sequence: self.sequence() }
    }
}

/// The place of an event among those of its instant, with its roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    rank: u64,
    roll: u64,
    sequence: u64,
}
