//! Reads messages from sessions, and reports the room that this makes.
//!
//! An acknowledgement says how much the node has read. An async node reads a message after it was acknowledged, so its sender
//! learns of the room one message later; where the window was full, the reader sends an update of its own at once.

use cluster_sim_runtime::RecordKind;
use cluster_sim_types::LossKind;

use super::SessionId;
use super::SessionService;
use super::endpoint::{Events, Side, Stage};
use super::transmit::RollKind;
use crate::message::Message;
use crate::network::fabric::Cause;
use crate::network::payload::PayloadKind;
use crate::reset::ResetReason;

/// The result of a read from a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionRecv<M> {
    /// The next message.
    Message(M),
    /// No message now. The node gets a notice when there is one.
    Nothing,
    /// The peer has finished, and everything it sent was read.
    Finished,
    /// The session is broken.
    Broken(ResetReason),
}

impl SessionService<'_> {
    /// Reads the next message of a session in order; `kind` must be that of `M`.
    ///
    /// A message that cannot be decoded as `M` is lost as `undecodable` and breaks the session. One of which a fault lets the node
    /// crash is lost with its life.
    pub fn recv<M: Message>(&mut self, id: SessionId, kind: PayloadKind) -> SessionRecv<M> {
        let Some((slot, side)) = self.resolve(id) else { return SessionRecv::Broken(ResetReason::Reset) };
        let node = self.sessions.connections.at(slot).endpoint(side).node;
        let received = self.recv_next(slot, side, kind);
        self.reap_and_wake(id, node);
        received
    }

    pub(super) fn recv_next<M: Message>(&mut self, slot: usize, side: Side, kind: PayloadKind) -> SessionRecv<M> {
        let connection = self.sessions.connections.at_mut(slot);
        let Some((number, entry)) = connection.inbound(side).read_next() else {
            let is_fin_read = connection.inbound(side).is_fin_read();
            return match connection.endpoint(side).stage {
                _ if is_fin_read => SessionRecv::Finished,
                Stage::Broken(reason) => SessionRecv::Broken(reason),
                _ => SessionRecv::Nothing,
            };
        };
        if !connection.inbound(side).is_readable() {
            connection.endpoint_mut(side).events.remove(Events::READABLE);
        }
        self.send_window_update(slot, side);
        let Some(message) = entry.message else { return SessionRecv::Finished };
        let node = self.sessions.connections.at(slot).endpoint(side).node;
        if self.kernel.crashes_of_message(node) {
            self.payloads.release(message);
            let cause = self.fabric.losses.number(LossKind::SessionCrash.into());
            self.count_lost(slot, side.other(), &entry, cause);
            return SessionRecv::Nothing;
        }
        match self.payloads.take(message, kind) {
            Some(message) => {
                self.fabric.land();
                self.fabric.counts.delivered += 1;
                self.sessions.counts.delivered(entry.length);
                self.record_entry(slot, side, RecordKind::SessionDeliver, number, &entry);
                SessionRecv::Message(message)
            }
            None => {
                self.count_lost(slot, side.other(), &entry, Cause::Undecodable as u32);
                let reason = ResetReason::Undecodable;
                if self.sessions.connections.at(slot).endpoint(side).is_alive() {
                    self.break_endpoint(slot, side, reason);
                    self.send_reset(slot, side);
                }
                self.drop_unread(slot, side, LossKind::SessionReset);
                SessionRecv::Broken(reason)
            }
        }
    }

    /// Sends the peer an update if it still sees a full window although there is room.
    fn send_window_update(&mut self, slot: usize, side: Side) {
        let window = self.model(slot, side.other()).window;
        let connection = self.sessions.connections.at(slot);
        let half = &connection.halves[side.other().index()];
        if connection.endpoint(side).is_alive() && half.owes_window_update(window) {
            let address = RollKind::WindowUpdate.address(connection.address(side)).number(half.read_count());
            self.acknowledge(slot, side, None, address);
        }
    }
}
