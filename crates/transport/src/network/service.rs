//! The services that share the fabric, and the numbers of their events.

/// A service of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Single messages, each with a fate of its own.
    Datagram = 0,
    /// Messages in order, repeated until they are acknowledged.
    Session = 1,
}

/// The bits of an event's number that hold its slot; the bits above hold the service.
const SLOT_BITS: u32 = 30;

impl Service {
    /// The number of services.
    pub(super) const COUNT: usize = 2;

    /// Returns the number under which an event of this service, in this slot, is scheduled.
    #[inline(always)]
    pub(super) const fn event(self, slot: u32) -> u32 {
        (self as u32) << SLOT_BITS | slot
    }

    /// Returns the service and the slot of an event.
    #[inline(always)]
    pub(super) const fn of_event(number: u32) -> (Self, u32) {
        let service = match number >> SLOT_BITS {
            0 => Self::Datagram,
            _ => Self::Session,
        };
        (service, number & ((1 << SLOT_BITS) - 1))
    }
}

/// Returns the index of a slot as part of an event's number.
///
/// # Panics
/// A service has 2^30 slots; a run is out of memory long before.
#[inline]
pub(super) fn slot_number(index: usize) -> u32 {
    u32::try_from(index).ok().filter(|slot| *slot < 1 << SLOT_BITS).expect("a service has fewer than 2^30 slots in use")
}
