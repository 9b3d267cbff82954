//! The event queue, ordered by instant.
//!
//! An event has an instant, an order and a sequence number. The order within an instant:
//!
//! 1. **Rank.** Actions of the driver come first. Messages have the `priority` of their class of links; timers and first boots
//!    have 128, the default. So a scenario can require that deliveries come before reads of the same instant. When a paused node
//!    resumes, the messages that waited come in order of arrival, before all other messages and timers of that instant. Sleeps
//!    whose deadline had passed when they were first polled come last, in the order of these polls.
//! 2. **Roll.** Within a rank a roll decides, addressed by the subject of the event and the instant: the address of a message (of
//!    the link for FIFO links), node and token of a timer, the name of a booting node. A third event never changes the order of
//!    two. The instant is part of the address, so nodes that tick together take turns in going first, and so do FIFO links.
//! 3. **Sequence.** Events with equal rolls keep the order of scheduling. This keeps messages of one FIFO link in order if they
//!    arrive at one instant.
//!
//! The roll is made when two events meet, under the seed in force at that instant; a lone event needs none.
//!
//! The queue has five parts, by distance from the clock:
//!
//! | part | file | range |
//! |---|---|---|
//! | ready | `mod.rs` | events of the present instant that met others, in a heap by rank, roll and sequence |
//! | present | `mod.rs` | the bucket taken last, sorted by instant |
//! | ring | `ring.rs` | the near future: 1,024 buckets of 32.8 us that slide with the clock |
//! | wheel | `wheel.rs` | the far future, up to 137 s: coarser buckets, which cascade into finer ones |
//! | heap | `heap.rs` | events before the ring's first bucket or beyond the wheel |
//!
//! Buckets are linked lists through one slab of 32-byte events, so a push costs one link, independent of the number of messages
//! in flight. A bucket with several events is sorted by instant when the clock reaches it; a lone event is taken as it is.

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
pub(crate) use event::{Due, Event, Target};
use event::{NO_SLOT, Place};
use heap::Heap;
use ring::{Ring, bucket_of};
use wheel::Wheel;

use crate::random::Address;

/// Stores an event in the first free slot. Returns the slot, and the event in it.
#[inline(always)]
fn store<'s>(slab: &'s mut Vec<Event>, free: &mut u32, event: Event) -> (u32, &'s mut Event) {
    let mut slot = *free;
    if slot as usize >= slab.len() {
        slot = u32::try_from(slab.len()).expect("events are bounded by memory long before 2^32");
        slab.push(event);
        return (slot, &mut slab[slot as usize]);
    }
    let place = &mut slab[slot as usize];
    *free = place.next;
    *place = event;
    (slot, place)
}

/// All scheduled events, in order.
#[derive(Debug)]
pub(crate) struct EventQueue {
    /// Events in ring and wheel; those of one bucket are linked.
    slab: Vec<Event>,
    /// The head of the list of free slots.
    free: u32,
    ring: Ring,
    wheel: Wheel,
    /// The bucket taken last, latest instant first, so that the next event is at the end.
    present: Vec<Event>,
    heap: Heap,
    /// Events of the present instant, if there was more than one.
    ready: BinaryHeap<Reverse<Ready>>,
    length: usize,
}

/// A due event with its position within the instant.
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

/// The part of the queue that holds the next event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Ready,
    Present,
    Heap,
    /// The only event in a bucket of the ring.
    Alone(u64),
}

/// The next event, not yet taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Next {
    pub(crate) at: VirtualInstant,
    source: Source,
}

impl Default for EventQueue {
    /// Creates a queue without memory; call [`allocate`](Self::allocate) before the first push.
    fn default() -> Self {
        Self {
            slab: Vec::new(),
            free: NO_SLOT,
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
        queue.allocate();
        queue
    }

    /// Allocates the ring.
    pub(crate) fn allocate(&mut self) {
        self.ring.allocate();
    }

    /// Removes all events; keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.slab.clear();
        self.free = NO_SLOT;
        self.ring.clear_all();
        self.wheel.clear();
        self.present.clear();
        self.heap.clear();
        self.ready.clear();
        self.length = 0;
    }

