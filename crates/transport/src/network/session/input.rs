//! Arriving: what reaches an end, and what it answers.

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
    /// Something of a session is due. Answers with the node that has something to be told.
    pub(in crate::network) fn fire_segment(&mut self, kernel: &mut Kernel, number: u32) -> Option<(NodeId, u32)> {
        let Segment { to, kind } = self.sessions.segments.remove(number);
        if let SegmentKind::WakeNode(node) = kind {
            self.wake_fired(node);
            return self.wake_for(kernel, node);
        }
        // A session of which neither end is left: nobody is there to whom anything could happen.
        let node = self.sessions.connections.find(to)?.endpoint(to.side()).node;
        match kind {
            SegmentKind::Timer => self.on_timer(kernel, to.slot(), to.side()),
            kind => self.deliver_segment(kernel, to, node, kind),
        }
        self.reap(kernel, to);
        self.wake_for(kernel, node)
    }

    /// What was on a link is at its end: it reaches the other node, or a cut or the node's health prevents that.
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
                // Whatever comes from the other end says that it is there; what says so by name may come later or be lost.
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

    /// A message or the end arrived, for the first time or again; false if that broke the session.
    fn on_message(&mut self, kernel: &mut Kernel, slot: usize, side: Side, number: u64) -> bool {
        let connection = self.sessions.connections.at_mut(slot);
        if !connection.inbound(side).arrive(number) {
            return true;
        }
        if !connection.endpoint(side).released {
            self.notify(kernel, slot, side, Events::READABLE);
            return true;
        }
        // Nobody takes anything in any more: the end is what its node expects, a message goes to nobody.
        let lost_any = self.drop_unread(kernel, slot, side, LossKind::SessionUnread);
        if lost_any {
            self.break_endpoint(kernel, slot, side, ResetReason::Reset);
            self.send_reset(kernel, slot, side);
        }
        !lost_any
    }

    /// Tells the other side how far this one has come.
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
