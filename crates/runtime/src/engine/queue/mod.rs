//! What is to happen, in order of instant.

mod buckets;
mod heap;

use std::cmp::Reverse;

use cluster_sim_vocabulary::VirtualInstant;

use buckets::{BUCKET_BITS, Buckets, bucket_of};
use heap::Heap;

/// Which device of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub(crate) u16);

/// Whom an event is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A timer, by its slot.
    Timer,
    /// A node that boots for the first time, by its id.
    Start,
    /// Something between the nodes, by a number that means something to the device.
    Device(DeviceId),
    /// Whoever drives the engine, by a number that means something to the driver.
    Driver,
}

/// When an event happens, and before which others of the same instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct When {
    pub(crate) at: VirtualInstant,
    /// Among events of one instant the lowest comes first.
    pub(crate) order: Order,
    /// Among events of one order the one scheduled first comes first.
    pub(crate) sequence: u64,
}

impl When {
    /// Instant and order as one number, which compares with fewer branches than field by field.
    #[inline]
    fn key(&self) -> (u128, u64) {
        (u128::from(self.at.as_nanoseconds()) << 64 | u128::from(self.order.0), self.sequence)
    }

    /// The same for events of one bucket, whose instants differ in their low bits only: one number in all, since most of a large run's
    /// queueing is this comparison. A run ends long before its 2^48th event.
    #[inline]
    fn key_in_bucket(&self) -> u128 {
        let offset = self.at.as_nanoseconds() % (1 << BUCKET_BITS);
        u128::from(offset) << 112 | u128::from(self.order.0) << 48 | u128::from(self.sequence)
    }

    #[inline]
    fn is_before(&self, other: &Self) -> bool {
        self.key() < other.key()
    }
}

/// The place of an event among those of its instant: a rank, then a roll about what the event is.
///
/// Two events keep their order whatever else happens at that instant, for it hangs on nothing but themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order(u64);

impl Order {
    /// Before everything else: what the driver does to the cluster.
    pub const FIRST: Self = Self(0);

    /// The order of an event of this rank with this roll; a lower rank comes first.
    #[inline]
    pub const fn new(rank: Rank, roll: u64) -> Self {
        Self((rank.0 as u64) << 56 | roll >> 8)
    }
}

/// Which kind of event goes first at one instant; within a rank chance decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(pub u8);

impl Rank {
    /// The rank of everything that declares none.
    pub const DEFAULT: Self = Self(128);
}

/// One thing that is to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) when: When,
    pub(crate) target: Target,
    pub(crate) slot: u32,
}

/// Below so many events the heap alone is as fast, and a short run never pays for the buckets.
const BUCKETS_FROM: usize = 64;

/// All events, in order.
///
/// Events of the near future lie unsorted in buckets; a bucket is sorted when its time comes, and is then the present. So a push costs
/// one append however many messages are in flight. What falls into the present after that, or beyond the buckets, waits in a heap.
#[derive(Debug, Default)]
pub(crate) struct EventQueue {
    /// Last first, so that the next one is taken off the end.
    present: Vec<Event>,
    heap: Heap,
    near: Option<Box<Buckets>>,
    length: usize,
}

impl EventQueue {
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// The instant of the next event.
    #[inline]
    pub(crate) fn next_at(&mut self) -> Option<VirtualInstant> {
        self.turn();
        match (self.present.last(), self.heap.first()) {
            (Some(present), Some(heap)) => Some(present.when.at.min(heap.when.at)),
            (present, heap) => present.or(heap).map(|event| event.when.at),
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, event: Event) {
        self.length += 1;
        match &mut self.near {
            Some(near) if near.covers(event.when.at) => near.push(event),
            Some(_) => self.heap.push(event),
            None => {
                self.heap.push(event);
                if self.length > BUCKETS_FROM {
                    self.near = Some(Box::new(Buckets::new(bucket_of(event.when.at))));
                }
            }
        }
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Event> {
        self.turn();
        let event = match (self.present.last(), self.heap.first()) {
            (Some(present), Some(heap)) if heap.when.is_before(&present.when) => self.heap.pop()?,
            (Some(_), _) => self.present.pop()?,
            (None, _) => self.heap.pop()?,
        };
        self.length -= 1;
        if let Some(near) = &mut self.near {
            near.slide_to(bucket_of(event.when.at));
        }
        Some(event)
    }

    /// Makes the next bucket the present once the present is spent, unless the heap has something before it.
    #[inline]
    fn turn(&mut self) {
        if !self.present.is_empty() {
            return;
        }
        let Some(near) = &mut self.near else { return };
        let Some(bucket) = near.first() else { return };
        if self.heap.first().is_none_or(|first| bucket_of(first.when.at) >= bucket) {
            near.take(bucket, &mut self.present);
            self.present.sort_unstable_by_key(|event| Reverse(event.when.key_in_bucket()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BinaryHeap;

    use proptest::prelude::*;

    use super::*;

    fn event(at: u64, order: u64, sequence: u64) -> Event {
        let when = When { at: VirtualInstant::from_nanoseconds(at), order: Order(order), sequence };
        Event { when, target: Target::Driver, slot: 0 }
    }

    #[test]
    fn one_instant_goes_by_rank_then_roll_then_sequence() {
        let mut queue = EventQueue::default();
        let orders =
            [Order::new(Rank(2), 0), Order::new(Rank(1), u64::MAX), Order::new(Rank(1), 0), Order::new(Rank(1), 0), Order::FIRST];
        for (sequence, order) in orders.into_iter().enumerate() {
            queue.push(Event { when: When { order, ..event(5, 0, sequence as u64).when }, ..event(5, 0, 0) });
        }
        let sequences: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|event| event.when.sequence).collect();
        assert_eq!(sequences, [4, 2, 3, 1, 0]);
    }

    /// Pushes instants that are never before the last one popped, as a simulation does, and pops; the queue must agree with std's heap.
    fn agrees(operations: Vec<Option<(u64, u64)>>) -> Result<(), TestCaseError> {
        let mut queue = EventQueue::default();
        let mut reference = BinaryHeap::new();
        let mut now = 0;
        for (sequence, operation) in operations.into_iter().enumerate() {
            match operation {
                Some((after, order)) => {
                    let event = event(now + after, order, sequence as u64);
                    queue.push(event);
                    reference.push(std::cmp::Reverse(event.when));
                }
                None => {
                    let popped = queue.pop().map(|event| event.when);
                    prop_assert_eq!(popped, reference.pop().map(|reverse| reverse.0));
                    now = popped.map_or(now, |when| when.at.as_nanoseconds());
                }
            }
            prop_assert_eq!(queue.len(), reference.len());
            prop_assert_eq!(queue.next_at(), reference.peek().map(|reverse| reverse.0.at));
        }
        Ok(())
    }

    proptest! {
        /// Whatever is pushed and popped in whatever order, the queue agrees with std's heap: with few events and with many, within one
        /// bucket, across buckets, at the edge of the near future and far beyond it.
        #[test]
        fn it_agrees_with_a_reference_heap(
            operations in prop::collection::vec(
                prop::option::weighted(0.6, (prop_oneof![0_u64..5, 0_u64..1 << 18, (1_u64 << 28) - 200_000..(1 << 28) + 200_000, 0_u64..1 << 40], 0_u64..4)),
                1..1_500,
            )
        ) {
            agrees(operations)?;
        }
    }
}
