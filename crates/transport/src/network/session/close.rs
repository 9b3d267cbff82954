//! Ending: closing gracefully, breaking, letting go, and forgetting what is over.

use cluster_sim_runtime::{Kernel, Record, RecordKind};
use cluster_sim_types::LossKind;

use super::SessionId;
use super::endpoint::{Events, Side, Stage};
use super::half::Entry;
use super::segment::SegmentKind;
use super::transmit::RollKind;
use crate::network::Network;
use crate::reset::ResetReason;

impl Network {
    /// Ends what a node sends in a session. Everything sent before is delivered, then the other side reads the end; what that side sends
    /// still arrives. Nothing happens if it was finished before or the session is gone.
    pub fn finish(&mut self, kernel: &mut Kernel, id: SessionId) {
        let Some((slot, side)) = self.resolve(id) else { return };
        if self.sessions.connections.at(slot).endpoint(side).is_alive() {
            self.send_fin(kernel, slot, side);
            self.end_window_wait(kernel, slot, side);
        }
    }

    /// Whoever waits for room learns that there will be none. A machine learns when it can open the next session instead.
    fn end_window_wait(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(side);
        if endpoint.waits_for_window && !endpoint.of_machine {
            endpoint.waits_for_window = false;
            let node = endpoint.node;
            self.notify(kernel, slot, side, Events::WRITABLE);
            self.wake_node(kernel, node);
        }
    }

    /// A node lets go of its end, and is told nothing of it any more.
    ///
    /// What it sent is still delivered, and its side is finished. If there is something it did not take in, or comes later, the session is
    /// reset: the other side must not believe it was read.
    pub fn release(&mut self, kernel: &mut Kernel, id: SessionId) {
        let Some((slot, side)) = self.resolve(id) else { return };
        let node = self.sessions.connections.at(slot).endpoint(side).node;
        let alive = self.sessions.connections.at(slot).endpoint(side).is_alive();
        self.mark_released(slot, side);
        let lost_any = self.drop_unread(kernel, slot, side, LossKind::SessionUnread);
        if alive && lost_any {
            self.break_endpoint(kernel, slot, side, ResetReason::Reset);
            self.send_reset(kernel, slot, side);
        } else if alive {
            self.send_fin(kernel, slot, side);
        }
        self.reap_and_wake(kernel, id, node);
    }

    /// A node gives its end up as a program that ends does: nothing more is sent, not even asked for, and where the session is open the other
    /// side is told that it is gone.
    pub fn abort(&mut self, kernel: &mut Kernel, id: SessionId) {
        if let Some((slot, side)) = self.resolve(id) {
            self.abort_endpoint(kernel, slot, side);
            self.reap(kernel, id);
        }
    }

    /// The same for an end that its node may have let go, without settling what comes of it.
    pub(super) fn abort_endpoint(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        self.mark_released(slot, side);
        self.drop_unread(kernel, slot, side, LossKind::SessionUnread);
        let stage = self.sessions.connections.at(slot).endpoint(side).stage;
        if matches!(stage, Stage::Connecting | Stage::Open) {
            self.break_endpoint(kernel, slot, side, ResetReason::Reset);
        }
        if stage == Stage::Open {
            self.send_reset(kernel, slot, side);
        }
    }

    /// Its node holds the end no more.
    pub(super) fn mark_released(&mut self, slot: usize, side: Side) {
        let id = self.sessions.connections.at(slot).id(slot, side);
        self.clear_waiters(id);
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(side);
        endpoint.released = true;
        endpoint.waits_for_window = false;
        endpoint.events = Events::NONE;
        if endpoint.of_machine {
            self.unlink_machine_session(slot, side);
        }
    }

    /// Breaks an end that is alive: it sends nothing more and takes nothing new.
    pub(super) fn break_endpoint(&mut self, kernel: &mut Kernel, slot: usize, side: Side, reason: ResetReason) {
        let cause = match reason {
            ResetReason::Refused => LossKind::SessionRefused,
            ResetReason::TimedOut => LossKind::SessionTimedOut,
            ResetReason::Reset | ResetReason::Undecodable => LossKind::SessionReset,
        };
        let cause = self.losses.number(cause.into());
        self.record_session(kernel, slot, side, RecordKind::SessionReset, reason as u32);
        self.sessions.counts.traffic.resets += 1;
        let connection = self.sessions.connections.at_mut(slot);
        connection.outbound(side).mark_broken(cause);
        let endpoint = connection.endpoint_mut(side);
        debug_assert!(endpoint.is_alive(), "an end breaks once");
        endpoint.stage = Stage::Broken(reason);
        endpoint.waits_for_window = false;
        self.notify(kernel, slot, side, Events::BROKEN);
    }

