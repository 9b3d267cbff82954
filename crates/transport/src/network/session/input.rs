//! Processes segments that arrive at an endpoint, and answers them.

use cluster_sim_runtime::Address;
use cluster_sim_types::{Health, LossKind, NodeId};

use super::SessionId;
use super::SessionService;
use super::endpoint::{Events, Side, Stage};
use super::half::Progress;
use super::segment::{Segment, SegmentKind};
use super::transmit::RollKind;
use crate::network::service::Service;
use crate::reset::ResetReason;

impl SessionService<'_> {
    /// Handles a scheduled event of a session. Returns the node to wake, if it has a notice.
    pub(in crate::network) fn fire(&mut self, number: u32) -> Option<(NodeId, u32)> {
        if !self.fabric.is_whole() && self.hold_back(number) {
            return None;
        }
        let Segment { to, kind } = self.sessions.segments.remove(number);
        if let SegmentKind::WakeNode(node) = kind {
            self.wake_fired(node);
            return self.wake_for(node);
        }
        // The session is removed, so nothing can happen any more.
        let node = self.sessions.connections.find(to)?.endpoint(to.side()).node;
        match kind {
            SegmentKind::Timer => self.on_timer(to.slot(), to.side()),
            kind => self.deliver_segment(to, node, kind),
        }
        self.reap(to);
        self.wake_for(node)
    }

    /// Holds back a segment that arrives, if its link is held.
    #[cold]
    fn hold_back(&mut self, number: u32) -> bool {
        let Segment { to, kind } = self.sessions.segments.get(number);
        let crosses_link = !matches!(kind, SegmentKind::Timer | SegmentKind::WakeNode(_));
        let Some(connection) = self.sessions.connections.find(to).filter(|_| crosses_link) else { return false };
        let [sender, node] = [to.side().other(), to.side()].map(|side| connection.endpoint(side).node);
        self.fabric.hold_back(Service::Session, number, sender, node)
    }

    /// Delivers a segment, unless a cut or the state of the node prevents it.
    fn deliver_segment(&mut self, to: SessionId, node: NodeId, kind: SegmentKind) {
        let (slot, side) = (to.slot(), to.side());
        let connection = self.sessions.connections.at_mut(slot);
        if let SegmentKind::Message { number, .. } = kind
            && let Some(entry) = connection.inbound(side).entry(number)
        {
            entry.under_way -= 1;
        }
        let sender = connection.endpoint(side.other()).node;
        if self.fabric.drop_by_cut(sender, node).is_none() && matches!(self.kernel.health(node), Health::Up | Health::Paused) {
            self.handle_segment(slot, side, kind);
        }
    }

    fn handle_segment(&mut self, slot: usize, side: Side, kind: SegmentKind) {
        let stage = self.sessions.connections.at(slot).endpoint(side).stage;
        match (kind, stage) {
            (SegmentKind::Request(attempt), _) => self.on_request(slot, attempt),
            (SegmentKind::Reset, Stage::Connecting | Stage::Open) => self.break_endpoint(slot, side, ResetReason::Reset),
            (SegmentKind::Refuse, Stage::Connecting) => self.break_endpoint(slot, side, ResetReason::Refused),
            (SegmentKind::Reset | SegmentKind::Refuse, _) | (_, Stage::Absent) => {}
            (_, Stage::Broken(_) | Stage::Gone) => self.send_reset(slot, side),
            (_, Stage::Connecting) => {
                // Any segment from the peer proves that it accepted; the answer itself may come later or be lost.
                self.open_connecting(slot);
                self.handle_segment(slot, side, kind);
            }
            (SegmentKind::Message { number, attempt }, Stage::Open) => {
                let address = RollKind::Acknowledge.address(self.sessions.connections.at(slot).address(side));
                if self.on_message(slot, side, number) {
                    let address = attempt.reply_address(address.number(number));
                    self.acknowledge(slot, side, Some(number), address);
                }
            }
            (SegmentKind::Acknowledge { number, progress }, Stage::Open) => self.on_acknowledge(slot, side, number, progress),
            (SegmentKind::Probe(attempt), Stage::Open) => {
                let address = RollKind::ProbeReply.address(self.sessions.connections.at(slot).address(side));
                self.acknowledge(slot, side, None, attempt.reply_address(address));
            }
            (SegmentKind::Accept | SegmentKind::Timer | SegmentKind::WakeNode(_), Stage::Open) => {}
        }
    }

    /// Handles an arrival of a message or FIN, first or repeated. Returns `false` if it broke the session.
    fn on_message(&mut self, slot: usize, side: Side, number: u64) -> bool {
        let connection = self.sessions.connections.at_mut(slot);
        if !connection.inbound(side).arrive(number) {
            return true;
        }
        if !connection.endpoint(side).released {
            self.notify(slot, side, Events::READABLE);
            return true;
        }
        // The endpoint is released. It expects the FIN, but a message would go unread.
        let lost_any = self.drop_unread(slot, side, LossKind::SessionUnread);
        if lost_any {
            self.break_endpoint(slot, side, ResetReason::Reset);
            self.send_reset(slot, side);
        }
        !lost_any
    }

    /// Reports this side's progress to the peer.
    pub(super) fn acknowledge(&mut self, slot: usize, side: Side, number: Option<u64>, address: Address) {
        let connection = self.sessions.connections.at_mut(slot);
        let endpoint = connection.endpoint(side);
        let node = endpoint.node;
        let reads_all = endpoint.of_machine && self.kernel.health(node) == Health::Up && self.kernel.waiting(node) == 0;
        let progress = connection.inbound(side).report(reads_all);
        self.transmit(slot, side, address, SegmentKind::Acknowledge { number, progress });
    }

    fn on_acknowledge(&mut self, slot: usize, side: Side, number: Option<u64>, progress: Progress) {
        let window = self.model(slot, side).window;
        let connection = self.sessions.connections.at_mut(slot);
        let half = connection.outbound(side);
        half.acknowledge(number, progress);
        let has_room = half.has_room(window) && !half.is_finished();
        let endpoint = connection.endpoint_mut(side);
        endpoint.heard_at = self.kernel.now();
        endpoint.unanswered = 0;
        if endpoint.waits_for_window && has_room {
            endpoint.waits_for_window = false;
            self.notify(slot, side, Events::WRITABLE);
        }
    }
}
