//! What is to happen, in order of instant.

use cluster_sim_vocabulary::VirtualInstant;

use super::device::DeviceId;

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

/// A heap of events with four children to a parent: half the levels of a binary one, and the four share a cache line pair.
#[derive(Debug, Default)]
pub(crate) struct EventQueue {
    heap: Vec<Event>,
}

const CHILDREN: usize = 4;

impl EventQueue {
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    /// The instant of the next event.
    #[inline]
    pub(crate) fn next_at(&self) -> Option<VirtualInstant> {
        self.heap.first().map(|event| event.when.at)
    }

    #[inline]
    pub(crate) fn push(&mut self, event: Event) {
        self.heap.push(event);
        let mut hole = self.heap.len() - 1;
        while hole > 0 {
            let parent = (hole - 1) / CHILDREN;
            if self.heap[parent].when <= event.when {
                break;
            }
            self.heap[hole] = self.heap[parent];
            hole = parent;
        }
        self.heap[hole] = event;
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Event> {
        let first = *self.heap.first()?;
        let last = self.heap.pop()?;
        let length = self.heap.len();
        if length == 0 {
            return Some(first);
        }
        // The hole sinks to a leaf along the smallest children, and the last event rises from there: it was a leaf before, so it
        // rarely rises far, and the way down needs no comparison with it.
        let mut hole = 0;
        loop {
            let child = hole * CHILDREN + 1;
            if child >= length {
                break;
            }
            let mut smallest = child;
            for other in child + 1..(child + CHILDREN).min(length) {
                if self.heap[other].when < self.heap[smallest].when {
                    smallest = other;
                }
            }
            self.heap[hole] = self.heap[smallest];
            hole = smallest;
        }
        while hole > 0 {
            let parent = (hole - 1) / CHILDREN;
            if self.heap[parent].when <= last.when {
                break;
            }
            self.heap[hole] = self.heap[parent];
            hole = parent;
        }
        self.heap[hole] = last;
        Some(first)
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

    proptest! {
        /// Whatever is pushed and popped in whatever order, the queue agrees with std's heap.
        #[test]
        fn it_agrees_with_a_reference_heap(operations in prop::collection::vec(prop::option::weighted(0.6, (0_u64..50, 0_u64..4)), 1..400)) {
            let mut queue = EventQueue::default();
            let mut reference = BinaryHeap::new();
            for (sequence, operation) in operations.into_iter().enumerate() {
                match operation {
                    Some((at, order)) => {
                        let event = event(at, order, sequence as u64);
                        queue.push(event);
                        reference.push(std::cmp::Reverse(event.when));
                    }
                    None => prop_assert_eq!(queue.pop().map(|event| event.when), reference.pop().map(|reverse| reverse.0)),
                }
                prop_assert_eq!(queue.len(), reference.len());
                prop_assert_eq!(queue.next_at(), reference.peek().map(|reverse| reverse.0.at));
            }
        }
    }
}
