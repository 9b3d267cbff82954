//! Timers in local time: armed, moved, due.

use std::time::Duration;

use cluster_sim_vocabulary::{Health, NodeId, VirtualInstant};

use super::nodes::Node;
use super::{Kernel, ORDER};
use crate::engine::queue::{Order, Rank, Target};
use crate::engine::record::{Record, RecordKind};
use crate::engine::timers::{Surfaced, Timer, TimerSlot};

impl Kernel {
    /// Arms a timer of `node`, called `token` by it, to come due after so much local time.
    pub fn arm(&mut self, node: NodeId, token: u64, after: Duration) -> TimerSlot {
        let Node { incarnation, clock, .. } = self.nodes[node.index()];
        let due = clock.due(self.now, after);
        let slot = self.timers.insert(Timer { node, incarnation, token, due: Some(due), queued_at: due, queued_sequence: 0 });
        self.queue_timer(slot, due);
        slot
    }

    /// Moves an armed timer to come due after so much local time from now.
    ///
    /// To a later instant this is one store: the queue entry stays and moves itself when it surfaces.
    #[inline]
    pub fn rearm(&mut self, slot: TimerSlot, after: Duration) {
        let timer = self.timers.get_mut(slot);
        let due = self.nodes[timer.node.index()].clock.due(self.now, after);
        timer.due = Some(due);
        if due < timer.queued_at {
            self.queue_timer(slot, due);
        }
    }

    /// Disarms a timer; its slot must not be used again.
    #[inline]
    pub fn disarm(&mut self, slot: TimerSlot) {
        self.timers.get_mut(slot).due = None;
    }

    pub(super) fn queue_timer(&mut self, slot: TimerSlot, at: VirtualInstant) {
        let Timer { node, token, .. } = *self.timers.get(slot);
        // The instant is part of it: two nodes that always tick together take turns in going first.
        let about = self.address(node).number(token).number(at.as_nanoseconds());
        let order = Order::new(Rank::DEFAULT, self.roll(ORDER, about).0);
        let sequence = self.push(at, order, Target::Timer, slot.0);
        let timer = self.timers.get_mut(slot);
        timer.queued_at = at;
        timer.queued_sequence = sequence;
    }

    /// The timer that a surfaced queue entry makes due: its node and the node's name for it.
    pub(crate) fn surface(&mut self, slot: TimerSlot, sequence: u64) -> Option<(NodeId, u64)> {
        match self.timers.surface(slot, sequence, self.now) {
            Surfaced::Nobody => None,
            Surfaced::Later(due) => {
                self.queue_timer(slot, due);
                None
            }
            Surfaced::Due => {
                let Timer { node, incarnation, token, .. } = *self.timers.get(slot);
                let owner = self.nodes[node.index()];
                if owner.incarnation != incarnation || matches!(owner.health, Health::Down | Health::Killed) {
                    self.timers.release(slot);
                    None
                } else if owner.health == Health::Paused {
                    self.held.entry(node).or_default().push(slot);
                    None
                } else {
                    self.timers.release(slot);
                    self.record(Record { label: token, ..Record::of(self.now, RecordKind::Timer, node) });
                    Some((node, token))
                }
            }
        }
    }
}
