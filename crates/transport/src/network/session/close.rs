//! Closing sessions: finish, release, abort, reset, and removal from memory.
//!
//! Each side finishes by itself; the peer reads every message sent before, then the end. A released endpoint finishes. If its
//! node leaves a message unread, or one arrives later, the session is reset instead, because the peer must not believe that it
//! was read. A session is removed once neither endpoint can act.
//!
//! Whatever reaches a broken or missing endpoint is answered with a reset, so an endpoint that sends learns that the session is
//! gone. An endpoint that only listens may stay half open for ever, as with TCP without keepalive. Tests:
//! `the_other_side_is_reset_when_it_sends_after_the_cut`, `an_idle_session_outlives_any_cut`.

use cluster_sim_runtime::{Record, RecordKind};
use cluster_sim_types::LossKind;

use super::SessionId;
use super::SessionService;
use super::endpoint::{Events, Side, Stage};
use super::half::Entry;
use super::segment::SegmentKind;
use super::transmit::RollKind;
use crate::reset::ResetReason;

impl SessionService<'_> {
    /// Finishes one direction of a session, as a shutdown of the write side does in TCP.
    ///
    /// The peer reads everything sent before, then the end; messages from the peer still arrive. Does nothing if this side was
    /// finished before or the session is gone.
    pub fn finish(&mut self, id: SessionId) {
        let Some((slot, side)) = self.resolve(id) else { return };
        if self.sessions.connections.at(slot).endpoint(side).is_alive() {
            self.send_fin(slot, side);
            self.end_window_wait(slot, side);
        }
    }

    /// Notifies a node that waits for room that there will be none.
    ///
    /// A machine is notified once it can open the next session instead.
    fn end_window_wait(&mut self, slot: usize, side: Side) {
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(side);
        if endpoint.waits_for_window && !endpoint.of_machine {
            endpoint.waits_for_window = false;
            let node = endpoint.node;
            self.notify(slot, side, Events::WRITABLE);
            self.wake_node(node);
        }
    }

    /// Releases an endpoint, whose node gets no further notice of it.
    ///
    /// Its messages are still delivered and its direction is finished. If a message is unread, or arrives later, the session is
    /// reset: the peer must not believe that it was read.
    pub fn release(&mut self, id: SessionId) {
        let Some((slot, side)) = self.resolve(id) else { return };
        let node = self.sessions.connections.at(slot).endpoint(side).node;
        let alive = self.sessions.connections.at(slot).endpoint(side).is_alive();
        self.mark_released(slot, side);
        let lost_any = self.drop_unread(slot, side, LossKind::SessionUnread);
        if alive && lost_any {
            self.break_endpoint(slot, side, ResetReason::Reset);
            self.send_reset(slot, side);
        } else if alive {
            self.send_fin(slot, side);
        }
        self.reap_and_wake(id, node);
    }

    /// Aborts an endpoint, as an operating system does for a program that exits.
    ///
    /// Nothing more is sent, not even a request. If the session is open, the peer gets a reset.
    pub fn abort(&mut self, id: SessionId) {
        if let Some((slot, side)) = self.resolve(id) {
            self.abort_endpoint(slot, side);
            self.reap(id);
        }
    }

    /// Aborts an endpoint that may be released already, without reaping the session.
    pub(super) fn abort_endpoint(&mut self, slot: usize, side: Side) {
        self.mark_released(slot, side);
        self.drop_unread(slot, side, LossKind::SessionUnread);
        let stage = self.sessions.connections.at(slot).endpoint(side).stage;
        if matches!(stage, Stage::Connecting | Stage::Open) {
            self.break_endpoint(slot, side, ResetReason::Reset);
        }
        if stage == Stage::Open {
            self.send_reset(slot, side);
        }
    }

    /// Marks an endpoint as no longer held by its node.
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

    /// Breaks a live endpoint: it sends nothing more and accepts nothing new.
    pub(super) fn break_endpoint(&mut self, slot: usize, side: Side, reason: ResetReason) {
        let cause = match reason {
            ResetReason::Refused => LossKind::SessionRefused,
            ResetReason::TimedOut => LossKind::SessionTimedOut,
            ResetReason::Reset | ResetReason::Undecodable => LossKind::SessionReset,
        };
        let cause = self.fabric.losses.number(cause.into());
        self.record_session(slot, side, RecordKind::SessionReset, reason as u32);
        self.sessions.counts.traffic.resets += 1;
        let connection = self.sessions.connections.at_mut(slot);
        connection.outbound(side).mark_broken(cause);
        let endpoint = connection.endpoint_mut(side);
        debug_assert!(endpoint.is_alive(), "an endpoint breaks once");
        endpoint.stage = Stage::Broken(reason);
        endpoint.waits_for_window = false;
        self.notify(slot, side, Events::BROKEN);
    }

    /// Sends the peer a reset. It may be lost; any later segment of the peer then gets another one.
    pub(super) fn send_reset(&mut self, slot: usize, side: Side) {
        let connection = self.sessions.connections.at_mut(slot);
        let address = RollKind::Reset.address(connection.address(side));
        let endpoint = connection.endpoint_mut(side);
        endpoint.resets_sent += 1;
        let address = address.number(u64::from(endpoint.resets_sent));
        self.transmit(slot, side, address, SegmentKind::Reset);
    }

    /// Loses the unread messages of an endpoint. Returns whether there were any.
    pub(super) fn drop_unread(&mut self, slot: usize, side: Side, cause: LossKind) -> bool {
        let mut any = false;
        while let Some((_, entry)) = self.sessions.connections.at_mut(slot).inbound(side).read_next() {
            if !entry.is_fin() {
                let cause = self.fabric.losses.number(cause.into());
                self.lose_entry(slot, side.other(), &entry, cause);
                any = true;
            }
        }
        any
    }

    /// Counts, records and drops a lost message of that side.
    pub(super) fn lose_entry(&mut self, slot: usize, side: Side, entry: &Entry, cause: u32) {
        if let Some(message) = entry.message {
            self.payloads.release(message);
            self.count_lost(slot, side, entry, cause);
        }
    }

    /// Counts and records a lost message of that side.
    pub(super) fn count_lost(&mut self, slot: usize, side: Side, entry: &Entry, cause: u32) {
        let Entry { content: payload, length, .. } = *entry;
        let connection = self.sessions.connections.at(slot);
        let (node, peer, label) = (connection.endpoint(side).node, connection.endpoint(side.other()).node, connection.label.key());
        self.fabric.land();
        self.fabric.losses.count(cause, peer);
        self.sessions.counts.lost(entry.length);
        let drop = Record::of(self.kernel.now(), RecordKind::Drop, node);
        self.kernel.record(Record { peer, detail: cause, label, length, payload, ..drop });
    }

    /// Loses messages that can no longer arrive, and removes the session if both endpoints are over.
    pub(super) fn reap(&mut self, id: SessionId) {
        if !self.sessions.connections.has(id) {
            return;
        }
        let slot = id.slot();
        for side in Side::BOTH {
            while let Some((entry, cause)) = self.sessions.connections.at_mut(slot).outbound(side).pop_lost() {
                self.lose_entry(slot, side, &entry, cause);
            }
            self.release_if_closed(slot, side);
        }
        if Side::BOTH.into_iter().all(|side| self.is_over(slot, side)) {
            self.remove_session(slot);
        }
    }

    /// Returns whether an endpoint has nothing left to do.
    ///
    /// A released endpoint whose messages have all arrived still answers its peer as long as the peer holds its own endpoint.
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

    fn remove_session(&mut self, slot: usize) {
        for side in Side::BOTH {
            let cause = self.sessions.connections.at(slot).halves[side.index()].broken();
            while let Some(entry) = self.sessions.connections.at_mut(slot).outbound(side).pop_remaining() {
                let cause = cause.unwrap_or_else(|| self.fabric.losses.number(LossKind::SessionReset.into()));
                self.lose_entry(slot, side, &entry, cause);
            }
            self.drop_returned(slot, side);
            self.unregister_endpoint(slot, side);
        }
        self.sessions.connections.remove(slot);
    }
}
