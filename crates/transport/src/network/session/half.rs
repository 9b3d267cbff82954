//! Halves: one direction of a session, with its messages from send to read.

use std::collections::VecDeque;

use cluster_sim_types::VirtualInstant;

use crate::network::payload::MessageRef;

/// One message of a half, or its FIN.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// `None` once the message was read or lost, and for the FIN.
    pub(super) message: Option<MessageRef>,
    pub(super) content: u64,
    pub(super) length: u32,
    /// How often it was put on its link.
    pub(super) attempts: u32,
    /// How many of these attempts, and copies of them, are in flight.
    pub(super) under_way: u32,
    /// When the sender retransmits if there is no acknowledgement.
    pub(super) retry_at: VirtualInstant,
    /// The sender got an acknowledgement of this number.
    acknowledged: bool,
    /// The receiver got it.
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

    /// Returns whether this is the FIN. Valid only while the entry is unread.
    pub(super) fn is_fin(&self) -> bool {
        self.message.is_none()
    }
}

/// One direction of a session.
///
/// It holds the knowledge of both sides, strictly separated. The sender's changes by its sends and by acknowledgements that reach
/// it, the receiver's by segments that reach it and by reads of its node. Only the messages and the counts of attempts in flight
/// are shared.
#[derive(Debug, Default)]
pub(super) struct Half {
    /// The messages that one of the sides still needs, in order.
    entries: VecDeque<Entry>,
    /// The number of the first entry.
    base: u64,
    /// The class of links that carries it.
    pub(super) class: u16,
    /// Sender: everything below this number is acknowledged.
    acknowledged: u64,
    /// Sender: everything below this number is known to be read.
    peer_read: u64,
    /// Sender: the number of the FIN, once it was sent.
    fin: Option<u64>,
    /// Receiver: everything below this number has arrived.
    arrived: u64,
    /// Receiver: everything below this number was read.
    read: u64,
    /// Receiver: the value of `read` in its last acknowledgement.
    reported_read: u64,
    /// Nothing more is sent; lost messages count under this cause.
    broken: Option<u32>,
}

/// The progress of a receiver, as it reports it to the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// Everything below this number has arrived.
    pub(super) arrived: u64,
    /// Everything below this number was read.
    pub(super) read: u64,
}

impl Half {
    /// Resets this to an empty half, keeping its memory.
    pub(super) fn begin(&mut self, class: u16) {
        debug_assert!(self.entries.is_empty(), "a half is emptied before it is reused");
        let entries = std::mem::take(&mut self.entries);
        *self = Self { entries, class, ..Self::default() };
    }

    /// Returns the number of the next message.
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

    /// Sender: counts the messages that may still be unread.
    fn outstanding(&self) -> u64 {
        self.next() - self.peer_read
    }

    /// Sender: returns whether the window has room for one more message.
    pub(super) fn has_room(&self, window: u32) -> bool {
        self.outstanding() < u64::from(window)
    }

    /// Sender: appends a message. Returns its number.
    pub(super) fn push(&mut self, entry: Entry) -> u64 {
        self.entries.push_back(entry);
        self.next() - 1
    }

    /// Sender: appends the FIN. Returns its number, or `None` if it was appended before.
    pub(super) fn finish(&mut self) -> Option<u64> {
        if self.fin.is_some() {
            return None;
        }
        let number = self.push(Entry::fin());
        self.fin = Some(number);
        self.fin
    }

    /// Sender: returns whether the FIN was sent.
    pub(super) fn is_finished(&self) -> bool {
        self.fin.is_some()
    }

    /// Sender: returns whether everything is acknowledged, including the FIN.
    pub(super) fn is_fin_acknowledged(&self) -> bool {
        self.fin.is_some_and(|fin| fin < self.acknowledged)
    }

    /// Sender: returns whether anything is unacknowledged.
    pub(super) fn is_waiting(&self) -> bool {
        self.broken.is_none() && self.acknowledged < self.next()
    }

    /// Sender: applies an acknowledgement: everything below `progress.arrived`, and `number` by itself.
    pub(super) fn acknowledge(&mut self, number: Option<u64>, progress: Progress) {
        if let Some(entry) = number.and_then(|number| self.entry(number)) {
            entry.acknowledged = true;
        }
        self.acknowledged = self.acknowledged.max(progress.arrived);
        self.peer_read = self.peer_read.max(progress.read);
        self.trim();
    }