    /// Tells the other side that this one knows nothing of the session. It may be lost; then whatever the other sends gets another one.
    pub(super) fn send_reset(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let connection = self.sessions.connections.at_mut(slot);
        let address = RollKind::Reset.address(connection.address(side));
        let endpoint = connection.endpoint_mut(side);
        endpoint.resets_sent += 1;
        let address = address.number(u64::from(endpoint.resets_sent));
        self.transmit_segment(kernel, slot, side, address, SegmentKind::Reset);
    }

    /// Loses what arrived for an end and was not taken in; true if there was any message.
    pub(super) fn drop_unread(&mut self, kernel: &mut Kernel, slot: usize, side: Side, cause: LossKind) -> bool {
        let mut any = false;
        while let Some((_, entry)) = self.sessions.connections.at_mut(slot).inbound(side).read_next() {
            if !entry.is_fin() {
                let cause = self.losses.number(cause.into());
                self.lose_entry(kernel, slot, side.other(), &entry, cause);
                any = true;
            }
        }
        any
    }

    /// Counts a message of that side as lost, and drops it.
    pub(super) fn lose_entry(&mut self, kernel: &mut Kernel, slot: usize, side: Side, entry: &Entry, cause: u32) {
        let Some(message) = entry.message else { return };
        self.drop_message(message);
        let Entry { content: payload, length, .. } = *entry;
        let connection = self.sessions.connections.at(slot);
        let (node, peer, label) = (connection.endpoint(side).node, connection.endpoint(side.other()).node, connection.label.key());
        self.losses.count(cause, peer);
        self.sessions.counts.lost(entry.length);
        let drop = Record::of(kernel.now(), RecordKind::Drop, node);
        kernel.record(Record { peer, detail: cause, label, length, payload, ..drop });
    }

    /// Loses what of a session cannot arrive any more, and forgets the session once no node has anything to do with it.
    pub(super) fn reap(&mut self, kernel: &mut Kernel, id: SessionId) {
        if !self.sessions.connections.has(id) {
            return;
        }
        let slot = id.slot();
        for side in Side::BOTH {
            while let Some((entry, cause)) = self.sessions.connections.at_mut(slot).outbound(side).pop_lost() {
                self.lose_entry(kernel, slot, side, &entry, cause);
            }
            self.release_if_closed(kernel, slot, side);
        }
        if Side::BOTH.into_iter().all(|side| self.is_over(slot, side)) {
            self.remove_session(kernel, slot);
        }
    }

    /// Whether an end has nothing to do any more, whatever the other one does; one that nobody holds answers no more once all it sent has
    /// arrived, if nobody holds the other one either.
    fn is_over(&self, slot: usize, side: Side) -> bool {
        let connection = self.sessions.connections.at(slot);
        let endpoint = connection.endpoint(side);
        match endpoint.stage {
            Stage::Absent | Stage::Gone => true,
            Stage::Connecting => false,
            Stage::Open => endpoint.released && !connection.halves[side.index()].is_waiting(),
            Stage::Broken(_) => endpoint.released,
        }
    }

    fn remove_session(&mut self, kernel: &mut Kernel, slot: usize) {
        for side in Side::BOTH {
            let cause = self.sessions.connections.at(slot).halves[side.index()].broken();
            while let Some(entry) = self.sessions.connections.at_mut(slot).outbound(side).pop_remaining() {
                let cause = cause.unwrap_or_else(|| self.losses.number(LossKind::SessionReset.into()));
                self.lose_entry(kernel, slot, side, &entry, cause);
            }
            self.drop_returned(slot, side);
            self.unregister_endpoint(slot, side);
        }
        self.sessions.connections.remove(slot);
    }
}
