//! Opening a session: asking for it, taking it, refusing it.

use cluster_sim_runtime::{Address, Kernel, Record, RecordKind};
use cluster_sim_types::{Health, NodeId};

use super::SessionId;
use super::endpoint::{Events, Side, Stage};
use super::listeners::BACKLOG_CAPACITY;
use super::segment::{Attempt, SegmentKind};
use super::transmit::RollKind;
use crate::error::PortInUse;
use crate::network::Network;
use crate::network::port_names::PortId;

impl Network {
    /// Lets a node take sessions on a port, until its life ends.
    ///
    /// # Errors
    /// If the node listens there already, or the machine that it hosts does; nothing was done.
    pub fn listen(&mut self, node: NodeId, port: PortId) -> Result<(), PortInUse> {
        let free = !self.sockets.is_taken_by_host(node, port) && self.sessions.listeners.listen(node, port);
        if free { Ok(()) } else { Err(self.port_in_use(port)) }
    }

    /// Ends listening on a port: what nobody accepted is reset, who asks from now on is refused.
    pub fn stop_listening(&mut self, kernel: &mut Kernel, node: NodeId, port: PortId) {
        for id in self.sessions.listeners.stop(node, port) {
            self.abort(kernel, id);
        }
    }

    /// The oldest session that waits on a port for its node to accept it, if one does. It is open, and may hold messages already.
    pub fn accept(&mut self, node: NodeId, port: PortId) -> Option<SessionId> {
        self.sessions.listeners.at(node, port)?.backlog.pop_front()
    }

    /// Asks another node for a session on a port. The end is there at once, and takes messages up to the window; they wait until it is open.
    ///
    /// # Panics
    /// If there is no such node: the mistake of who asks, and so a finding about it.
    pub fn connect(&mut self, kernel: &mut Kernel, from: NodeId, to: NodeId, port: PortId) -> SessionId {
        let port_address = self.port_names.address(port);
        self.connect_as(kernel, from, to, port, port_address)
    }

    /// The same for a port that has its own name for chance.
    pub(super) fn connect_as(
        &mut self,
        kernel: &mut Kernel,
        from: NodeId,
        to: NodeId,
        port: PortId,
        port_address: Address,
    ) -> SessionId {
        let nodes = kernel.node_count();
        assert!(to.0 < nodes, "it connects to {to}, but the cluster has n0 to n{}", nodes - 1);
        let count = self.sessions.listeners.count(from, to, port);
        let endpoints = Address::new().number(kernel.address(from).key()).number(kernel.address(to).key());
        let label = endpoints.number(port_address.key()).number(u64::from(count));
        let classes = [self.classes.of(from, to), self.classes.of(to, from)];
        let slot = self.sessions.connections.insert(label, port, [from, to], classes);
        self.sessions.counts.traffic.connects += 1;
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(Side::Connecting);
        endpoint.stage = Stage::Connecting;
        endpoint.incarnation = kernel.incarnation(from);
        endpoint.heard_at = kernel.now();
        self.register_endpoint(slot, Side::Connecting);
        self.send_request(kernel, slot);
        self.arm_timer(kernel, slot, Side::Connecting);
        self.sessions.connections.at(slot).id(slot, Side::Connecting)
    }

    /// Asks once, for the first time or again.
    pub(super) fn send_request(&mut self, kernel: &mut Kernel, slot: usize) {
        let attempt = self.next_attempt(kernel, slot, Side::Connecting);
        self.record_session(kernel, slot, Side::Connecting, RecordKind::Connect, attempt);
        let address = RollKind::Request.address(self.sessions.connections.at(slot).address(Side::Connecting));
        self.transmit_segment(
            kernel,
            slot,
            Side::Connecting,
            address.number(u64::from(attempt)),
            SegmentKind::Request(Attempt::new(attempt)),
        );
    }

    /// Numbers a request or a probe of that end, and says when the next one is due.
    pub(super) fn next_attempt(&mut self, kernel: &Kernel, slot: usize, side: Side) -> u32 {
        let unanswered = self.sessions.connections.at(slot).endpoint(side).unanswered;
        let after = self.class_of(slot, side).link.model.retransmit_after(unanswered);
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(side);
        endpoint.retry_at = kernel.now() + after;
        endpoint.unanswered = unanswered.saturating_add(1);
        endpoint.attempts += 1;
        endpoint.attempts - 1
    }

