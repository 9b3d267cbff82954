//! One direction of a session: what was sent, what arrived, what was taken in.

use std::collections::VecDeque;

use cluster_sim_vocabulary::VirtualInstant;

use super::super::payload::PayloadKind;

/// Where a message lies in the slab of its type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) kind: PayloadKind,
    pub(super) slot: u32,
}

/// One message of a lane, or the end of what is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// The message; nothing once it was taken in or lost, and for the end.
    pub(super) held: Option<Held>,
    pub(super) content: u64,
    pub(super) length: u32,
    /// How often it was put on its link.
    pub(super) attempts: u32,
    /// How many of these attempts, and of their copies, are on their way.
    pub(super) under_way: u32,
    /// When the sender tries again unless it hears of it.
    pub(super) retry_at: VirtualInstant,
    /// The sender heard that it arrived.
    acknowledged: bool,
    /// It arrived.
    arrived: bool,
}

impl Entry {
    pub(super) fn message(held: Held, content: u64, length: u32) -> Self {
        Self { held: Some(held), content, length, ..Self::end() }
    }

    fn end() -> Self {
        Self {
            held: None,
            content: 0,
            length: 0,
            attempts: 0,
            under_way: 0,
            retry_at: VirtualInstant::ZERO,
            acknowledged: false,
            arrived: false,
        }
    }

    /// Whether it is the end rather than a message, as long as nobody took it.
    pub(super) fn is_end(&self) -> bool {
        self.held.is_none()
    }
}

/// One direction of a session.
///
/// The sender's knowledge and the receiver's lie side by side and are kept apart: the sender's changes by what it sends and by the
/// acknowledgements that reach it, the receiver's by what reaches it and by what its node takes in. Only the messages themselves and the
/// count of attempts under way are common.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Those that one side still needs, in order.
    entries: VecDeque<Entry>,
    /// The number of the first of them.
    base: u64,
    /// The class of links it goes over.
    pub(super) class: u16,
    /// Sender: all before this number are known to have arrived.
    acknowledged: u64,
    /// Sender: all before this number are known to be taken in.
    known_taken: u64,
    /// Sender: the number of the end, once there is one.
    end: Option<u64>,
    /// Receiver: all before this number have arrived.
    arrived: u64,
    /// Receiver: all before this number are taken in.
    taken: u64,
    /// Receiver: what it last told the sender of that.
    told_taken: u64,
    /// Nothing is sent any more, by the fault of this cause.
    broken: Option<u32>,
}

/// What a receiver says of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// All before this number have arrived.
    pub(super) arrived: u64,
    /// All before this number are taken in.
    pub(super) taken: u64,
}

impl Lane {
    /// Makes an empty lane of this one, and keeps its memory.
    pub(super) fn begin(&mut self, class: u16) {
        debug_assert!(self.entries.is_empty(), "what was in a lane is accounted for before it begins anew");
        let entries = std::mem::take(&mut self.entries);
        *self = Self { entries, class, ..Self::default() };
    }

    /// The number of the next message.
    pub(super) fn next(&self) -> u64 {
        self.base + self.entries.len() as u64
    }

    fn place(&self, number: u64) -> Option<usize> {
        let place = number.checked_sub(self.base)? as usize;
        (place < self.entries.len()).then_some(place)
    }

    pub(super) fn entry(&mut self, number: u64) -> Option<&mut Entry> {
        let place = self.place(number)?;
        self.entries.get_mut(place)
    }

    /// How many messages the receiver may still have to take in, as far as the sender knows.
    fn outstanding(&self) -> u64 {
        self.next() - self.known_taken
    }

    /// Sender: whether the window has room for one more.
    pub(super) fn has_room(&self, window: u32) -> bool {
        self.outstanding() < u64::from(window)
    }

    /// Sender: takes over a message, and gives it its number.
    pub(super) fn push(&mut self, entry: Entry) -> u64 {
        self.entries.push_back(entry);
        self.next() - 1
    }

    /// Sender: ends the lane; the number of the end, or nothing if it was ended before.
    pub(super) fn finish(&mut self) -> Option<u64> {
        if self.end.is_some() {
            return None;
        }
        let number = self.push(Entry::end());
        self.end = Some(number);
        self.end
    }

    /// Sender: whether it ended the lane.
    pub(super) fn is_finished(&self) -> bool {
        self.end.is_some()
    }

    /// Sender: whether it knows that everything arrived, the end too.
    pub(super) fn is_end_acknowledged(&self) -> bool {
        self.end.is_some_and(|end| end < self.acknowledged)
    }

    /// Sender: whether something is unacknowledged.
    pub(super) fn is_waiting(&self) -> bool {
        self.broken.is_none() && self.acknowledged < self.next()
    }

