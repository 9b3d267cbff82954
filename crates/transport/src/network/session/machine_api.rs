//! Sessions of machines: at most one per peer, identified by the peer.
//!
//! [`SessionService::machine_send`] opens a session on first use, on the machine's own port (`Machine::PORT`), and every machine accepts
//! there. After [`SessionService::machine_close`] the next session begins once both sides have finished; messages sent before that are
//! returned. A returned message comes back at the same instant, in order, and before any other notice of that session.
//!
//! - Two machines that connect to each other at the same time end up with one session: the machine that is asked first continues
//!   in the other's, with the messages it had sent.
//! - A peer that opens a session while this machine holds an endpoint of an earlier one has lost its own endpoint of that. The
//!   machine is notified of the reset, then the new session begins.
//! - A machine has one session with an async node, too. One that the node opens replaces an earlier one, and both sides are
//!   notified. If both open one at the same time, the machine continues in the node's session with the messages it had sent, and
//!   the session that the machine had asked for is never used; if the node has accepted it already, the node gets a reset.

use cluster_sim_runtime::Address;
use cluster_sim_types::{Health, NodeId};

use super::SessionId;
use super::SessionService;
use super::endpoint::{Events, Side, Stage};
use super::recv::SessionRecv;
use super::segment::Attempt;
use super::send::SendRefused;
use crate::message::Message;
use crate::message::Received;
use crate::network::payload::PayloadKind;
use crate::network::ports::PortId;
use crate::reset::ResetReason;

/// One thing that a machine learns about its sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MachineNotice<M> {
    /// The next message of a peer.
    Message(Received<M>),
    /// That peer sends nothing more in this session.
    Closed(NodeId),
    /// The session with that peer is broken.
    Reset(NodeId, ResetReason),
    /// A message to that peer was not accepted.
    Full(NodeId, M),
    /// That peer's session accepts messages again, after `Full`.
    Writable(NodeId),
}

/// Stands for the port in the address of a session opened by a machine, whatever its port is.
const MACHINE_PORT: Address = Address::new().name("machine");

