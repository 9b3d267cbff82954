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

impl When {
    /// Instant and order as one number, which compares with fewer branches than field by field.
    #[inline]
    fn key(&self) -> (u128, u64) {
        (u128::from(self.at.as_nanoseconds()) << 64 | u128::from(self.order.0), self.sequence)
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

/// How many nanoseconds of the near future share a bucket, as a power of two: 65.5 us.
const BUCKET_BITS: u32 = 16;
/// How many buckets there are: 268 ms of the near future, more than most links take.
const BUCKETS: usize = 64 * 64;
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
            self.present.sort_unstable_by(|one, other| other.when.key().cmp(&one.when.key()));
        }
    }
}

/// The number of the bucket that an instant falls into, counted from the start of the run.
#[inline]
fn bucket_of(at: VirtualInstant) -> u64 {
    at.as_nanoseconds() >> BUCKET_BITS
}

/// The near future after the present bucket.
#[derive(Debug)]
struct Buckets {
    /// The bucket that was taken last; those after it, short of a whole turn, are held here.
    present: u64,
    ring: Vec<Vec<Event>>,
    /// Which buckets of the ring hold anything, and which words of that.
    occupied: [u64; 64],
    summary: u64,
}

impl Buckets {
    fn new(present: u64) -> Self {
        Self { present, ring: vec![Vec::new(); BUCKETS], occupied: [0; 64], summary: 0 }
    }

    #[inline]
    fn covers(&self, at: VirtualInstant) -> bool {
        let bucket = bucket_of(at);
        self.present < bucket && bucket < self.present + BUCKETS as u64
    }

    #[inline]
    fn push(&mut self, event: Event) {
        let index = bucket_of(event.when.at) as usize % BUCKETS;
        self.ring[index].push(event);
        self.occupied[index / 64] |= 1 << (index % 64);
        self.summary |= 1 << (index / 64);
    }

    /// The first bucket after the present one that holds anything.
    #[inline]
    fn first(&self) -> Option<u64> {
        if self.summary == 0 {
            return None;
        }
        let start = (self.present as usize + 1) % BUCKETS;
        // In turn: the rest of the word the search starts in, the words behind it, the words before it, that word's beginning.
        let (word, bit) = (start / 64, start % 64);
        let rest = self.occupied[word] & (u64::MAX << bit);
        let index = if rest != 0 {
            word * 64 + rest.trailing_zeros() as usize
        } else {
            let behind = if word == 63 { 0 } else { self.summary & (u64::MAX << (word + 1)) };
            let word = if behind != 0 { behind } else { self.summary }.trailing_zeros() as usize;
            word * 64 + self.occupied[word].trailing_zeros() as usize
        };
        Some(self.present + 1 + ((index + BUCKETS - start) % BUCKETS) as u64)
    }

    /// Swaps a bucket's events into an empty list, and makes it the present one.
    fn take(&mut self, bucket: u64, events: &mut Vec<Event>) {
        let index = bucket as usize % BUCKETS;
        // The lists swap places, so that their memory goes round.
        std::mem::swap(&mut self.ring[index], events);
        self.occupied[index / 64] &= !(1 << (index % 64));
        if self.occupied[index / 64] == 0 {
            self.summary &= !(1 << (index / 64));
        }
        self.present = bucket;
    }

    /// Lets the present move on; no bucket up to there may hold anything.
    #[inline]
    fn slide_to(&mut self, bucket: u64) {
        self.present = self.present.max(bucket);
    }
}

/// A heap with four children to a parent: half the levels of a binary one, and the four lie side by side.
#[derive(Debug, Default)]
struct Heap {
    events: Vec<Event>,
}

const CHILDREN: usize = 4;

impl Heap {
    #[inline]
    fn first(&self) -> Option<&Event> {
        self.events.first()
    }

    #[inline]
    fn push(&mut self, event: Event) {
        self.events.push(event);
        self.rise(self.events.len() - 1, event);
    }

    /// Puts `event` where it belongs between the hole and the root.
    #[inline]
    fn rise(&mut self, mut hole: usize, event: Event) {
        while hole > 0 {
            let parent = (hole - 1) / CHILDREN;
            if !event.when.is_before(&self.events[parent].when) {
                break;
            }
            self.events[hole] = self.events[parent];
            hole = parent;
        }
        self.events[hole] = event;
    }

    #[inline]
    fn pop(&mut self) -> Option<Event> {
        let last = self.events.pop()?;
        let Some(first) = self.events.first().copied() else { return Some(last) };
        // The hole sinks to a leaf along the smallest children, and the last event rises from there: it was a leaf before, so it
        // rarely rises far, and the way down needs no comparison with it.
        let mut hole = 0;
        loop {
            let child = hole * CHILDREN + 1;
            let Some(children) =
                self.events.get(child..self.events.len().min(child + CHILDREN)).filter(|children| !children.is_empty())
            else {
                break;
            };
            let mut smallest = 0;
            for other in 1..children.len() {
                if children[other].when.is_before(&children[smallest].when) {
                    smallest = other;
                }
            }
            self.events[hole] = children[smallest];
            hole = child + smallest;
        }
        self.rise(hole, last);
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