    /// Sender: treats everything sent so far as acknowledged.
    pub(super) fn acknowledge_all(&mut self) {
        self.acknowledge(None, Progress { arrived: self.next(), read: 0 });
    }

    /// Sender: returns the first number from `from` on whose retransmission is due.
    pub(super) fn due_from(&self, from: u64, now: VirtualInstant) -> Option<u64> {
        let unacknowledged = (from.max(self.acknowledged).max(self.base)..self.next()).map(|number| (number, self.at(number)));
        unacknowledged.filter(|(_, entry)| !entry.acknowledged && entry.retry_at <= now).map(|(number, _)| number).next()
    }

    /// Sender: returns the instant of the next retransmission.
    pub(super) fn earliest_retry(&self) -> Option<VirtualInstant> {
        let unacknowledged = (self.acknowledged.max(self.base)..self.next()).map(|number| self.at(number));
        unacknowledged.filter(|entry| !entry.acknowledged).map(|entry| entry.retry_at).min()
    }

    /// Lists the messages that were neither read nor lost, each with its length.
    pub(super) fn messages(&self) -> impl Iterator<Item = (MessageRef, u32)> {
        self.entries.iter().filter_map(|entry| Some((entry.message?, entry.length)))
    }

    pub(super) fn at(&self, number: u64) -> &Entry {
        &self.entries[(number - self.base) as usize]
    }

    /// Sender: returns the numbers that were never put on the link.
    pub(super) fn unsent(&self) -> std::ops::Range<u64> {
        let sent = self.entries.iter().take_while(|entry| entry.attempts > 0).count();
        self.base + sent as u64..self.next()
    }

    /// Receiver: marks a message as arrived. Returns whether more can be read now.
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

    /// Receiver: returns whether a message or the FIN can be read.
    pub(super) fn is_readable(&self) -> bool {
        self.read < self.arrived
    }

    /// Receiver: returns how many messages were read.
    pub(super) fn read_count(&self) -> u64 {
        self.read
    }

    /// Receiver: returns whether the FIN was read.
    pub(super) fn is_fin_read(&self) -> bool {
        self.fin.is_some_and(|fin| fin < self.read)
    }

    /// Receiver: reads the next message in order, if it has arrived.
    pub(super) fn read_next(&mut self) -> Option<(u64, Entry)> {
        if !self.is_readable() {
            return None;
        }
        let number = self.read;
        let entry = self.entry(number).expect("an unread message is kept");
        let read = *entry;
        entry.message = None;
        self.read += 1;
        self.trim();
        Some((number, read))
    }

    /// Receiver: returns the progress to report, and remembers it as reported.
    ///
    /// A reader that `reads_all` reads everything that has arrived at this very instant.
    pub(super) fn report(&mut self, reads_all: bool) -> Progress {
        self.reported_read = if reads_all { self.arrived } else { self.read };
        Progress { arrived: self.arrived, read: self.reported_read }
    }

    /// Receiver: returns whether the sender still sees a full window although there is room.
    pub(super) fn owes_window_update(&self, window: u32) -> bool {
        self.read > self.reported_read && self.arrived - self.reported_read >= u64::from(window)
    }

    /// Stops sending. Messages that can no longer arrive are lost by `cause`.
    pub(super) fn mark_broken(&mut self, cause: u32) {
        self.broken.get_or_insert(cause);
        self.trim();
    }

    /// Removes the last message of a broken half if it can no longer be read. Returns it with the cause.
    ///
    /// Once the first missing message has no attempt in flight, neither it nor any message after it can be read in order.
    pub(super) fn pop_lost(&mut self) -> Option<(Entry, u32)> {
        let cause = self.broken?;
        let first = self.place(self.arrived)?;
        if self.entries[first].under_way > 0 {
            return None;
        }
        Some((self.entries.pop_back()?, cause))
    }

    /// Removes the last message left when both endpoints are gone.
    pub(super) fn pop_remaining(&mut self) -> Option<Entry> {
        self.entries.pop_back()
    }

    /// Returns the cause, if nothing more is sent.
    pub(super) fn broken(&self) -> Option<u32> {
        self.broken
    }

    /// Removes the entries that neither side needs.
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
