//! Taking in: a node reads what arrived, and makes room for more.

use cluster_sim_runtime::{Kernel, RecordKind};
use cluster_sim_types::LossKind;

use super::SessionId;
use super::endpoint::{News, Side, Stage};
use super::half::Held;
use super::transmit::Kind;
use crate::message::Message;
use crate::message::decode;
use crate::network::Network;
use crate::network::fate::Cause;
use crate::network::payload::PayloadKind;
use crate::reset::ResetReason;

/// What a session has for its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionRecv<M> {
    /// The next message.
    Message(M),
    /// Nothing now. The node gets a notice once there is something.
    Nothing,
    /// The other side sends nothing more, and everything it sent was taken in.
    Finished,
    /// The session is gone.
    Broken(ResetReason),
}

impl Network {
    /// Takes in the next message of a session in order, as a value of the node's own type; `kind` must be that of `M`.
    ///
    /// A message that is none of that type is lost as `undecodable` and breaks the session.
    pub fn take_from<M: Message>(&mut self, kernel: &mut Kernel, id: SessionId, kind: PayloadKind) -> SessionRecv<M> {
        let Some((slot, side)) = self.held(id) else { return SessionRecv::Broken(ResetReason::Reset) };
        let node = self.sessions.connections.at(slot).end(side).node;
        let taken = self.take_next(kernel, slot, side, kind);
        self.conclude(kernel, id, node);
        taken
    }

    pub(super) fn take_next<M: Message>(
        &mut self,
        kernel: &mut Kernel,
        slot: usize,
        side: Side,
        kind: PayloadKind,
    ) -> SessionRecv<M> {
        let connection = self.sessions.connections.at_mut(slot);
        let Some((number, entry)) = connection.inward(side).take() else {
            let is_end_taken = connection.inward(side).is_end_taken();
            return match connection.end(side).stage {
                _ if is_end_taken => SessionRecv::Finished,
                Stage::Broken(reason) => SessionRecv::Broken(reason),
                _ => SessionRecv::Nothing,
            };
        };
        if !connection.inward(side).is_readable() {
            connection.end_mut(side).news.remove(News::READABLE);
        }
        self.say_there_is_room(kernel, slot, side);
        let Some(held) = entry.held else { return SessionRecv::Finished };
        match self.unwrap_held(held, kind) {
            Some(message) => {
                self.counts.delivered += 1;
                self.sessions.counts.delivered(entry.length);
                self.record_entry(kernel, slot, side, RecordKind::SessionDeliver, number, &entry);
                SessionRecv::Message(message)
            }
            None => {
                self.lose_entry(kernel, slot, side.other(), &entry, Cause::Undecodable as u32);
                let reason = ResetReason::Undecodable;
                if self.sessions.connections.at(slot).end(side).is_alive() {
                    self.break_end(kernel, slot, side, reason);
                    self.notify_reset(kernel, slot, side);
                }
                self.drop_unread(kernel, slot, side, LossKind::SessionReset);
                SessionRecv::Broken(reason)
            }
        }
    }

    /// A message as a value of another type or of its own, which is then still held by nobody.
    fn unwrap_held<M: Message>(&mut self, held: Held, kind: PayloadKind) -> Option<M> {
        if held.kind == kind {
            return Some(self.slab::<M>(kind).take(held.slot));
        }
        let bytes = self.slabs[usize::from(held.kind.0)].encode(held.slot);
        let message = decode(&bytes?);
        if message.is_some() {
            self.drop_held(held);
        }
        message
    }

    /// Tells a sender that believes the window to be full that it is not.
    fn say_there_is_room(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let window = self.class_of(slot, side.other()).link.model.window;
        let connection = self.sessions.connections.at(slot);
        let lane = &connection.lanes[side.other().index()];
        if connection.end(side).is_alive() && lane.owes_room(window) {
            let address = Kind::Room.of(connection.address(side)).number(lane.taken());
            self.acknowledge(kernel, slot, side, None, address);
        }
    }
}
