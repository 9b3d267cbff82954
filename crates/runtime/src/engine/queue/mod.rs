//! What is to happen, in order of instant.

mod event;
mod heap;
mod ring;
#[cfg(test)]
mod tests;
mod wheel;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use cluster_sim_types::VirtualInstant;

pub use event::{DeviceId, Order, Rank};
pub(crate) use event::{Event, Target};
use event::{NOBODY, Place};
use heap::Heap;
use ring::{Ring, bucket_of};
use wheel::Wheel;

use crate::random::Address;

/// All events, in order.
///
/// Events of the near future lie unsorted in the buckets of a ring that slides with the clock, those of the far future in the coarser
/// buckets of a wheel, and fall into the ring once. A bucket with more than one event is sorted when its time comes, and is then the
/// present. So a push costs one link of a list however many messages are in flight. What falls into the present after that, or beyond the
/// wheel, waits in a heap.
#[derive(Debug)]
pub(crate) struct EventQueue {
    /// Events in ring and wheel; those of one bucket are linked.
    slab: Vec<Event>,
    /// The slot that became free last, and so on.
    free: u32,
    ring: Ring,
    wheel: Wheel,
    /// The bucket that was taken last, by instant, last first, so that the next one is taken off the end.
    present: Vec<Event>,
    heap: Heap,
    /// Events of the instant at which the clock stands, where there were more than one.
    ready: BinaryHeap<Reverse<Ready>>,
    length: usize,
}

/// An event whose instant has come, with its place among the others of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ready(Place, Event);

impl Ord for Ready {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Ready {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Where the next event lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Ready,
    Present,
    Heap,
    /// Alone in a bucket of the ring.
    Alone(u64),
}

/// The next event, not yet taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Next {
    pub(crate) at: VirtualInstant,
    source: Source,
}

impl Default for EventQueue {
    /// A queue without memory of its own; it takes events once it was given room.
    fn default() -> Self {
        Self {
            slab: Vec::new(),
            free: NOBODY,
            ring: Ring::default(),
            wheel: Wheel::new(),
            present: Vec::new(),
            heap: Heap::default(),
            ready: BinaryHeap::new(),
            length: 0,
        }
    }
}

impl EventQueue {
    #[cfg(test)]
    pub(crate) fn new() -> Self {
        let mut queue = Self::default();
        queue.make_room();
        queue
    }

    /// Makes ready for events.
    pub(crate) fn make_room(&mut self) {
        self.ring.make_room();
    }

