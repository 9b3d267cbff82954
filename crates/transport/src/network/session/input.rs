//! Arriving: what reaches an end, and what it answers.

use cluster_sim_runtime::{Address, Kernel};
use cluster_sim_types::{Health, LossKind, NodeId};

use super::SessionId;
use super::endpoint::{News, Side, Stage};
use super::half::Progress;
use super::segment::{Segment, What};
use super::transmit::Kind;
use crate::network::Network;
use crate::reset::ResetReason;

impl Network {
    /// Something of a session is due. Answers with the node that has something to be told.
    pub(in crate::network) fn fire_segment(&mut self, kernel: &mut Kernel, number: u32) -> Option<(NodeId, u32)> {
        let Segment { to, what } = self.sessions.segments.remove(number);
        if let What::Agenda(node) = what {
            self.comes_back_to(node);
            return self.wake_for(kernel, node);
        }
        // A session of which neither end is left: nobody is there to whom anything could happen.
        let node = self.sessions.connections.find(to)?.end(to.side()).node;
        match what {
            What::Clock => self.on_clock(kernel, to.slot(), to.side()),
            what => self.land(kernel, to, node, what),
        }
        self.settle(kernel, to);
        self.wake_for(kernel, node)
    }

    /// What was on a link is at its end: it reaches the other node, or a cut or the node's health prevents that.
    fn land(&mut self, kernel: &mut Kernel, to: SessionId, node: NodeId, what: What) {
        let (slot, side) = (to.slot(), to.side());
        let connection = self.sessions.connections.at_mut(slot);
        if let What::Message { number, .. } = what
            && let Some(entry) = connection.inward(side).entry(number)
        {
            entry.under_way -= 1;
        }
        let sender = connection.end(side.other()).node;
        if let Some(cut) = self.cuts.between(sender, node) {
            self.cuts.count_drop(cut);
        } else if matches!(kernel.health(node), Health::Up | Health::Paused) {
            self.reach(kernel, slot, side, what);
        }
    }

    fn reach(&mut self, kernel: &mut Kernel, slot: usize, side: Side, what: What) {
        let stage = self.sessions.connections.at(slot).end(side).stage;
        match (what, stage) {
            (What::Request(attempt), _) => self.on_request(kernel, slot, attempt),
            (What::Reset, Stage::Connecting | Stage::Open) => self.break_end(kernel, slot, side, ResetReason::Reset),
            (What::Refuse, Stage::Connecting) => self.break_end(kernel, slot, side, ResetReason::Refused),
            (What::Reset | What::Refuse, _) | (_, Stage::Absent) => {}
            (_, Stage::Broken(_) | Stage::Vanished) => self.notify_reset(kernel, slot, side),
            (_, Stage::Connecting) => {
                // Whatever comes from the other end says that it is there; what says so by name may come later or be lost.
                self.open_connecting(kernel, slot);
                self.reach(kernel, slot, side, what);
            }
            (What::Message { number, attempt }, Stage::Open) => {
                let address = Kind::Acknowledge.of(self.sessions.connections.at(slot).address(side));
                if self.on_message(kernel, slot, side, number) {
                    let about = attempt.answered(address.number(number));
                    self.acknowledge(kernel, slot, side, Some(number), about);
                }
            }
            (What::Acknowledge { number, progress }, Stage::Open) => self.on_acknowledge(kernel, slot, side, number, progress),
            (What::Probe(attempt), Stage::Open) => {
                let address = Kind::Answer.of(self.sessions.connections.at(slot).address(side));
                self.acknowledge(kernel, slot, side, None, attempt.answered(address));
            }
            (What::Accept | What::Clock | What::Agenda(_), Stage::Open) => {}
        }
    }

    /// A message or the end arrived, for the first time or again; false if that broke the session.
    fn on_message(&mut self, kernel: &mut Kernel, slot: usize, side: Side, number: u64) -> bool {
        let connection = self.sessions.connections.at_mut(slot);
        if !connection.inward(side).arrive(number) {
            return true;
        }
        if !connection.end(side).released {
            self.tell(kernel, slot, side, News::READABLE);
            return true;
        }
        // Nobody takes anything in any more: the end is what its node expects, a message goes to nobody.
        let went_to_nobody = self.drop_unread(kernel, slot, side, LossKind::SessionUnread);
        if went_to_nobody {
            self.break_end(kernel, slot, side, ResetReason::Reset);
            self.notify_reset(kernel, slot, side);
        }
        !went_to_nobody
    }

    /// Tells the other side how far this one has come.
    pub(super) fn acknowledge(&mut self, kernel: &mut Kernel, slot: usize, side: Side, number: Option<u64>, address: Address) {
        let connection = self.sessions.connections.at_mut(slot);
        let end = connection.end(side);
        let takes_all = end.of_machine && kernel.health(end.node) == Health::Up;
        let progress = connection.inward(side).tell(takes_all);
        self.transmit_segment(kernel, slot, side, address, What::Acknowledge { number, progress });
    }

    fn on_acknowledge(&mut self, kernel: &mut Kernel, slot: usize, side: Side, number: Option<u64>, said: Progress) {
        let window = self.class_of(slot, side).link.model.window;
        let connection = self.sessions.connections.at_mut(slot);
        let lane = connection.outward(side);
        lane.acknowledge(number, said);
        let has_room = lane.has_room(window) && !lane.is_finished();
        let end = connection.end_mut(side);
        end.heard_at = kernel.now();
        end.tries = 0;
        if end.wants_room && has_room {
            end.wants_room = false;
            self.tell(kernel, slot, side, News::ROOM);
        }
    }
}