    /// A request reached the node that it asks. Without an answer it will come again.
    pub(super) fn on_request(&mut self, kernel: &mut Kernel, slot: usize, attempt: Attempt) {
        let connection = self.sessions.connections.at(slot);
        // Where the asking end is gone there would be no third step of the handshake, and so nothing to accept.
        if !connection.endpoint(Side::Connecting).is_alive() {
            return;
        }
        let (node, port) = (connection.endpoint(Side::Accepting).node, connection.port);
        match connection.endpoint(Side::Accepting).stage {
            Stage::Open => self.reply(kernel, slot, RollKind::Accept, SegmentKind::Accept, attempt),
            Stage::Broken(_) | Stage::Gone => self.send_reset(kernel, slot, Side::Accepting),
            Stage::Connecting => unreachable!("the accepting end does not ask"),
            Stage::Absent if kernel.health(node) == Health::Paused => {}
            Stage::Absent if self.sockets.is_taken_by_host(node, port) => self.accept_for_machine(kernel, slot, attempt),
            Stage::Absent => match self.sessions.listeners.at(node, port).map(|listener| listener.backlog.len()) {
                None => {
                    self.record_session(kernel, slot, Side::Accepting, RecordKind::Refuse, attempt.number);
                    self.reply(kernel, slot, RollKind::Refuse, SegmentKind::Refuse, attempt);
                }
                Some(BACKLOG_CAPACITY..) => {}
                Some(_) => {
                    let id = self.open_accepting(kernel, slot, attempt);
                    self.sessions.listeners.at(node, port).expect("somebody listens").backlog.push_back(id);
                    self.notify(kernel, slot, Side::Accepting, Events::INCOMING);
                }
            },
        }
    }

    /// Makes the end of who was asked, and says so to who asked.
    pub(super) fn open_accepting(&mut self, kernel: &mut Kernel, slot: usize, attempt: Attempt) -> SessionId {
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(Side::Accepting);
        endpoint.stage = Stage::Open;
        endpoint.incarnation = kernel.incarnation(endpoint.node);
        endpoint.heard_at = kernel.now();
        self.register_endpoint(slot, Side::Accepting);
        self.confirm_accept(kernel, slot, attempt);
        self.sessions.connections.at(slot).id(slot, Side::Accepting)
    }

    /// Counts a session that was taken, and says so to who asked.
    pub(super) fn confirm_accept(&mut self, kernel: &mut Kernel, slot: usize, attempt: Attempt) {
        self.sessions.counts.traffic.accepted += 1;
        self.record_session(kernel, slot, Side::Accepting, RecordKind::Accept, attempt.number);
        self.reply(kernel, slot, RollKind::Accept, SegmentKind::Accept, attempt);
    }

    fn reply(&mut self, kernel: &mut Kernel, slot: usize, roll: RollKind, kind: SegmentKind, attempt: Attempt) {
        let address = roll.address(self.sessions.connections.at(slot).address(Side::Accepting));
        self.transmit_segment(kernel, slot, Side::Accepting, attempt.reply_address(address), kind);
    }

    /// The other side is there: what waited for that goes out.
    pub(super) fn open_connecting(&mut self, kernel: &mut Kernel, slot: usize) {
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(Side::Connecting);
        endpoint.stage = Stage::Open;
        endpoint.heard_at = kernel.now();
        endpoint.unanswered = 0;
        self.notify(kernel, slot, Side::Connecting, Events::OPENED);
        self.flush(kernel, slot, Side::Connecting);
    }

    /// Records something that an end did or that happened to it.
    pub(super) fn record_session(&mut self, kernel: &mut Kernel, slot: usize, side: Side, kind: RecordKind, detail: u32) {
        let connection = self.sessions.connections.at(slot);
        let (node, peer) = (connection.endpoint(side).node, connection.endpoint(side.other()).node);
        kernel.record(Record { peer, detail, label: connection.label.key(), ..Record::of(kernel.now(), kind, node) });
    }
}
