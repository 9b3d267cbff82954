//! Ending: closing gracefully, breaking, letting go, and forgetting what is over.

use cluster_sim_runtime::{Kernel, Record, RecordKind};
use cluster_sim_types::LossKind;

use super::SessionId;
use super::endpoint::{News, Side, Stage};
use super::half::Entry;
use super::segment::What;
use super::transmit::Kind;
use crate::network::Network;
use crate::reset::ResetReason;

impl Network {
    /// Ends what a node sends in a session. Everything sent before is delivered, then the other side reads the end; what that side sends
    /// still arrives. Nothing happens if it was finished before or the session is gone.
    pub fn finish(&mut self, kernel: &mut Kernel, id: SessionId) {
        let Some((slot, side)) = self.held(id) else { return };
        if self.sessions.connections.at(slot).end(side).is_alive() {
            self.send_end(kernel, slot, side);
            self.wait_no_more(kernel, slot, side);
        }
    }

    /// Whoever waits for room learns that there will be none. A machine learns when it can open the next session instead.
    fn wait_no_more(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let end = self.sessions.connections.at_mut(slot).end_mut(side);
        if end.wants_room && !end.of_machine {
            end.wants_room = false;
            let node = end.node;
            self.tell(kernel, slot, side, News::ROOM);
            self.wake_node(kernel, node);
        }
    }

    /// A node lets go of its end, and is told nothing of it any more.
    ///
    /// What it sent is still delivered, and its side is finished. If there is something it did not take in, or comes later, the session is
    /// reset: the other side must not believe it was read.
    pub fn release(&mut self, kernel: &mut Kernel, id: SessionId) {
        let Some((slot, side)) = self.held(id) else { return };
        let node = self.sessions.connections.at(slot).end(side).node;
        let alive = self.sessions.connections.at(slot).end(side).is_alive();
        self.let_go(slot, side);
        let went_to_nobody = self.drop_unread(kernel, slot, side, LossKind::SessionUnread);
        if alive && went_to_nobody {
            self.break_end(kernel, slot, side, ResetReason::Reset);
            self.notify_reset(kernel, slot, side);
        } else if alive {
            self.send_end(kernel, slot, side);
        }
        self.conclude(kernel, id, node);
    }

    /// A node gives its end up as a program that ends does: nothing more is sent, not even asked for, and where the session is open the other
    /// side is told that it is gone.
    pub fn abandon(&mut self, kernel: &mut Kernel, id: SessionId) {
        if let Some((slot, side)) = self.held(id) {
            self.give_up(kernel, slot, side);
            self.settle(kernel, id);
        }
    }

    /// The same for an end that its node may have let go, without settling what comes of it.
    pub(super) fn give_up(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        self.let_go(slot, side);
        self.drop_unread(kernel, slot, side, LossKind::SessionUnread);
        let stage = self.sessions.connections.at(slot).end(side).stage;
        if matches!(stage, Stage::Connecting | Stage::Open) {
            self.break_end(kernel, slot, side, ResetReason::Reset);
        }
        if stage == Stage::Open {
            self.notify_reset(kernel, slot, side);
        }
    }

    /// Its node holds the end no more.
    pub(super) fn let_go(&mut self, slot: usize, side: Side) {
        let id = self.sessions.connections.at(slot).id(slot, side);
        self.leave_alone(id);
        let end = self.sessions.connections.at_mut(slot).end_mut(side);
        end.released = true;
        end.wants_room = false;
        end.news = News::NONE;
        if end.of_machine {
            self.leave_stream(slot, side);
        }
    }

