//! Sessions as machines know them: by their peer, at most one at a time.

use cluster_sim_runtime::{Address, Kernel};
use cluster_sim_types::NodeId;

use super::SessionId;
use super::endpoint::{News, Side, Stage};
use super::half::Held;
use super::recv::SessionRecv;
use super::segment::Attempt;
use super::send::SendRefused;
use crate::message::Message;
use crate::message::Received;
use crate::network::Network;
use crate::network::payload::PayloadKind;
use crate::network::port_names::PortId;
use crate::reset::ResetReason;

/// What a machine is told of its sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MachineNotice<M> {
    /// The next message of a peer.
    Message(Received<M>),
    /// That peer sends nothing more in this session.
    Finished(NodeId),
    /// The session with that peer is gone.
    Reset(NodeId, ResetReason),
    /// A message to that peer was not taken over.
    Busy(NodeId, M),
    /// There is room again, after a `Busy`.
    Ready(NodeId),
}

/// What names the port of a session that a machine opened, for chance: the same for all machines, whatever port they take messages on.
const OF_MACHINES: Address = Address::new().name("machine");

impl Network {
    /// Sends a message in the machine's session with that peer, which is opened on that port if there is none; `kind` must be that of `M`.
    /// What the session does not take over is handed back by [`next_machine_notice`](Self::next_machine_notice).
    ///
    /// # Panics
    /// If there is no such node, or it is the machine's own: the machine's mistake, and so a finding about it.
    pub fn session_send<M: Message>(
        &mut self,
        kernel: &mut Kernel,
        from: NodeId,
        to: NodeId,
        (port, kind): (PortId, PayloadKind),
        message: M,
    ) {
        let nodes = kernel.node_count();
        assert!(to.0 < nodes, "it streams to {to}, but the cluster has n0 to n{}", nodes - 1);
        assert!(to != from, "it streams to itself, {to}; a session has two nodes");
        let id = self.sessions.streams.get(&(from, to)).copied();
        let id = id.unwrap_or_else(|| self.open_stream(kernel, from, to, port));
        // What the machine does not know yet to be handed back comes before this message.
        let comes_after_others = !self.sessions.connections.at(id.slot()).end(id.side()).returned.is_empty();
        let sent = if comes_after_others { Err(SendRefused::Busy(message)) } else { self.send_on(kernel, id, kind, message) };
        if let Err(unsent) = sent {
            self.hand_back(kernel, id, kind, unsent.into_message());
        }
    }

    /// Ends what a machine sends in its session with that peer; nothing happens where there is none.
    pub fn session_close(&mut self, kernel: &mut Kernel, from: NodeId, to: NodeId) {
        if let Some(id) = self.sessions.streams.get(&(from, to)).copied() {
            self.finish(kernel, id);
        }
    }

    fn open_stream(&mut self, kernel: &mut Kernel, from: NodeId, to: NodeId, port: PortId) -> SessionId {
        let id = self.ask(kernel, from, to, port, OF_MACHINES);
        self.sessions.connections.at_mut(id.slot()).end_mut(id.side()).of_machine = true;
        self.sessions.streams.insert((from, to), id);
        id
    }

    fn hand_back<M: Message>(&mut self, kernel: &mut Kernel, id: SessionId, kind: PayloadKind, message: M) {
        let held = Held { kind, slot: self.slab::<M>(kind).insert(message, 1) };
        let (slot, side) = (id.slot(), id.side());
        let end = self.sessions.connections.at_mut(slot).end_mut(side);
        end.returned.push_back(held);
        let node = end.node;
        self.want_room(kernel, slot, side);
        self.tell(kernel, slot, side, News::RETURNED);
        self.wake_node(kernel, node);
    }

    pub(super) fn drop_returned(&mut self, slot: usize, side: Side) {
        while let Some(held) = self.sessions.connections.at_mut(slot).end_mut(side).returned.pop_front() {
            self.drop_held(held);
        }
    }

    /// The next thing to tell a machine, in the order in which it happened to each of its sessions; `kind` must be that of `M`.
    pub fn next_machine_notice<M: Message>(
        &mut self,
        kernel: &mut Kernel,
        node: NodeId,
        kind: PayloadKind,
    ) -> Option<MachineNotice<M>> {
        while let Some(id) = self.first_with_news(node) {
            if let Some(told) = self.tell_of(kernel, id, kind) {
                self.conclude(kernel, id, node);
                return Some(told);
            }
        }
        None
    }

    /// What an end has to tell first: what was handed back, what arrived, that it is gone, that there is room.
    fn tell_of<M: Message>(&mut self, kernel: &mut Kernel, id: SessionId, kind: PayloadKind) -> Option<MachineNotice<M>> {
        let (slot, side) = (id.slot(), id.side());
        let connection = self.sessions.connections.at_mut(slot);
        let peer = connection.end(side.other()).node;
        let end = connection.end_mut(side);
        if let Some(held) = end.returned.pop_front() {
            if end.returned.is_empty() {
                end.news.remove(News::RETURNED);
            }
            return Some(MachineNotice::Busy(peer, self.slab::<M>(held.kind).take(held.slot)));
        }
        if end.news.has(News::READABLE) {
            match self.take_next(kernel, slot, side, kind) {
                SessionRecv::Message(message) => return Some(MachineNotice::Message(Received { from: peer, message })),
                SessionRecv::Finished => return Some(MachineNotice::Finished(peer)),
                SessionRecv::Nothing | SessionRecv::Broken(_) => {}
            }
        }
        let end = self.sessions.connections.at_mut(slot).end_mut(side);
        if let Stage::Broken(reason) = end.stage {
            self.release(kernel, id);
            return Some(MachineNotice::Reset(peer, reason));
        }
        let has_room = end.news.has(News::ROOM);
        end.news = News::NONE;
        has_room.then_some(MachineNotice::Ready(peer))
    }

