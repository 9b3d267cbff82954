//! The clock of an end: what was not answered is sent again, until patience is over.

use cluster_sim_runtime::{Kernel, Order, Rank};
use cluster_sim_types::VirtualInstant;

use super::endpoint::{Events, Side, Stage};
use super::segment::{Attempt, Segment, SegmentKind};
use super::transmit::RollKind;
use crate::network::Network;
use crate::reset::ResetReason;

impl Network {
    /// When the clock of an end must surface next: for the next thing to send again, or because patience is over. Nothing while it waits
    /// for no answer.
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
        self.sessions.connections.at(slot).endpoint(side).heard_at + self.class_of(slot, side).link.model.session_timeout
    }

    /// Has the clock of an end surface when it must, unless it does so earlier anyhow: then it winds itself up again.
    pub(super) fn arm_timer(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let Some(due) = self.next_due(slot, side) else { return };
        // It may be past already: links that change can shorten patience.
        let due = due.max(kernel.now());
        let connection = self.sessions.connections.at_mut(slot);
        let set = connection.endpoint(side).timer_at;
        if set.is_some_and(|set| set <= due) {
            return;
        }
        connection.endpoint_mut(side).timer_at = Some(due);
        let to = connection.id(slot, side);
        let address = RollKind::Timer.address(connection.address(side));
        let order = Order::new(Rank::DEFAULT, address);
        self.schedule_segment(kernel, due, order, Segment { to, kind: SegmentKind::Timer });
    }

    /// The clock of an end surfaced.
    pub(super) fn on_timer(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(side);
        if endpoint.timer_at != Some(kernel.now()) {
            return;
        }
        endpoint.timer_at = None;
        match self.next_due(slot, side) {
            None => {}
            Some(due) if due > kernel.now() => self.arm_timer(kernel, slot, side),
            Some(_) if kernel.now() >= self.timeout_at(slot, side) => {
                self.break_endpoint(kernel, slot, side, ResetReason::TimedOut);
                self.send_reset(kernel, slot, side);
            }
            Some(_) => {
                self.retransmit(kernel, slot, side);
                self.arm_timer(kernel, slot, side);
            }
        }
    }

    /// Sends again what was not answered in time.
    fn retransmit(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let connection = self.sessions.connections.at(slot);
        if connection.endpoint(side).stage == Stage::Connecting {
            self.send_request(kernel, slot);
        } else if connection.halves[side.index()].is_waiting() {
            let mut from = 0;
            while let Some(number) = self.sessions.connections.at(slot).halves[side.index()].due_from(from, kernel.now()) {
                self.transmit_message(kernel, slot, side, number);
                from = number + 1;
            }
        } else {
            self.send_probe(kernel, slot, side);
        }
    }

    fn send_probe(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let attempt = self.next_attempt(kernel, slot, side);
        let address = RollKind::Probe.address(self.sessions.connections.at(slot).address(side));
        self.transmit_segment(kernel, slot, side, address.number(u64::from(attempt)), SegmentKind::Probe(Attempt::new(attempt)));
    }

    /// The node of that end wants to be told when it can send. The other side says so by itself; but what it says may be lost, so while
    /// nothing else is under way the end asks.
    pub(super) fn request_window(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let endpoint = self.sessions.connections.at(slot).endpoint(side);
        if endpoint.waits_for_window || endpoint.events.has(Events::WRITABLE) || !endpoint.is_alive() {
            return;
        }
        self.start_timeout(kernel, slot, side);
        let retransmit_after = self.class_of(slot, side).link.model.retransmit_after(0);
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(side);
        endpoint.waits_for_window = true;
        if endpoint.stage == Stage::Open {
            endpoint.unanswered = 0;
            endpoint.retry_at = kernel.now() + retransmit_after;
        }
        self.arm_timer(kernel, slot, side);
    }
}