    /// Breaks an end that is alive: it sends nothing more and takes nothing new.
    pub(super) fn break_end(&mut self, kernel: &mut Kernel, slot: usize, side: Side, reason: ResetReason) {
        let cause = match reason {
            ResetReason::Refused => LossKind::SessionRefused,
            ResetReason::TimedOut => LossKind::SessionTimedOut,
            ResetReason::Reset | ResetReason::Undecodable => LossKind::SessionReset,
        };
        let cause = self.losses.number(cause.into());
        self.record_session(kernel, slot, side, RecordKind::SessionReset, reason as u32);
        self.sessions.counts.traffic.resets += 1;
        let connection = self.sessions.connections.at_mut(slot);
        connection.outward(side).break_off(cause);
        let end = connection.end_mut(side);
        debug_assert!(end.is_alive(), "an end breaks once");
        end.stage = Stage::Broken(reason);
        end.wants_room = false;
        self.tell(kernel, slot, side, News::BROKEN);
    }

    /// Tells the other side that this one knows nothing of the session. It may be lost; then whatever the other sends gets another one.
    pub(super) fn notify_reset(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let connection = self.sessions.connections.at_mut(slot);
        let address = Kind::Reset.of(connection.address(side));
        let end = connection.end_mut(side);
        end.notices += 1;
        let about = address.number(u64::from(end.notices));
        self.transmit_segment(kernel, slot, side, about, What::Reset);
    }

    /// Loses what arrived for an end and was not taken in; true if there was any message.
    pub(super) fn drop_unread(&mut self, kernel: &mut Kernel, slot: usize, side: Side, cause: LossKind) -> bool {
        let mut any = false;
        while let Some((_, entry)) = self.sessions.connections.at_mut(slot).inward(side).take() {
            if !entry.is_end() {
                let cause = self.losses.number(cause.into());
                self.lose_entry(kernel, slot, side.other(), &entry, cause);
                any = true;
            }
        }
        any
    }

    /// Counts a message of that side as lost, and drops it.
    pub(super) fn lose_entry(&mut self, kernel: &mut Kernel, slot: usize, side: Side, entry: &Entry, cause: u32) {
        let Some(held) = entry.held else { return };
        self.drop_held(held);
        let Entry { content: payload, length, .. } = *entry;
        let connection = self.sessions.connections.at(slot);
        let (node, peer, label) = (connection.end(side).node, connection.end(side.other()).node, connection.label.key());
        self.losses.count(cause, peer);
        self.sessions.counts.lost(entry.length);
        let drop = Record::of(kernel.now(), RecordKind::Drop, node);
        kernel.record(Record { peer, detail: cause, label, length, payload, ..drop });
    }

    /// Loses what of a session cannot arrive any more, and forgets the session once no node has anything to do with it.
    pub(super) fn settle(&mut self, kernel: &mut Kernel, about: SessionId) {
        if !self.sessions.connections.has(about) {
            return;
        }
        let slot = about.slot();
        for side in Side::BOTH {
            while let Some((entry, cause)) = self.sessions.connections.at_mut(slot).outward(side).pop_lost() {
                self.lose_entry(kernel, slot, side, &entry, cause);
            }
            self.close_stream(kernel, slot, side);
        }
        if Side::BOTH.into_iter().all(|side| self.is_over(slot, side)) {
            self.forget_session(kernel, slot);
        }
    }

    /// Whether an end has nothing to do any more, whatever the other one does; one that nobody holds answers no more once all it sent has
    /// arrived, if nobody holds the other one either.
    fn is_over(&self, slot: usize, side: Side) -> bool {
        let connection = self.sessions.connections.at(slot);
        let end = connection.end(side);
        match end.stage {
            Stage::Absent | Stage::Vanished => true,
            Stage::Connecting => false,
            Stage::Open => end.released && !connection.lanes[side.index()].is_waiting(),
            Stage::Broken(_) => end.released,
        }
    }

    fn forget_session(&mut self, kernel: &mut Kernel, slot: usize) {
        for side in Side::BOTH {
            let cause = self.sessions.connections.at(slot).lanes[side.index()].broken();
            while let Some(entry) = self.sessions.connections.at_mut(slot).outward(side).pop_left() {
                let cause = cause.unwrap_or_else(|| self.losses.number(LossKind::SessionReset.into()));
                self.lose_entry(kernel, slot, side, &entry, cause);
            }
            self.drop_returned(slot, side);
            self.strike_off(slot, side);
        }
        self.sessions.connections.remove(slot);
    }
}