    /// A session that both sides have finished is over for a machine once it was told everything; another one can be opened then.
    pub(super) fn close_stream(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let connection = self.sessions.connections.at_mut(slot);
        let end = connection.end(side);
        if !end.of_machine || end.released || end.stage != Stage::Open || !connection.is_closed(side) {
            return;
        }
        let end = connection.end_mut(side);
        if end.wants_room {
            end.wants_room = false;
            self.tell(kernel, slot, side, News::ROOM);
        } else if end.news == News::NONE {
            self.let_go(slot, side);
        }
    }

    /// The machine streams no more through that end: its successor takes over, if there is one.
    pub(super) fn leave_stream(&mut self, slot: usize, side: Side) {
        let connection = self.sessions.connections.at(slot);
        let id = connection.id(slot, side);
        let between = (connection.end(side).node, connection.end(side.other()).node);
        let successor = connection.end(side).successor;
        if self.sessions.streams.get(&between) == Some(&id) {
            match successor {
                Some(successor) => self.sessions.streams.insert(between, successor),
                None => self.sessions.streams.remove(&between),
            };
        }
    }

    /// A machine is asked for a session.
    ///
    /// It has at most one with each peer. If it is asking that peer itself, the two become one. If it holds an end of an earlier one, that one
    /// is over, and the new one takes its place once the machine was told: a machine that asks anew has lost its own end of it, and tasks
    /// that ask for a second one lose the first.
    pub(super) fn accept_stream(&mut self, kernel: &mut Kernel, slot: usize, attempt: Attempt) {
        let connection = self.sessions.connections.at(slot);
        let between = (connection.end(Side::Accepting).node, connection.end(Side::Connecting).node);
        let earlier = self.last_stream(between);
        if let Some(asking) = earlier
            && self.sessions.connections.at(asking.slot()).end(asking.side()).stage == Stage::Connecting
        {
            return self.become_one(kernel, asking, slot, attempt);
        }
        let id = self.open_accepting(kernel, slot, attempt);
        self.sessions.connections.at_mut(slot).end_mut(Side::Accepting).of_machine = true;
        match earlier {
            None => drop(self.sessions.streams.insert(between, id)),
            Some(earlier) => {
                self.sessions.connections.at_mut(earlier.slot()).end_mut(earlier.side()).successor = Some(id);
                self.supersede(kernel, earlier);
            }
        }
    }

    /// The last in the row of ends by which a machine streams to a peer, one after the other.
    fn last_stream(&self, between: (NodeId, NodeId)) -> Option<SessionId> {
        let mut last = *self.sessions.streams.get(&between)?;
        while let Some(successor) = self.sessions.connections.at(last.slot()).end(last.side()).successor {
            last = successor;
        }
        Some(last)
    }

    /// The other end of a session is gone, for its node asks for a new one.
    fn supersede(&mut self, kernel: &mut Kernel, earlier: SessionId) {
        let (slot, side) = (earlier.slot(), earlier.side());
        let connection = self.sessions.connections.at_mut(slot);
        if connection.is_closed(side.other()) {
            // Its peer has everything, and only the last acknowledgement did not come through: the new request says as much.
            connection.outward(side).acknowledge_all();
        } else if connection.end(side).is_alive() {
            self.break_end(kernel, slot, side, ResetReason::Reset);
            if !self.sessions.connections.at(slot).end(side.other()).of_machine {
                self.notify_reset(kernel, slot, side);
            }
        }
        self.settle(kernel, earlier);
    }

    /// A machine is asked by whom it asks itself: what it had asked for goes on in the other's session. Where tasks have accepted its own
    /// request meanwhile, they are told that nothing comes of it when they answer.
    fn become_one(&mut self, kernel: &mut Kernel, asking: SessionId, slot: usize, attempt: Attempt) {
        let (old, side) = (asking.slot(), asking.side());
        self.strike_off(old, side);
        let [from, into] = self.sessions.connections.pair(old, slot);
        std::mem::swap(from.end_mut(side), into.end_mut(Side::Accepting));
        std::mem::swap(from.outward(side), into.outward(Side::Accepting));
        from.end_mut(side).stage = Stage::Vanished;
        let id = into.id(slot, Side::Accepting);
        let peer = into.end(Side::Connecting).node;
        let end = into.end_mut(Side::Accepting);
        end.stage = Stage::Open;
        end.heard_at = kernel.now();
        end.tries = 0;
        end.clock = None;
        let node = end.node;
        self.settle(kernel, asking);
        self.enlist(slot, Side::Accepting);
        self.rename_on_agenda(node, asking, id);
        self.sessions.streams.insert((node, peer), id);
        self.accepted(kernel, slot, attempt);
        self.flush(kernel, slot, Side::Accepting);
    }
}