impl SessionService<'_> {
    /// Sends a message in the machine's session with a peer, opening one if there is none.
    ///
    /// `kind` must be that of `M`. A message that the session does not accept is returned by
    /// [`next_machine_notice`](Self::next_machine_notice).
    ///
    /// # Panics
    /// The node does not exist or is the machine itself. That is a bug of the machine, so the run ends with a finding about it.
    pub fn machine_send<M: Message>(&mut self, from: NodeId, to: NodeId, (port, kind): (PortId, PayloadKind), message: M) {
        let nodes = self.kernel.node_count();
        assert!(to.0 < nodes, "it sends to {to}, but the cluster has n0 to n{}", nodes - 1);
        assert!(to != from, "it sends to itself, {to}, in a session; a session has two nodes");
        let id = self.sessions.machine_sessions.get(&(from, to)).copied();
        let id = id.unwrap_or_else(|| self.open_for_machine(from, to, port));
        // Messages that are about to be returned come first, so this one is returned after them.
        let has_returned = !self.sessions.connections.at(id.slot()).endpoint(id.side()).returned.is_empty();
        let sent = if has_returned { Err(SendRefused::Full(message)) } else { self.send(id, kind, message) };
        if let Err(unsent) = sent {
            self.return_message(id, kind, unsent.into_message());
        }
    }

    /// Finishes the machine's session with a peer; does nothing if there is none.
    pub fn machine_close(&mut self, from: NodeId, to: NodeId) {
        if let Some(id) = self.sessions.machine_sessions.get(&(from, to)).copied() {
            self.finish(id);
        }
    }

    fn open_for_machine(&mut self, from: NodeId, to: NodeId, port: PortId) -> SessionId {
        let id = self.connect_as(from, to, port, MACHINE_PORT);
        self.sessions.connections.at_mut(id.slot()).endpoint_mut(id.side()).of_machine = true;
        self.sessions.machine_sessions.insert((from, to), id);
        id
    }

    fn return_message<M: Message>(&mut self, id: SessionId, kind: PayloadKind, message: M) {
        let message = self.payloads.insert(kind, message, 1);
        let (slot, side) = (id.slot(), id.side());
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(side);
        endpoint.returned.push_back(message);
        let node = endpoint.node;
        self.request_window(slot, side);
        self.notify(slot, side, Events::RETURNED);
        self.wake_node(node);
    }

    pub(super) fn drop_returned(&mut self, slot: usize, side: Side) {
        while let Some(message) = self.sessions.connections.at_mut(slot).endpoint_mut(side).returned.pop_front() {
            self.payloads.release(message);
        }
    }

    /// Returns the next notice for a machine, in order within each of its sessions.
    ///
    /// `kind` must be that of `M`.
    pub fn next_machine_notice<M: Message>(&mut self, node: NodeId, kind: PayloadKind) -> Option<MachineNotice<M>> {
        while let Some(id) = self.first_pending(node) {
            if let Some(notice) = self.next_notice_of(id, kind) {
                self.reap_and_wake(id, node);
                return Some(notice);
            }
            if self.kernel.health(node) != Health::Up {
                return None;
            }
        }
        None
    }

    /// Returns the first notice of an endpoint: returned messages, then arrivals, then a reset, then room.
    fn next_notice_of<M: Message>(&mut self, id: SessionId, kind: PayloadKind) -> Option<MachineNotice<M>> {
        let (slot, side) = (id.slot(), id.side());
        let connection = self.sessions.connections.at_mut(slot);
        let peer = connection.endpoint(side.other()).node;
        let endpoint = connection.endpoint_mut(side);
        let node = endpoint.node;
        if let Some(message) = endpoint.returned.pop_front() {
            if endpoint.returned.is_empty() {
                endpoint.events.remove(Events::RETURNED);
            }
            let message = self.payloads.take(message, kind).expect("a returned message is of the machine's own type");
            return Some(MachineNotice::Full(peer, message));
        }
        if endpoint.events.has(Events::READABLE) {
            match self.recv_next(slot, side, kind) {
                SessionRecv::Message(message) => return Some(MachineNotice::Message(Received { from: peer, message })),
                SessionRecv::Finished => return Some(MachineNotice::Closed(peer)),
                // It crashed of the message.
                SessionRecv::Nothing if self.kernel.health(node) != Health::Up => return None,
                SessionRecv::Nothing | SessionRecv::Broken(_) => {}
            }
        }
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(side);
        if let Stage::Broken(reason) = endpoint.stage {
            self.release(id);
            return Some(MachineNotice::Reset(peer, reason));
        }
        let has_room = endpoint.events.has(Events::WRITABLE);
        endpoint.events = Events::NONE;
        has_room.then_some(MachineNotice::Writable(peer))
    }

    /// Releases an endpoint whose session both sides have finished, once the machine got every notice.
    ///
    /// The machine can then open another session.
    pub(super) fn release_if_closed(&mut self, slot: usize, side: Side) {
        let connection = self.sessions.connections.at_mut(slot);
        let endpoint = connection.endpoint(side);
        if !endpoint.of_machine || endpoint.released || endpoint.stage != Stage::Open || !connection.is_closed(side) {
            return;
        }
        let endpoint = connection.endpoint_mut(side);
        if endpoint.waits_for_window {
            endpoint.waits_for_window = false;
            self.notify(slot, side, Events::WRITABLE);
        } else if endpoint.events == Events::NONE {
            self.mark_released(slot, side);
        }
    }

    /// Removes an endpoint as the machine's session with its peer; its successor takes its place.
    pub(super) fn unlink_machine_session(&mut self, slot: usize, side: Side) {
        let connection = self.sessions.connections.at(slot);
        let id = connection.id(slot, side);
        let between = (connection.endpoint(side).node, connection.endpoint(side.other()).node);
        let successor = connection.endpoint(side).successor;
        if self.sessions.machine_sessions.get(&between) == Some(&id) {
            match successor {
                Some(successor) => self.sessions.machine_sessions.insert(between, successor),
                None => self.sessions.machine_sessions.remove(&between),
            };
        }
    }

    /// Handles a request for a session with a machine, which has at most one with each peer.
    ///
    /// If the machine itself is connecting to that peer, both become one session. If it holds an endpoint of an earlier session,
    /// that one is over and the new one follows once the machine was notified: a machine that connects again has lost its
    /// endpoint, and tasks that open a second session lose the first.
    pub(super) fn accept_for_machine(&mut self, slot: usize, attempt: Attempt) {
        let connection = self.sessions.connections.at(slot);
        let between = (connection.endpoint(Side::Accepting).node, connection.endpoint(Side::Connecting).node);
        let earlier = self.latest_machine_session(between);
        if let Some(asking) = earlier
            && self.sessions.connections.at(asking.slot()).endpoint(asking.side()).stage == Stage::Connecting
        {
            return self.merge_into(asking, slot, attempt);
        }
        let id = self.open_accepting(slot, attempt);
        self.sessions.connections.at_mut(slot).endpoint_mut(Side::Accepting).of_machine = true;
        match earlier {
            None => drop(self.sessions.machine_sessions.insert(between, id)),
            Some(earlier) => {
                self.sessions.connections.at_mut(earlier.slot()).endpoint_mut(earlier.side()).successor = Some(id);
                self.supersede(earlier);
            }
        }
    }

    /// Follows the chain of successors to the latest session with a peer.
    fn latest_machine_session(&self, between: (NodeId, NodeId)) -> Option<SessionId> {
        let mut last = *self.sessions.machine_sessions.get(&between)?;
        while let Some(successor) = self.sessions.connections.at(last.slot()).endpoint(last.side()).successor {
            last = successor;
        }
        Some(last)
    }

    /// Ends an earlier session, whose peer has just opened a new one.
    fn supersede(&mut self, earlier: SessionId) {
        let (slot, side) = (earlier.slot(), earlier.side());
        let connection = self.sessions.connections.at_mut(slot);
        if connection.is_closed(side.other()) {
            // The peer has read everything and only the last acknowledgement was lost, as its new request proves.
            connection.outbound(side).acknowledge_all();
        } else if connection.endpoint(side).is_alive() {
            self.break_endpoint(slot, side, ResetReason::Reset);
            if !self.sessions.connections.at(slot).endpoint(side.other()).of_machine {
                self.send_reset(slot, side);
            }
        }
        self.reap(earlier);
    }

    /// Moves a connecting endpoint into the session that its peer opened at the same time.
    ///
    /// If tasks of the peer have accepted the machine's own request meanwhile, they get a reset when they answer.
    fn merge_into(&mut self, asking: SessionId, slot: usize, attempt: Attempt) {
        let (old, side) = (asking.slot(), asking.side());
        self.unregister_endpoint(old, side);
        let [from, into] = self.sessions.connections.pair(old, slot);
        std::mem::swap(from.endpoint_mut(side), into.endpoint_mut(Side::Accepting));
        std::mem::swap(from.outbound(side), into.outbound(Side::Accepting));
        from.endpoint_mut(side).stage = Stage::Gone;
        let id = into.id(slot, Side::Accepting);
        let peer = into.endpoint(Side::Connecting).node;
        let endpoint = into.endpoint_mut(Side::Accepting);
        endpoint.stage = Stage::Open;
        endpoint.heard_at = self.kernel.now();
        endpoint.unanswered = 0;
        endpoint.timer_at = None;
        let node = endpoint.node;
        self.reap(asking);
        self.register_endpoint(slot, Side::Accepting);
        self.replace_pending(node, asking, id);
        self.sessions.machine_sessions.insert((node, peer), id);
        self.confirm_accept(slot, attempt);
        self.flush(slot, Side::Accepting);
    }
}