    /// Sender: takes in what the receiver says; `number` is what it acknowledges by itself, whether or not all before it have arrived.
    pub(super) fn acknowledge(&mut self, number: Option<u64>, said: Progress) {
        if let Some(entry) = number.and_then(|number| self.entry(number)) {
            entry.acknowledged = true;
        }
        self.acknowledged = self.acknowledged.max(said.arrived);
        self.known_taken = self.known_taken.max(said.taken);
        self.trim();
    }

    /// Sender: everything sent so far is known to have arrived.
    pub(super) fn acknowledge_all(&mut self) {
        self.acknowledge(None, Progress { arrived: self.next(), taken: 0 });
    }

    /// Sender: what is to be put on the link again by `now`, from `from` on: the first such number.
    pub(super) fn due_from(&self, from: u64, now: VirtualInstant) -> Option<u64> {
        let unacknowledged = (from.max(self.acknowledged).max(self.base)..self.next()).map(|number| (number, self.at(number)));
        unacknowledged.filter(|(_, entry)| !entry.acknowledged && entry.retry_at <= now).map(|(number, _)| number).next()
    }

    /// Sender: when the next message is to be put on the link again.
    pub(super) fn earliest_retry(&self) -> Option<VirtualInstant> {
        let unacknowledged = (self.acknowledged.max(self.base)..self.next()).map(|number| self.at(number));
        unacknowledged.filter(|entry| !entry.acknowledged).map(|entry| entry.retry_at).min()
    }

    /// A message that one side still needs.
    pub(super) fn at(&self, number: u64) -> &Entry {
        &self.entries[(number - self.base) as usize]
    }

    /// Sender: the numbers that no attempt was made to send.
    pub(super) fn unsent(&self) -> std::ops::Range<u64> {
        let sent = self.entries.iter().take_while(|entry| entry.attempts > 0).count();
        self.base + sent as u64..self.next()
    }

    /// Receiver: takes in the arrival of a message; true if there is more to take in now.
    pub(super) fn arrive(&mut self, number: u64) -> bool {
        let before = self.arrived;
        if let Some(entry) = self.entry(number) {
            entry.arrived = true;
        }
        while self.place(self.arrived).is_some_and(|place| self.entries[place].arrived) {
            self.arrived += 1;
        }
        self.arrived > before
    }

    /// Receiver: whether there is something to take in.
    pub(super) fn is_readable(&self) -> bool {
        self.taken < self.arrived
    }

    /// Receiver: how many messages were taken in.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Receiver: whether the end was taken in.
    pub(super) fn is_end_taken(&self) -> bool {
        self.end.is_some_and(|end| end < self.taken)
    }

    /// Receiver: the next message in order with its number, if it arrived; it is taken in now.
    pub(super) fn take(&mut self) -> Option<(u64, Entry)> {
        if !self.is_readable() {
            return None;
        }
        let number = self.taken;
        let entry = self.entry(number).expect("what was not taken in is still there");
        let taken = *entry;
        entry.held = None;
        self.taken += 1;
        self.trim();
        Some((number, taken))
    }

    /// Receiver: what to tell the sender; it counts as told. A reader that `takes_all` takes in what arrived at this very instant.
    pub(super) fn tell(&mut self, takes_all: bool) -> Progress {
        self.told_taken = if takes_all { self.arrived } else { self.taken };
        Progress { arrived: self.arrived, taken: self.told_taken }
    }

    /// Receiver: whether the sender, by all that arrived, believes the window to be full, although there is room.
    pub(super) fn owes_room(&self, window: u32) -> bool {
        self.taken > self.told_taken && self.arrived - self.told_taken >= u64::from(window)
    }

    /// Nothing is sent any more; `cause` is what that which cannot arrive is lost to.
    pub(super) fn break_off(&mut self, cause: u32) {
        self.broken.get_or_insert(cause);
        self.trim();
    }

    /// A message of a broken lane that cannot be taken in any more, with the cause: one that is not on its way, or comes after one that is
    /// not. The last one first.
    pub(super) fn pop_lost(&mut self) -> Option<(Entry, u32)> {
        let cause = self.broken?;
        let first = self.place(self.arrived)?;
        if self.entries[first].under_way > 0 {
            return None;
        }
        Some((self.entries.pop_back()?, cause))
    }

    /// What is left in the lane, as both sides are gone. The last one first.
    pub(super) fn pop_left(&mut self) -> Option<Entry> {
        self.entries.pop_back()
    }

    /// Why nothing is sent any more, if so.
    pub(super) fn broken(&self) -> Option<u32> {
        self.broken
    }

