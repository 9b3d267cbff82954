//! Opens sessions: connect, accept, refuse.
//!
//! `connect` sends a request, and sends it again while no answer comes. A node that is up answers: it accepts if something
//! listens on the port, and refuses otherwise. A node that is down, paused, cut off, or has [`BACKLOG_CAPACITY`] sessions waiting
//! to be accepted does not answer. A request whose connecting endpoint is gone is never accepted, as if the third step of TCP's
//! handshake were missing.
//!
//! A node that gives up a connect sends no further request. If it was accepted meanwhile, the answer is met with a reset.
//! Sessions that wait to be accepted are reset when the listener closes. Messages sent before the session is open wait in it.

use cluster_sim_runtime::{Address, Record, RecordKind};
use cluster_sim_types::{Health, NodeId};

use super::SessionId;
use super::SessionService;
use super::endpoint::{Events, Side, Stage};
use super::listeners::BACKLOG_CAPACITY;
use super::segment::{Attempt, SegmentKind};
use super::transmit::RollKind;
use crate::error::PortInUse;
use crate::network::ports::PortId;

impl SessionService<'_> {
    /// Listens on a port until the node's life ends or [`stop_listening`](Self::stop_listening).
    ///
    /// # Errors
    /// The node, or the machine on it, listens on the port already. Nothing changed.
    pub fn listen(&mut self, node: NodeId, port: PortId) -> Result<(), PortInUse> {
        let free = !self.ports.is_of_host(node, port) && self.sessions.listeners.listen(node, port);
        if free { Ok(()) } else { Err(self.ports.in_use(port)) }
    }

    /// Closes a listener: sessions not accepted are reset, further requests refused.
    pub fn stop_listening(&mut self, node: NodeId, port: PortId) {
        for id in self.sessions.listeners.stop(node, port) {
            self.abort(id);
        }
    }

    /// Accepts the oldest session that waits on a port. It is open, and may hold messages already.
    pub fn accept(&mut self, node: NodeId, port: PortId) -> Option<SessionId> {
        self.sessions.listeners.at(node, port)?.backlog.pop_front()
    }

    /// Opens a session with another node and returns its endpoint at once.
    ///
    /// Messages can be sent up to the window; they wait until the session is open.
    ///
    /// # Panics
    /// The node does not exist. That is a bug of the caller, so the run ends with a finding about it.
    pub fn connect(&mut self, from: NodeId, to: NodeId, port: PortId) -> SessionId {
        let port_address = self.ports.address(port);
        self.connect_as(from, to, port, port_address)
    }

    /// Opens a session whose address uses `port_address` for the port.
    pub(super) fn connect_as(&mut self, from: NodeId, to: NodeId, port: PortId, port_address: Address) -> SessionId {
        let nodes = self.kernel.node_count();
        assert!(to.0 < nodes, "it connects to {to}, but the cluster has n0 to n{}", nodes - 1);
        let count = self.sessions.listeners.count(from, to, port);
        let endpoints = Address::new().number(self.kernel.address(from).key()).number(self.kernel.address(to).key());
        let label = endpoints.number(port_address.key()).number(u64::from(count));
        let classes = [self.fabric.class_between(from, to), self.fabric.class_between(to, from)];
        let slot = self.sessions.connections.insert(label, port, [from, to], classes);
        self.sessions.counts.traffic.connects += 1;
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(Side::Connecting);
        endpoint.stage = Stage::Connecting;
        endpoint.incarnation = self.kernel.incarnation(from);
        endpoint.heard_at = self.kernel.now();
        self.register_endpoint(slot, Side::Connecting);
        self.send_request(slot);
        self.arm_timer(slot, Side::Connecting);
        self.sessions.connections.at(slot).id(slot, Side::Connecting)
    }

    /// Sends a request, for the first time or again.
    pub(super) fn send_request(&mut self, slot: usize) {
        let attempt = self.next_attempt(slot, Side::Connecting);
        self.record_session(slot, Side::Connecting, RecordKind::Connect, attempt);
        let address = RollKind::Request.address(self.sessions.connections.at(slot).address(Side::Connecting));
        self.transmit(slot, Side::Connecting, address.number(u64::from(attempt)), SegmentKind::Request(Attempt::new(attempt)));
    }

    /// Numbers a request or probe, and sets the time of the next one.
    pub(super) fn next_attempt(&mut self, slot: usize, side: Side) -> u32 {
        let unanswered = self.sessions.connections.at(slot).endpoint(side).unanswered;
        let after = self.model(slot, side).retransmit_after(unanswered);
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(side);
        endpoint.retry_at = self.kernel.now() + after;
        endpoint.unanswered = unanswered.saturating_add(1);
        endpoint.attempts += 1;
        endpoint.attempts - 1
    }

    /// Handles a request that reached its node. Where it gets no answer, the next request comes later.
    pub(super) fn on_request(&mut self, slot: usize, attempt: Attempt) {
        let connection = self.sessions.connections.at(slot);
        // Without the connecting endpoint there is no third step of the handshake, so there is nothing to accept.
        if !connection.endpoint(Side::Connecting).is_alive() {
            return;
        }
        let (node, port) = (connection.endpoint(Side::Accepting).node, connection.port);
        match connection.endpoint(Side::Accepting).stage {
            Stage::Open => self.reply(slot, RollKind::Accept, SegmentKind::Accept, attempt),
            Stage::Broken(_) | Stage::Gone => self.send_reset(slot, Side::Accepting),
            Stage::Connecting => unreachable!("only the connecting side connects"),
            Stage::Absent if self.kernel.health(node) == Health::Paused => {}
            Stage::Absent if self.ports.is_of_host(node, port) => self.accept_for_machine(slot, attempt),
            Stage::Absent => match self.sessions.listeners.at(node, port).map(|listener| listener.backlog.len()) {
                None => {
                    self.record_session(slot, Side::Accepting, RecordKind::Refuse, attempt.number);
                    self.reply(slot, RollKind::Refuse, SegmentKind::Refuse, attempt);
                }
                Some(BACKLOG_CAPACITY..) => {}
                Some(_) => {
                    let id = self.open_accepting(slot, attempt);
                    self.sessions.listeners.at(node, port).expect("a listener was found above").backlog.push_back(id);
                    self.notify(slot, Side::Accepting, Events::INCOMING);
                }
            },
        }
    }

    /// Creates the accepting endpoint, and answers the request.
    pub(super) fn open_accepting(&mut self, slot: usize, attempt: Attempt) -> SessionId {
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(Side::Accepting);
        endpoint.stage = Stage::Open;
        endpoint.incarnation = self.kernel.incarnation(endpoint.node);
        endpoint.heard_at = self.kernel.now();
        self.register_endpoint(slot, Side::Accepting);
        self.confirm_accept(slot, attempt);
        self.sessions.connections.at(slot).id(slot, Side::Accepting)
    }

    /// Counts and records an accepted session, and answers the request.
    pub(super) fn confirm_accept(&mut self, slot: usize, attempt: Attempt) {
        self.sessions.counts.traffic.accepted += 1;
        self.record_session(slot, Side::Accepting, RecordKind::Accept, attempt.number);
        self.reply(slot, RollKind::Accept, SegmentKind::Accept, attempt);
    }

    fn reply(&mut self, slot: usize, roll: RollKind, kind: SegmentKind, attempt: Attempt) {
        let address = roll.address(self.sessions.connections.at(slot).address(Side::Accepting));
        self.transmit(slot, Side::Accepting, attempt.reply_address(address), kind);
    }

    /// Opens the connecting endpoint: messages that waited for it go out.
    pub(super) fn open_connecting(&mut self, slot: usize) {
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(Side::Connecting);
        endpoint.stage = Stage::Open;
        endpoint.heard_at = self.kernel.now();
        endpoint.unanswered = 0;
        self.notify(slot, Side::Connecting, Events::OPENED);
        self.flush(slot, Side::Connecting);
    }

    /// Records an event of an endpoint.
    pub(super) fn record_session(&mut self, slot: usize, side: Side, kind: RecordKind, detail: u32) {
        let connection = self.sessions.connections.at(slot);
        let (node, peer) = (connection.endpoint(side).node, connection.endpoint(side.other()).node);
        self.kernel.record(Record { peer, detail, label: connection.label.key(), ..Record::of(self.kernel.now(), kind, node) });
    }
}
