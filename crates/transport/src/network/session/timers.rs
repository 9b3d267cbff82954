//! The clock of an end: what was not answered is sent again, until patience is over.

use cluster_sim_runtime::{Kernel, Order, Rank};
use cluster_sim_types::VirtualInstant;

use super::endpoint::{News, Side, Stage};
use super::segment::{Attempt, Segment, What};
use super::transmit::Kind;
use crate::network::Network;
use crate::reset::ResetReason;

impl Network {
    /// When the clock of an end must surface next: for the next thing to send again, or because patience is over. Nothing while it waits
    /// for no answer.
    fn due(&self, slot: usize, side: Side) -> Option<VirtualInstant> {
        let connection = self.sessions.connections.at(slot);
        let (end, outward) = (connection.end(side), &connection.lanes[side.index()]);
        let next = match end.stage {
            Stage::Connecting => Some(end.retry_at),
            Stage::Open if outward.is_waiting() => outward.earliest_retry(),
            Stage::Open if end.wants_room => Some(end.retry_at),
            _ => None,
        };
        next.map(|next| next.min(self.patience_over(slot, side)))
    }

    fn patience_over(&self, slot: usize, side: Side) -> VirtualInstant {
        self.sessions.connections.at(slot).end(side).heard_at + self.class_of(slot, side).link.model.session_timeout
    }

    /// Has the clock of an end surface when it must, unless it does so earlier anyhow: then it winds itself up again.
    pub(super) fn arm_timer(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let Some(due) = self.due(slot, side) else { return };
        // It may be past already: links that change can shorten patience.
        let due = due.max(kernel.now());
        let connection = self.sessions.connections.at_mut(slot);
        let set = connection.end(side).clock;
        if set.is_some_and(|set| set <= due) {
            return;
        }
        connection.end_mut(side).clock = Some(due);
        let to = connection.id(slot, side);
        let about = Kind::Clock.of(connection.address(side));
        let order = Order::new(Rank::DEFAULT, about);
        self.schedule_segment(kernel, due, order, Segment { to, what: What::Clock });
    }

    /// The clock of an end surfaced.
    pub(super) fn on_clock(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let end = self.sessions.connections.at_mut(slot).end_mut(side);
        if end.clock != Some(kernel.now()) {
            return;
        }
        end.clock = None;
        match self.due(slot, side) {
            None => {}
            Some(due) if due > kernel.now() => self.arm_timer(kernel, slot, side),
            Some(_) if kernel.now() >= self.patience_over(slot, side) => {
                self.break_end(kernel, slot, side, ResetReason::TimedOut);
                self.notify_reset(kernel, slot, side);
            }
            Some(_) => {
                self.try_again(kernel, slot, side);
                self.arm_timer(kernel, slot, side);
            }
        }
    }

    /// Sends again what was not answered in time.
    fn try_again(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let connection = self.sessions.connections.at(slot);
        if connection.end(side).stage == Stage::Connecting {
            self.request(kernel, slot);
        } else if connection.lanes[side.index()].is_waiting() {
            let mut from = 0;
            while let Some(number) = self.sessions.connections.at(slot).lanes[side.index()].due_from(from, kernel.now()) {
                self.put_on_link(kernel, slot, side, number);
                from = number + 1;
            }
        } else {
            self.probe(kernel, slot, side);
        }
    }

    fn probe(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let attempt = self.count_attempt(kernel, slot, side);
        let address = Kind::Probe.of(self.sessions.connections.at(slot).address(side));
        self.transmit_segment(kernel, slot, side, address.number(u64::from(attempt)), What::Probe(Attempt::new(attempt)));
    }

    /// The node of that end wants to be told when it can send. The other side says so by itself; but what it says may be lost, so while
    /// nothing else is under way the end asks.
    pub(super) fn want_room(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let end = self.sessions.connections.at(slot).end(side);
        if end.wants_room || end.news.has(News::ROOM) || !end.is_alive() {
            return;
        }
        self.begin_to_wait(kernel, slot, side);
        let retransmit_after = self.class_of(slot, side).link.model.retransmit_after(0);
        let end = self.sessions.connections.at_mut(slot).end_mut(side);
        end.wants_room = true;
        if end.stage == Stage::Open {
            end.tries = 0;
            end.retry_at = kernel.now() + retransmit_after;
        }
        self.arm_timer(kernel, slot, side);
    }
}