    /// Returns the number of events that fit without allocation.
    pub(crate) fn capacity(&self) -> usize {
        self.slab.capacity()
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Adds an event due after the present instant.
    #[inline(always)]
    pub(crate) fn push(&mut self, event: Event) {
        self.length += 1;
        let bucket = bucket_of(event.at);
        let (slot, stored) = store(&mut self.slab, &mut self.free, event);
        if self.ring.covers(bucket) {
            stored.next = self.ring.push(bucket, slot);
        } else {
            self.push_far(bucket, slot);
        }
    }

    /// Adds a stored event that lies before the ring or beyond it.
    #[inline(never)]
    fn push_far(&mut self, bucket: u64, slot: u32) {
        let start = self.ring.start;
        match if bucket < start { None } else { Wheel::level(bucket, start) } {
            Some(level) => self.wheel.push(level, bucket, slot, &mut self.slab[slot as usize]),
            None => {
                let event = self.release(slot);
                self.heap.push(event);
            }
        }
    }

    /// Adds an event due at the present instant.
    pub(crate) fn push_now(&mut self, event: Event, mut roll: impl FnMut(Address) -> u64) {
        self.length += 1;
        self.push_ready(event, &mut roll);
    }

    fn push_ready(&mut self, event: Event, roll: &mut impl FnMut(Address) -> u64) {
        let roll = roll(Address::from_key(event.about).number(event.at));
        self.ready.push(Reverse(Ready(event.place(roll), event)));
    }

    /// Removes an event from its slot.
    #[inline]
    fn release(&mut self, slot: u32) -> Event {
        let place = &mut self.slab[slot as usize];
        let event = *place;
        place.next = self.free;
        self.free = slot;
        event
    }

    /// Takes the next event if it is due by `until` and met by no other, as most are; else [`next`](Self::next) finds it.
    ///
    /// A short way for the common cases: the event is alone in its bucket of the ring, or alone at its instant in a bucket that is
    /// sorted here, or was before.
    #[inline(always)]
    pub(crate) fn take_lone(&mut self, until: VirtualInstant) -> Option<Event> {
        if self.ready.len() | self.heap.len() != 0 {
            return None;
        }
        if self.present.is_empty() {
            let bucket = self.ring.first();
            if bucket >= self.wheel.first {
                return None;
            }
            let slot = self.ring.head(bucket);
            let place = &mut self.slab[slot as usize];
            if place.next == NO_SLOT {
                if place.at > until.as_nanoseconds() {
                    return None;
                }
                let event = *place;
                place.next = self.free;
                self.free = slot;
                self.length -= 1;
                self.ring.clear(bucket);
                // Keep the bucket open for later pushes.
                self.ring.start = bucket;
                return Some(event);
            }
            // Do not advance the ring past `until`: earlier events may still be pushed.
            if bucket > bucket_of(until.as_nanoseconds()) {
                return None;
            }
            self.make_present(bucket, slot);
        }
        let (event, others) = self.present.split_last()?;
        let is_met = others.last().is_some_and(|other| other.at == event.at);
        if is_met || event.at > until.as_nanoseconds() {
            return None;
        }
        let (event, left) = (*event, others.len());
        self.length -= 1;
        self.present.truncate(left);
        Some(event)
    }

    /// Finds the next event due by `until`.
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

    /// Finds the first event in ring and wheel; `None` if it is certainly after `limit`.
    #[inline(always)]
    fn first_of_buckets(&mut self, limit: u64) -> Option<(u64, Source)> {
        let mut bucket = self.ring.first();
        while bucket >= self.wheel.first {
            // Do not advance the ring past `limit`: earlier events may still be pushed.
            if self.wheel.first > bucket_of(limit) {
                return None;
            }
            self.cascade();
            bucket = self.ring.first();
        }
        if bucket > bucket_of(limit) {
            return None;
        }
        let slot = self.ring.head(bucket);
        let event = &self.slab[slot as usize];
        if event.next == NO_SLOT {
            return Some((event.at, Source::Alone(bucket)));
        }
        self.make_present(bucket, slot);
        self.present.last().map(|event| (event.at, Source::Present))
    }

    /// Moves the first bucket of the wheel into finer ones.
    #[cold]
    fn cascade(&mut self) {
        let (first, start) = (self.wheel.first, self.ring.start);
        let mut slot = self.wheel.take_first(start);
        self.ring.start = start.max(first);
        while slot != NO_SLOT {
            let event = &mut self.slab[slot as usize];
            let (next, bucket) = (event.next, bucket_of(event.at));
            if self.ring.covers(bucket) {
                event.next = self.ring.push(bucket, slot);
            } else {
                let level = Wheel::level(bucket, self.ring.start).expect("an event of a coarse bucket fits a finer level");
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
        while slot != NO_SLOT {
            let event = self.release(slot);
            slot = event.next;
            self.present.push(event);
        }
        self.present.sort_unstable_by_key(|event| Reverse(event.at));
    }

    /// Takes the next event; the clock must stand at its instant.
    ///
    /// Where several events meet, `roll` orders them.
    pub(crate) fn take(&mut self, next: Next, roll: impl FnMut(Address) -> u64) -> Option<Event> {
        self.length -= 1;
        let event = match next.source {
            Source::Alone(bucket) => {
                self.ring.clear(bucket);
                // Keep the bucket open for later pushes.
                self.ring.start = bucket;
                let slot = self.ring.head(bucket);
                self.release(slot)
            }
            Source::Present => self.present.pop()?,
            Source::Heap => {
                // No other event comes before it.
                self.ring.start = self.ring.start.max(bucket_of(next.at.as_nanoseconds()));
                self.heap.pop()?
            }
            Source::Ready => return self.ready.pop().map(|Reverse(Ready(_, event))| event),
        };
        if self.next_in_present_or_heap() == Some(event.at) { self.take_first_of_instant(event, roll) } else { Some(event) }
    }

    /// Returns the next instant in `present` and `heap`.
    #[inline]
    fn next_in_present_or_heap(&self) -> Option<u64> {
        match self.present.last() {
            None => self.heap.first(),
            Some(event) => Some(self.heap.first().map_or(event.at, |first| first.min(event.at))),
        }
    }

    /// Collects all events of the instant of `event`, and takes the first of them.
    #[cold]
    fn take_first_of_instant(&mut self, event: Event, mut roll: impl FnMut(Address) -> u64) -> Option<Event> {
        let at = event.at;
        self.push_ready(event, &mut roll);
        while let Some(event) = self.present.pop_if(|event| event.at == at) {
            self.push_ready(event, &mut roll);
        }
        while self.heap.first() == Some(at) {
            let event = self.heap.pop()?;
            self.push_ready(event, &mut roll);
        }
        self.ready.pop().map(|Reverse(Ready(_, event))| event)
    }
}