    /// Lets go of what neither side needs.
    fn trim(&mut self) {
        while let Some(first) = self.entries.front() {
            let known = first.acknowledged || self.base < self.acknowledged || self.broken.is_some();
            if !known || self.base >= self.taken {
                break;
            }
            self.entries.pop_front();
            self.base += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Entry {
        Entry::message(Held { kind: PayloadKind(0), slot: 0 }, 0, 8)
    }

    fn lane(messages: u64) -> Lane {
        let mut lane = Lane::default();
        (0..messages).for_each(|number| assert_eq!(lane.push(message()), number));
        lane
    }

    fn said(arrived: u64, taken: u64) -> Progress {
        Progress { arrived, taken }
    }

    #[test]
    fn messages_are_taken_in_in_order_whatever_the_order_of_their_arrival() {
        let mut lane = lane(3);
        assert!(!lane.arrive(2) && lane.take().is_none());
        assert!(lane.arrive(0) && lane.take().is_some_and(|(number, _)| number == 0) && lane.take().is_none());
        assert!(lane.arrive(1));
        assert_eq!([lane.take(), lane.take(), lane.take()].map(|taken| taken.map(|(number, _)| number)), [Some(1), Some(2), None]);
    }

    #[test]
    fn a_double_is_known_and_brings_nothing_new() {
        let mut lane = lane(2);
        lane.arrive(1);
        assert!(lane.arrive(0));
        assert!(!lane.arrive(0) && !lane.arrive(1));
        assert!(lane.take().is_some() && lane.take().is_some());
        lane.acknowledge(None, said(2, 2));
        assert!(!lane.arrive(0) && lane.take().is_none(), "it is known after its entry is gone");
    }

    #[test]
    fn a_window_opens_as_far_as_the_sender_knows() {
        let mut lane = lane(2);
        assert!(!lane.has_room(2) && lane.has_room(3));
        lane.arrive(0);
        lane.take();
        assert!(!lane.has_room(2), "nobody told it");
        let told = lane.tell(false);
        lane.acknowledge(Some(0), told);
        assert!(lane.has_room(2));
    }

    #[test]
    fn a_receiver_owes_room_once_it_takes_in_of_a_full_window() {
        let mut lane = lane(2);
        lane.arrive(0);
        lane.take();
        assert!(!lane.owes_room(2), "the acknowledgement of the second message will say so");
        lane.tell(false);
        lane.push(message());
        lane.arrive(1);
        lane.arrive(2);
        assert!(!lane.owes_room(2), "there is no room");
        lane.take();
        assert!(lane.owes_room(2));
        lane.tell(false);
        assert!(!lane.owes_room(2), "it was told");
    }

    #[test]
    fn only_what_is_not_acknowledged_is_sent_again() {
        let mut lane = lane(4);
        let later = VirtualInstant::from_nanoseconds(5);
        for number in 0..4 {
            lane.entry(number).unwrap().retry_at = later;
        }
        lane.acknowledge(Some(2), said(1, 0));
        assert_eq!(
            (lane.due_from(0, VirtualInstant::ZERO), lane.due_from(0, later), lane.due_from(2, later)),
            (None, Some(1), Some(3))
        );
        assert_eq!(lane.earliest_retry(), Some(later));
        lane.acknowledge(Some(3), said(4, 0));
        assert!(!lane.is_waiting() && lane.earliest_retry().is_none());
    }

    #[test]
    fn an_acknowledgement_that_comes_late_takes_nothing_back() {
        let mut lane = lane(4);
        lane.acknowledge(Some(3), said(4, 2));
        lane.acknowledge(Some(0), said(1, 0));
        assert!(!lane.is_waiting() && lane.has_room(3));
    }

    #[test]
    fn a_broken_lane_loses_what_is_not_on_its_way_and_all_after_it() {
        let mut lane = lane(4);
        lane.entry(1).unwrap().under_way = 1;
        lane.arrive(0);
        lane.arrive(3);
        lane.break_off(9);
        assert!(lane.pop_lost().is_none(), "the second is on its way");
        lane.entry(1).unwrap().under_way = 0;
        lane.arrive(1);
        let lost: Vec<u32> = std::iter::from_fn(|| lane.pop_lost()).map(|(_, cause)| cause).collect();
        assert_eq!(lost, [9, 9], "the fourth arrived and will never be in order");
        assert!(lane.take().is_some() && lane.take().is_some() && lane.take().is_none());
    }

    #[test]
    fn the_end_comes_after_all_messages_and_once() {
        let mut lane = lane(1);
        assert_eq!((lane.finish(), lane.finish()), (Some(1), None));
        lane.arrive(1);
        assert!(!lane.is_readable());
        lane.arrive(0);
        assert!(!lane.take().unwrap().1.is_end() && lane.take().unwrap().1.is_end() && lane.is_end_taken());
        assert!(!lane.is_end_acknowledged());
        lane.acknowledge_all();
        assert!(lane.is_end_acknowledged());
    }

    #[test]
    fn it_holds_no_more_than_both_sides_need() {
        let mut lane = Lane::default();
        for number in 0..10_000 {
            lane.push(message());
            lane.arrive(number);
            lane.take();
            if number >= 10 {
                lane.acknowledge(Some(number - 10), said(number - 9, number - 9));
            }
            assert!(lane.entries.len() <= 11);
        }
    }
}
