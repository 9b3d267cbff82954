//! Processes segments that arrive at an endpoint, and answers them.

use cluster_sim_runtime::{Address, Kernel};
use cluster_sim_types::{Health, LossKind, NodeId};

use super::SessionId;
use super::endpoint::{Events, Side, Stage};
use super::half::Progress;
use super::segment::{Segment, SegmentKind};
use super::transmit::RollKind;
use crate::network::Network;
use crate::reset::ResetReason;

impl Network {
    /// Handles a scheduled event of a session. Returns the node to wake, if it has a notice.
    pub(in crate::network) fn fire_segment(&mut self, kernel: &mut Kernel, number: u32) -> Option<(NodeId, u32)> {
        let Segment { to, kind } = self.sessions.segments.remove(number);
        if let SegmentKind::WakeNode(node) = kind {
            self.wake_fired(node);
            return self.wake_for(kernel, node);
        }
        // The session is removed, so nothing can happen any more.
        let node = self.sessions.connections.find(to)?.endpoint(to.side()).node;
        match kind {
            SegmentKind::Timer => self.on_timer(kernel, to.slot(), to.side()),
            kind => self.deliver_segment(kernel, to, node, kind),
        }
        self.reap(kernel, to);
        self.wake_for(kernel, node)
    }

    /// Delivers a segment, unless a cut or the state of the node prevents it.
    fn deliver_segment(&mut self, kernel: &mut Kernel, to: SessionId, node: NodeId, kind: SegmentKind) {
        let (slot, side) = (to.slot(), to.side());
        let connection = self.sessions.connections.at_mut(slot);
        if let SegmentKind::Message { number, .. } = kind
            && let Some(entry) = connection.inbound(side).entry(number)
        {
            entry.under_way -= 1;
        }
        let sender = connection.endpoint(side.other()).node;
        if let Some(cut) = self.cuts.between(sender, node) {
            self.cuts.count_drop(cut);
        } else if matches!(kernel.health(node), Health::Up | Health::Paused) {
            self.handle_segment(kernel, slot, side, kind);
        }
    }

    fn handle_segment(&mut self, kernel: &mut Kernel, slot: usize, side: Side, kind: SegmentKind) {
        let stage = self.sessions.connections.at(slot).endpoint(side).stage;
        match (kind, stage) {
            (SegmentKind::Request(attempt), _) => self.on_request(kernel, slot, attempt),
            (SegmentKind::Reset, Stage::Connecting | Stage::Open) => self.break_endpoint(kernel, slot, side, ResetReason::Reset),
            (SegmentKind::Refuse, Stage::Connecting) => self.break_endpoint(kernel, slot, side, ResetReason::Refused),
            (SegmentKind::Reset | SegmentKind::Refuse, _) | (_, Stage::Absent) => {}
            (_, Stage::Broken(_) | Stage::Gone) => self.send_reset(kernel, slot, side),
            (_, Stage::Connecting) => {
                // Any segment from the peer proves that it accepted; the answer itself may come later or be lost.
                self.open_connecting(kernel, slot);
                self.handle_segment(kernel, slot, side, kind);
            }
            (SegmentKind::Message { number, attempt }, Stage::Open) => {
                let address = RollKind::Acknowledge.address(self.sessions.connections.at(slot).address(side));
                if self.on_message(kernel, slot, side, number) {
                    let address = attempt.reply_address(address.number(number));
                    self.acknowledge(kernel, slot, side, Some(number), address);
                }
            }
            (SegmentKind::Acknowledge { number, progress }, Stage::Open) => {
                self.on_acknowledge(kernel, slot, side, number, progress)
            }
            (SegmentKind::Probe(attempt), Stage::Open) => {
                let address = RollKind::ProbeReply.address(self.sessions.connections.at(slot).address(side));
                self.acknowledge(kernel, slot, side, None, attempt.reply_address(address));
            }
            (SegmentKind::Accept | SegmentKind::Timer | SegmentKind::WakeNode(_), Stage::Open) => {}
        }
    }

    /// Handles an arrival of a message or FIN, first or repeated. Returns `false` if it broke the session.
    fn on_message(&mut self, kernel: &mut Kernel, slot: usize, side: Side, number: u64) -> bool {
        let connection = self.sessions.connections.at_mut(slot);
        if !connection.inbound(side).arrive(number) {
            return true;
        }
        if !connection.endpoint(side).released {
            self.notify(kernel, slot, side, Events::READABLE);
            return true;
        }
        // The endpoint is released. It expects the FIN, but a message would go unread.
        let lost_any = self.drop_unread(kernel, slot, side, LossKind::SessionUnread);
        if lost_any {
            self.break_endpoint(kernel, slot, side, ResetReason::Reset);
            self.send_reset(kernel, slot, side);
        }
        !lost_any
    }

    /// Reports this side's progress to the peer.
    pub(super) fn acknowledge(&mut self, kernel: &mut Kernel, slot: usize, side: Side, number: Option<u64>, address: Address) {
        let connection = self.sessions.connections.at_mut(slot);
        let endpoint = connection.endpoint(side);
        let reads_all = endpoint.of_machine && kernel.health(endpoint.node) == Health::Up;
        let progress = connection.inbound(side).report(reads_all);
        self.transmit_segment(kernel, slot, side, address, SegmentKind::Acknowledge { number, progress });
    }

    fn on_acknowledge(&mut self, kernel: &mut Kernel, slot: usize, side: Side, number: Option<u64>, progress: Progress) {
        let window = self.class_of(slot, side).link.model.window;
        let connection = self.sessions.connections.at_mut(slot);
        let half = connection.outbound(side);
        half.acknowledge(number, progress);
        let has_room = half.has_room(window) && !half.is_finished();
        let endpoint = connection.endpoint_mut(side);
        endpoint.heard_at = kernel.now();
        endpoint.unanswered = 0;
        if endpoint.waits_for_window && has_room {
            endpoint.waits_for_window = false;
            self.notify(kernel, slot, side, Events::WRITABLE);
        }
    }
}
