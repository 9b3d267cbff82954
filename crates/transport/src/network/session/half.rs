//! One direction of a session: what was sent, what arrived, what was taken in.

use std::collections::VecDeque;

use cluster_sim_types::VirtualInstant;

use super::super::payload::PayloadKind;

/// Where a message lies in the slab of its type.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageRef {
    pub(super) kind: PayloadKind,
    pub(super) slot: u32,
}

/// One message of a lane, or the end of what is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// The message; nothing once it was taken in or lost, and for the end.
    pub(super) message: Option<MessageRef>,
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
    pub(super) fn message(message: MessageRef, content: u64, length: u32) -> Self {
        Self { message: Some(message), content, length, ..Self::fin() }
    }

    fn fin() -> Self {
        Self {
            message: None,
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
    pub(super) fn is_fin(&self) -> bool {
        self.message.is_none()
    }
}

/// One direction of a session.
///
/// The sender's knowledge and the receiver's lie side by side and are kept apart: the sender's changes by what it sends and by the
/// acknowledgements that reach it, the receiver's by what reaches it and by what its node takes in. Only the messages themselves and the
/// count of attempts under way are common.
#[derive(Debug, Default)]
pub(super) struct Half {
    /// Those that one side still needs, in order.
    entries: VecDeque<Entry>,
    /// The number of the first of them.
    base: u64,
    /// The class of links it goes over.
    pub(super) class: u16,
    /// Sender: all before this number are known to have arrived.
    acknowledged: u64,
    /// Sender: all before this number are known to be taken in.
    peer_read: u64,
    /// Sender: the number of the end, once there is one.
    fin: Option<u64>,
    /// Receiver: all before this number have arrived.
    arrived: u64,
    /// Receiver: all before this number are taken in.
    read: u64,
    /// Receiver: what it last told the sender of that.
    reported_read: u64,
    /// Nothing is sent any more, by the fault of this cause.
    broken: Option<u32>,
}

/// What a receiver says of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// All before this number have arrived.
    pub(super) arrived: u64,
    /// All before this number are taken in.
    pub(super) read: u64,
}

impl Half {
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
        self.next() - self.peer_read
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
        if self.fin.is_some() {
            return None;
        }
        let number = self.push(Entry::fin());
        self.fin = Some(number);
        self.fin
    }

    /// Sender: whether it ended the lane.
    pub(super) fn is_finished(&self) -> bool {
        self.fin.is_some()
    }

    /// Sender: whether it knows that everything arrived, the end too.
    pub(super) fn is_fin_acknowledged(&self) -> bool {
        self.fin.is_some_and(|fin| fin < self.acknowledged)
    }

    /// Sender: whether something is unacknowledged.
    pub(super) fn is_waiting(&self) -> bool {
        self.broken.is_none() && self.acknowledged < self.next()
    }

    /// Sender: takes in what the receiver says; `number` is what it acknowledges by itself, whether or not all before it have arrived.
    pub(super) fn acknowledge(&mut self, number: Option<u64>, progress: Progress) {
        if let Some(entry) = number.and_then(|number| self.entry(number)) {
            entry.acknowledged = true;
        }
        self.acknowledged = self.acknowledged.max(progress.arrived);
        self.peer_read = self.peer_read.max(progress.read);
        self.trim();
    }

    /// Sender: everything sent so far is known to have arrived.
    pub(super) fn acknowledge_all(&mut self) {
        self.acknowledge(None, Progress { arrived: self.next(), read: 0 });
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
        self.read < self.arrived
    }

    /// Receiver: how many messages were taken in.
    pub(super) fn read_count(&self) -> u64 {
        self.read
    }

    /// Receiver: whether the end was taken in.
    pub(super) fn is_fin_read(&self) -> bool {
        self.fin.is_some_and(|fin| fin < self.read)
    }

    /// Receiver: the next message in order with its number, if it arrived; it is taken in now.
    pub(super) fn read_next(&mut self) -> Option<(u64, Entry)> {
        if !self.is_readable() {
            return None;
        }
        let number = self.read;
        let entry = self.entry(number).expect("what was not taken in is still there");
        let read = *entry;
        entry.message = None;
        self.read += 1;
        self.trim();
        Some((number, read))
    }

    /// Receiver: what to tell the sender; it counts as told. A reader that `takes_all` takes in what arrived at this very instant.
    pub(super) fn report(&mut self, reads_all: bool) -> Progress {
        self.reported_read = if reads_all { self.arrived } else { self.read };
        Progress { arrived: self.arrived, read: self.reported_read }
    }

    /// Receiver: whether the sender, by all that arrived, believes the window to be full, although there is room.
    pub(super) fn owes_window_update(&self, window: u32) -> bool {
        self.read > self.reported_read && self.arrived - self.reported_read >= u64::from(window)
    }

    /// Nothing is sent any more; `cause` is what that which cannot arrive is lost to.
    pub(super) fn mark_broken(&mut self, cause: u32) {
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
    pub(super) fn pop_remaining(&mut self) -> Option<Entry> {
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
            if !known || self.base >= self.read {
                break;
            }
            self.entries.pop_front();
            self.base += 1;
        }
    }
}

#[cfg(test)]
mod tests;
