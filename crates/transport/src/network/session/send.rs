//! Sends messages in sessions, and keeps them until they are acknowledged.
//!
//! At most `window` messages of a half are unread by the receiving node; a message beyond is refused as [`SendRefused::Full`].
//! The inbox of a paused node is therefore its window. A sender that waits for room is notified when the peer reports it; because
//! that report may be lost, the sender also probes (`timers.rs`). A slow reader never breaks a session: its side of the link
//! still answers.
//!
//! The receiver puts messages in order and recognises duplicates, so its node reads a prefix of the messages sent, each of them
//! once.

use cluster_sim_runtime::{Exhausted, Record, RecordKind};

use super::SessionId;
use super::SessionService;
use super::endpoint::{Side, Stage};
use super::half::Entry;
use super::segment::{Attempt, SegmentKind};
use crate::message::Message;
use crate::network::fabric::exhaust;
use crate::network::payload::PayloadKind;
use crate::network::payload::content_of;
use crate::reset::ResetReason;

/// A message that a session did not accept, with the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendRefused<M> {
    /// The window is full. The node gets a notice when there is room.
    Full(M),
    /// This side was finished before.
    Finished(M),
    /// The session is broken.
    Broken(M, ResetReason),
}

impl<M> SendRefused<M> {
    /// Returns the message.
    pub fn into_message(self) -> M {
        match self {
            Self::Full(message) | Self::Finished(message) | Self::Broken(message, _) => message,
        }
    }
}

impl SessionService<'_> {
    /// Sends a message in a session; `kind` must be that of `M`.
    ///
    /// The session retransmits it until it is acknowledged or the session breaks.
    ///
    /// # Errors
    /// Returns the message if the session does not accept it. After `Full` the node gets a notice once there is room.
    pub fn send<M: Message>(&mut self, id: SessionId, kind: PayloadKind, message: M) -> Result<(), SendRefused<M>> {
        let Some((slot, side)) = self.resolve(id) else { return Err(SendRefused::Broken(message, ResetReason::Reset)) };
        let window = self.model(slot, side).window;
        let connection = self.sessions.connections.at_mut(slot);
        let stage = connection.endpoint(side).stage;
        let half = connection.outbound(side);
        match stage {
            Stage::Broken(reason) => return Err(SendRefused::Broken(message, reason)),
            _ if half.is_finished() => return Err(SendRefused::Finished(message)),
            _ if half.has_room(window) => {}
            _ => {
                self.request_window(slot, side);
                return Err(SendRefused::Full(message));
            }
        }
        let (content, length) = content_of(&message);
        self.payloads.capture(kind, content, &message);
        let message = self.payloads.insert(kind, message, 1);
        self.enqueue(slot, side, Entry::message(message, content, length));
        Ok(())
    }

    fn enqueue(&mut self, slot: usize, side: Side, entry: Entry) {
        self.fabric.counts.sent += 1;
        self.sessions.counts.sent(entry.length);
        self.fabric.depart(self.kernel);
        self.check_bytes();
        self.start_timeout(slot, side);
        let number = self.sessions.connections.at_mut(slot).outbound(side).push(entry);
        self.record_entry(slot, side, RecordKind::SessionSend, number, &entry);
        self.transmit_new(slot, side, number);
    }

    /// Ends the run after this step if the messages of sessions in flight are larger than its budget.
    #[inline]
    fn check_bytes(&mut self) {
        let (bytes, bound) = (self.sessions.counts.traffic.in_flight.bytes, self.kernel.budget().bytes_in_flight);
        if bytes > bound {
            exhaust(self.kernel, bytes, (bound, "bytes"), Exhausted::BytesInFlight(bound));
        }
    }

    /// Finishes the direction: the FIN follows the last message and must arrive like one.
    pub(super) fn send_fin(&mut self, slot: usize, side: Side) {
        self.start_timeout(slot, side);
        if let Some(number) = self.sessions.connections.at_mut(slot).outbound(side).finish() {
            self.record_session(slot, side, RecordKind::SessionClose, number as u32);
            self.transmit_new(slot, side, number);
        }
    }

    /// Starts the session timeout, unless the endpoint waits for an answer already.
    pub(super) fn start_timeout(&mut self, slot: usize, side: Side) {
        let connection = self.sessions.connections.at_mut(slot);
        let waits = connection.endpoint(side).waits_for_window || connection.outbound(side).is_waiting();
        if connection.endpoint(side).stage == Stage::Open && !waits {
            connection.endpoint_mut(side).heard_at = self.kernel.now();
        }
    }

    fn transmit_new(&mut self, slot: usize, side: Side, number: u64) {
        if self.sessions.connections.at(slot).endpoint(side).stage == Stage::Open {
            self.transmit_message(slot, side, number);
            self.arm_timer(slot, side);
        }
    }

    /// Transmits the messages that waited for the session to open.
    pub(super) fn flush(&mut self, slot: usize, side: Side) {
        for number in self.sessions.connections.at_mut(slot).outbound(side).unsent() {
            self.transmit_message(slot, side, number);
        }
        self.arm_timer(slot, side);
    }

    /// Puts a message or the FIN on its link, for the first time or again.
    pub(super) fn transmit_message(&mut self, slot: usize, side: Side, number: u64) {
        let connection = self.sessions.connections.at(slot);
        let address = connection.address(side).number(number);
        let sent = *connection.halves[side.index()].at(number);
        if sent.attempts > 0 {
            self.sessions.counts.traffic.retransmissions += 1;
            self.record_entry(slot, side, RecordKind::Retransmit, number, &sent);
        }
        self.sessions.counts.traffic.attempts += 1;
        let attempt = sent.attempts;
        let kind = SegmentKind::Message { number, attempt: Attempt::new(attempt) };
        let under_way = self.transmit(slot, side, address.number(u64::from(attempt)), kind);
        let retry_at = self.kernel.now() + self.model(slot, side).retransmit_after(attempt);
        let entry = self.sessions.connections.at_mut(slot).outbound(side).entry(number);
        let entry = entry.expect("an unacknowledged message is kept");
        entry.attempts = attempt + 1;
        entry.under_way += under_way;
        entry.retry_at = retry_at;
    }

    /// Records an event of a message, seen from its sender.
    pub(super) fn record_entry(&mut self, slot: usize, side: Side, kind: RecordKind, number: u64, entry: &Entry) {
        let connection = self.sessions.connections.at(slot);
        let (node, peer) = (connection.endpoint(side).node, connection.endpoint(side.other()).node);
        let label = connection.label.key();
        let Entry { content, length, .. } = *entry;
        // The detail holds 32 bits of the number; a session ends long before its 2^32nd message.
        let of_number = Record { peer, detail: number as u32, label, ..Record::of(self.kernel.now(), kind, node) };
        self.kernel.record(Record { length, payload: content, ..of_number });
    }
}
