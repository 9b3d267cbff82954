//! The timer of an endpoint: retransmission, probes, and the session timeout.
//!
//! Each message is acknowledged when it arrives, by itself and together with all before it. Without an acknowledgement it is
//! retransmitted after `retransmit_after` (200 ms), then after waits that double up to `retransmit_after_max` (1.6 s).
//!
//! An endpoint that waits for an answer and gets none for `session_timeout` (15 s) breaks; its node is notified at once, and the
//! peer gets a reset, which may be lost.

use cluster_sim_runtime::{Order, Rank};
use cluster_sim_types::VirtualInstant;

use super::SessionService;
use super::endpoint::{Events, Side, Stage};
use super::segment::{Attempt, Segment, SegmentKind};
use super::transmit::RollKind;
use crate::reset::ResetReason;

impl SessionService<'_> {
    /// Returns when the timer must fire: at the next retransmission or at the timeout.
    ///
    /// `None` while the endpoint waits for no answer.
    fn next_due(&self, slot: usize, side: Side) -> Option<VirtualInstant> {
        let connection = self.sessions.connections.at(slot);
        let (endpoint, outbound) = (connection.endpoint(side), &connection.halves[side.index()]);
        let next = match endpoint.stage {
            Stage::Connecting => Some(endpoint.retry_at),
            Stage::Open if outbound.is_waiting() => outbound.earliest_retry(),
            Stage::Open if endpoint.waits_for_window => Some(endpoint.retry_at),
            _ => None,
        };
        next.map(|next| next.min(self.timeout_at(slot, side)))
    }

    fn timeout_at(&self, slot: usize, side: Side) -> VirtualInstant {
        self.sessions.connections.at(slot).endpoint(side).heard_at + self.model(slot, side).session_timeout
    }

    /// Arms the timer of an endpoint, unless it fires earlier anyway; it is armed again then.
    pub(super) fn arm_timer(&mut self, slot: usize, side: Side) {
        let Some(due) = self.next_due(slot, side) else { return };
        // A changed link model can shorten the timeout, so the instant may be past.
        let due = due.max(self.kernel.now());
        let connection = self.sessions.connections.at_mut(slot);
        let set = connection.endpoint(side).timer_at;
        if set.is_some_and(|set| set <= due) {
            return;
        }
        connection.endpoint_mut(side).timer_at = Some(due);
        let to = connection.id(slot, side);
        let address = RollKind::Timer.address(connection.address(side));
        let order = Order::new(Rank::DEFAULT, address);
        self.schedule((due, order), Segment { to, kind: SegmentKind::Timer });
    }

    /// Handles the timer of an endpoint.
    pub(super) fn on_timer(&mut self, slot: usize, side: Side) {
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(side);
        if endpoint.timer_at != Some(self.kernel.now()) {
            return;
        }
        endpoint.timer_at = None;
        match self.next_due(slot, side) {
            None => {}
            Some(due) if due > self.kernel.now() => self.arm_timer(slot, side),
            Some(_) if self.kernel.now() >= self.timeout_at(slot, side) => {
                self.break_endpoint(slot, side, ResetReason::TimedOut);
                self.send_reset(slot, side);
            }
            Some(_) => {
                self.retransmit(slot, side);
                self.arm_timer(slot, side);
            }
        }
    }

    /// Sends everything again whose answer is overdue.
    fn retransmit(&mut self, slot: usize, side: Side) {
        let connection = self.sessions.connections.at(slot);
        if connection.endpoint(side).stage == Stage::Connecting {
            self.send_request(slot);
        } else if connection.halves[side.index()].is_waiting() {
            let mut from = 0;
            while let Some(number) = self.sessions.connections.at(slot).halves[side.index()].due_from(from, self.kernel.now()) {
                self.transmit_message(slot, side, number);
                from = number + 1;
            }
        } else {
            self.send_probe(slot, side);
        }
    }

    fn send_probe(&mut self, slot: usize, side: Side) {
        let attempt = self.next_attempt(slot, side);
        let address = RollKind::Probe.address(self.sessions.connections.at(slot).address(side));
        self.transmit(slot, side, address.number(u64::from(attempt)), SegmentKind::Probe(Attempt::new(attempt)));
    }

    /// Marks that the node waits for room in the window.
    ///
    /// The peer sends an update when there is room. The update may be lost, so the endpoint probes while it has nothing else in
    /// flight.
    pub(super) fn request_window(&mut self, slot: usize, side: Side) {
        let endpoint = self.sessions.connections.at(slot).endpoint(side);
        if endpoint.waits_for_window || endpoint.events.has(Events::WRITABLE) || !endpoint.is_alive() {
            return;
        }
        self.start_timeout(slot, side);
        let retransmit_after = self.model(slot, side).retransmit_after(0);
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(side);
        endpoint.waits_for_window = true;
        if endpoint.stage == Stage::Open {
            endpoint.unanswered = 0;
            endpoint.retry_at = self.kernel.now() + retransmit_after;
        }
        self.arm_timer(slot, side);
    }
}