    /// Forgets all events, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.slab.clear();
        self.free = NOBODY;
        self.ring.clear_all();
        self.wheel = Wheel::new();
        self.present.clear();
        self.heap.clear();
        self.ready.clear();
        self.length = 0;
    }

    /// How many events have had their place at once, or could.
    pub(crate) fn capacity(&self) -> usize {
        self.slab.capacity()
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Adds an event that is due later than the clock says.
    #[inline(always)]
    pub(crate) fn push(&mut self, event: Event) {
        self.length += 1;
        let bucket = bucket_of(event.at);
        if self.ring.covers(bucket) {
            let slot = self.keep(event);
            self.ring.push(bucket, slot, &mut self.slab[slot as usize]);
        } else {
            self.push_elsewhere(bucket, event);
        }
    }

    fn push_elsewhere(&mut self, bucket: u64, event: Event) {
        let start = self.ring.start;
        match if bucket < start { None } else { self.wheel.level(bucket, start) } {
            Some(level) => {
                let slot = self.keep(event);
                self.wheel.push(level, bucket, slot, &mut self.slab[slot as usize]);
            }
            None => self.heap.push(event),
        }
    }

    /// Adds an event that is due at the instant at which the clock stands.
    pub(crate) fn push_now(&mut self, event: Event, mut roll: impl FnMut(Address) -> u64) {
        self.length += 1;
        self.make_ready(event, &mut roll);
    }

    fn make_ready(&mut self, event: Event, roll: &mut impl FnMut(Address) -> u64) {
        let roll = roll(Address::from_key(event.about).number(event.at));
        self.ready.push(Reverse(Ready(event.place(roll), event)));
    }

    /// Gives an event a slot.
    #[inline]
    fn keep(&mut self, event: Event) -> u32 {
        match self.slab.get_mut(self.free as usize) {
            Some(place) => {
                let slot = self.free;
                self.free = place.next;
                *place = event;
                slot
            }
            None => {
                self.slab.push(event);
                u32::try_from(self.slab.len() - 1).expect("events are bounded by memory long before 2^32")
            }
        }
    }

    /// Takes an event out of its slot.
    #[inline]
    fn release(&mut self, slot: u32) -> Event {
        let place = &mut self.slab[slot as usize];
        let event = *place;
        place.next = self.free;
        self.free = slot;
        event
    }

    /// The next event, if one is due by `until`.
    #[inline(always)]
    pub(crate) fn next(&mut self, now: VirtualInstant, until: VirtualInstant) -> Option<Next> {
        if !self.ready.is_empty() {
            return (now <= until).then_some(Next { at: now, source: Source::Ready });
        }
        let limit = self.heap.first().unwrap_or(u64::MAX).min(until.as_nanoseconds());
        let (at, source) = match self.present.last() {
            Some(event) if event.at <= limit => (event.at, Source::Present),
            None => self.first_of_buckets(limit).unwrap_or((u64::MAX, Source::Heap)),
            Some(_) => (u64::MAX, Source::Heap),
        };
        if at <= limit && source != Source::Heap {
            return Some(Next { at: VirtualInstant::from_nanoseconds(at), source });
        }
        let at = self.heap.first().filter(|at| *at <= until.as_nanoseconds())?;
        Some(Next { at: VirtualInstant::from_nanoseconds(at), source: Source::Heap })
    }

    /// The first event in ring and wheel; nothing if it surely lies after `limit`.
    #[inline(always)]
    fn first_of_buckets(&mut self, limit: u64) -> Option<(u64, Source)> {
        let mut bucket = self.ring.first();
        while bucket >= self.wheel.first {
            // What is not to come yet stays where it is, so that the ring does not slide away from what may still be pushed before it.
            if self.wheel.first > bucket_of(limit) {
                return None;
            }
            self.unfold();
            bucket = self.ring.first();
        }
        if bucket > bucket_of(limit) {
            return None;
        }
        let slot = self.ring.head(bucket);
        let event = &self.slab[slot as usize];
        if event.next == NOBODY {
            return Some((event.at, Source::Alone(bucket)));
        }
        self.make_present(bucket, slot);
        self.present.last().map(|event| (event.at, Source::Present))
    }

    /// Lets the first bucket of the wheel fall into finer ones.
    #[cold]
    fn unfold(&mut self) {
        let (first, start) = (self.wheel.first, self.ring.start);
        let mut slot = self.wheel.take_first(start);
        self.ring.start = start.max(first);
        while slot != NOBODY {
            let event = &mut self.slab[slot as usize];
            let (next, bucket) = (event.next, bucket_of(event.at));
            if self.ring.covers(bucket) {
                self.ring.push(bucket, slot, event);
            } else {
                let level = self.wheel.level(bucket, self.ring.start).expect("what falls out of a level fits a finer one");
                self.wheel.push(level, bucket, slot, event);
            }
            slot = next;
        }
    }

    /// Takes a whole bucket and sorts it by instant.
    #[inline(never)]
    fn make_present(&mut self, bucket: u64, mut slot: u32) {
        self.ring.clear(bucket);
        self.ring.start = bucket + 1;
        while slot != NOBODY {
            let event = self.release(slot);
            slot = event.next;
            self.present.push(event);
        }
        self.present.sort_unstable_by_key(|event| Reverse(event.at));
    }

    /// Takes the next event; the clock must stand at its instant. Where several meet, `roll` decides, by what each is about.
    #[inline]
    pub(crate) fn take(&mut self, next: Next, roll: impl FnMut(Address) -> u64) -> Option<Event> {
        self.length -= 1;
        let event = match next.source {
            Source::Alone(bucket) => {
                self.ring.clear(bucket);
                // It stays open for what is still to fall into it.
                self.ring.start = bucket;
                let slot = self.ring.head(bucket);
                self.release(slot)
            }
            Source::Present => self.present.pop()?,
            Source::Heap => {
                // Nothing else comes before it.
                self.ring.start = self.ring.start.max(bucket_of(next.at.as_nanoseconds()));
                self.heap.pop()?
            }
            Source::Ready => return self.ready.pop().map(|Reverse(Ready(_, event))| event),
        };
        if self.first_beside() == Some(event.at) { self.take_of_many(event, roll) } else { Some(event) }
    }

    /// The instant of what comes next out of present and heap.
    #[inline]
    fn first_beside(&self) -> Option<u64> {
        match self.present.last() {
            None => self.heap.first(),
            Some(event) => Some(self.heap.first().map_or(event.at, |first| first.min(event.at))),
        }
    }

    /// Gathers all events of the instant of `event`, and takes the first of them.
    #[cold]
    fn take_of_many(&mut self, event: Event, mut roll: impl FnMut(Address) -> u64) -> Option<Event> {
        let at = event.at;
        self.make_ready(event, &mut roll);
        while let Some(event) = self.present.pop_if(|event| event.at == at) {
            self.make_ready(event, &mut roll);
        }
        while self.heap.first() == Some(at) {
            let event = self.heap.pop()?;
            self.make_ready(event, &mut roll);
        }
        self.ready.pop().map(|Reverse(Ready(_, event))| event)
    }
}
