//! Sending: a session takes a message over, and carries it until it hears that it arrived.

use cluster_sim_runtime::{Exhausted, Kernel, Record, RecordKind};

use super::SessionId;
use super::endpoint::{Side, Stage};
use super::half::{Entry, Held};
use super::segment::{Attempt, What};
use crate::message::Message;
use crate::network::Network;
use crate::network::digest::content_of;
use crate::network::payload::PayloadKind;
use crate::reset::ResetReason;

/// A message that a session did not take over, handed back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendRefused<M> {
    /// The window is full. The node is told when there is room.
    Busy(M),
    /// This side was finished before.
    Finished(M),
    /// The session is gone.
    Broken(M, ResetReason),
}

impl<M> SendRefused<M> {
    /// The message.
    pub fn into_message(self) -> M {
        match self {
            Self::Busy(message) | Self::Finished(message) | Self::Broken(message, _) => message,
        }
    }
}

impl Network {
    /// Sends a message in a session; `kind` must be that of `M`. It is carried until it arrives or the session is gone.
    ///
    /// # Errors
    /// With the message, if the session does not take it over. After `Busy` the node gets a notice once there is room.
    pub fn send_on<M: Message>(
        &mut self,
        kernel: &mut Kernel,
        id: SessionId,
        kind: PayloadKind,
        message: M,
    ) -> Result<(), SendRefused<M>> {
        let Some((slot, side)) = self.held(id) else { return Err(SendRefused::Broken(message, ResetReason::Reset)) };
        let window = self.class_of(slot, side).link.model.window;
        let connection = self.sessions.connections.at_mut(slot);
        let stage = connection.end(side).stage;
        let lane = connection.outward(side);
        match stage {
            Stage::Broken(reason) => return Err(SendRefused::Broken(message, reason)),
            _ if lane.is_finished() => return Err(SendRefused::Finished(message)),
            _ if lane.has_room(window) => {}
            _ => {
                self.want_room(kernel, slot, side);
                return Err(SendRefused::Busy(message));
            }
        }
        let (content, length) = content_of(&message);
        self.capture(kind, content, &message);
        let held = Held { kind, slot: self.slab::<M>(kind).insert(message, 1) };
        self.take_over(kernel, slot, side, Entry::message(held, content, length));
        Ok(())
    }

    fn take_over(&mut self, kernel: &mut Kernel, slot: usize, side: Side, entry: Entry) {
        self.counts.sent += 1;
        self.sessions.counts.sent(entry.length);
        let bound = kernel.budget().messages_in_flight;
        if self.in_flight() > bound {
            kernel.exhaust(Exhausted::MessagesInFlight(bound));
        }
        self.begin_to_wait(kernel, slot, side);
        let number = self.sessions.connections.at_mut(slot).outward(side).push(entry);
        self.record_entry(kernel, slot, side, RecordKind::SessionSend, number, &entry);
        self.carry_new(kernel, slot, side, number);
    }

    /// Ends what that side sends: the end follows the last message, as one more that must arrive.
    pub(super) fn send_end(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        self.begin_to_wait(kernel, slot, side);
        if let Some(number) = self.sessions.connections.at_mut(slot).outward(side).finish() {
            self.record_session(kernel, slot, side, RecordKind::SessionClose, number as u32);
            self.carry_new(kernel, slot, side, number);
        }
    }

    /// Patience counts from here, unless the end waits for something already.
    pub(super) fn begin_to_wait(&mut self, kernel: &Kernel, slot: usize, side: Side) {
        let connection = self.sessions.connections.at_mut(slot);
        let waits = connection.end(side).wants_room || connection.outward(side).is_waiting();
        if connection.end(side).stage == Stage::Open && !waits {
            connection.end_mut(side).heard_at = kernel.now();
        }
    }

    fn carry_new(&mut self, kernel: &mut Kernel, slot: usize, side: Side, number: u64) {
        if self.sessions.connections.at(slot).end(side).stage == Stage::Open {
            self.put_on_link(kernel, slot, side, number);
            self.arm_timer(kernel, slot, side);
        }
    }

    /// Puts what waited for the session to open on its link.
    pub(super) fn flush(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        for number in self.sessions.connections.at_mut(slot).outward(side).unsent() {
            self.put_on_link(kernel, slot, side, number);
        }
        self.arm_timer(kernel, slot, side);
    }

    /// Puts a message or the end on its link, for the first time or again.
    pub(super) fn put_on_link(&mut self, kernel: &mut Kernel, slot: usize, side: Side, number: u64) {
        let connection = self.sessions.connections.at(slot);
        let address = connection.address(side).number(number);
        let sent = *connection.lanes[side.index()].at(number);
        if sent.attempts > 0 {
            self.sessions.counts.traffic.retransmissions += 1;
            self.record_entry(kernel, slot, side, RecordKind::Retransmit, number, &sent);
        }
        self.sessions.counts.traffic.attempts += 1;
        let attempt = sent.attempts;
        let what = What::Message { number, attempt: Attempt::new(attempt) };
        let under_way = self.transmit_segment(kernel, slot, side, address.number(u64::from(attempt)), what);
        let retry_at = kernel.now() + self.class_of(slot, side).link.model.retransmit_after(attempt);
        let entry = self.sessions.connections.at_mut(slot).outward(side).entry(number);
        let entry = entry.expect("what is not acknowledged is still there");
        entry.attempts = attempt + 1;
        entry.under_way += under_way;
        entry.retry_at = retry_at;
    }

    /// Records what happened to a message, as to its sender.
    pub(super) fn record_entry(
        &mut self,
        kernel: &mut Kernel,
        slot: usize,
        side: Side,
        kind: RecordKind,
        number: u64,
        entry: &Entry,
    ) {
        let connection = self.sessions.connections.at(slot);
        let (node, peer) = (connection.end(side).node, connection.end(side.other()).node);
        let label = connection.label.key();
        let Entry { content, length, .. } = *entry;
        // The number is written in the 32 bits of the detail: a session ends long before its 2^32nd message.
        let of_number = Record { peer, detail: number as u32, label, ..Record::of(kernel.now(), kind, node) };
        kernel.record(Record { length, payload: content, ..of_number });
    }

    /// Drops a message that nobody takes in any more.
    pub(super) fn drop_held(&mut self, held: Held) {
        self.slabs[usize::from(held.kind.0)].release(held.slot);
    }
}
