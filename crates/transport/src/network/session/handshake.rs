//! Opening a session: asking for it, taking it, refusing it.

use cluster_sim_runtime::{Address, Kernel, Record, RecordKind};
use cluster_sim_types::{Health, NodeId};

use super::SessionId;
use super::endpoint::{News, Side, Stage};
use super::listeners::BACKLOG_CAPACITY;
use super::segment::{Attempt, What};
use super::transmit::Kind;
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
        if free { Ok(()) } else { Err(self.taken(port)) }
    }

    /// Ends listening on a port: what nobody accepted is reset, who asks from now on is refused.
    pub fn stop_listening(&mut self, kernel: &mut Kernel, node: NodeId, port: PortId) {
        for id in self.sessions.listeners.stop(node, port) {
            self.abandon(kernel, id);
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
        let named = self.ports.address(port);
        self.ask(kernel, from, to, port, named)
    }

    /// The same for a port that has its own name for chance.
    pub(super) fn ask(&mut self, kernel: &mut Kernel, from: NodeId, to: NodeId, port: PortId, named: Address) -> SessionId {
        let nodes = kernel.node_count();
        assert!(to.0 < nodes, "it connects to {to}, but the cluster has n0 to n{}", nodes - 1);
        let count = self.sessions.listeners.count(from, to, port);
        let ends = Address::new().number(kernel.address(from).key()).number(kernel.address(to).key());
        let label = ends.number(named.key()).number(u64::from(count));
        let classes = [self.classes.of(from, to), self.classes.of(to, from)];
        let slot = self.sessions.connections.insert(label, port, [from, to], classes);
        self.sessions.counts.traffic.connects += 1;
        let end = self.sessions.connections.at_mut(slot).end_mut(Side::Connecting);
        end.stage = Stage::Connecting;
        end.incarnation = kernel.incarnation(from);
        end.heard_at = kernel.now();
        self.enlist(slot, Side::Connecting);
        self.request(kernel, slot);
        self.arm_timer(kernel, slot, Side::Connecting);
        self.sessions.connections.at(slot).id(slot, Side::Connecting)
    }

    /// Asks once, for the first time or again.
    pub(super) fn request(&mut self, kernel: &mut Kernel, slot: usize) {
        let attempt = self.count_attempt(kernel, slot, Side::Connecting);
        self.record_session(kernel, slot, Side::Connecting, RecordKind::Connect, attempt);
        let address = Kind::Request.of(self.sessions.connections.at(slot).address(Side::Connecting));
        self.transmit_segment(
            kernel,
            slot,
            Side::Connecting,
            address.number(u64::from(attempt)),
            What::Request(Attempt::new(attempt)),
        );
    }

    /// Numbers a request or a probe of that end, and says when the next one is due.
    pub(super) fn count_attempt(&mut self, kernel: &Kernel, slot: usize, side: Side) -> u32 {
        let tries = self.sessions.connections.at(slot).end(side).tries;
        let after = self.class_of(slot, side).link.model.retransmit_after(tries);
        let end = self.sessions.connections.at_mut(slot).end_mut(side);
        end.retry_at = kernel.now() + after;
        end.tries = tries.saturating_add(1);
        end.attempts += 1;
        end.attempts - 1
    }

    /// A request reached the node that it asks. Without an answer it will come again.
    pub(super) fn on_request(&mut self, kernel: &mut Kernel, slot: usize, attempt: Attempt) {
        let connection = self.sessions.connections.at(slot);
        // Where the asking end is gone there would be no third step of the handshake, and so nothing to accept.
        if !connection.end(Side::Connecting).is_alive() {
            return;
        }
        let (node, port) = (connection.end(Side::Accepting).node, connection.port);
        match connection.end(Side::Accepting).stage {
            Stage::Open => self.answer(kernel, slot, Kind::Accept, What::Accept, attempt),
            Stage::Broken(_) | Stage::Vanished => self.notify_reset(kernel, slot, Side::Accepting),
            Stage::Connecting => unreachable!("the accepting end does not ask"),
            Stage::Absent if kernel.health(node) == Health::Paused => {}
            Stage::Absent if self.sockets.is_taken_by_host(node, port) => self.accept_stream(kernel, slot, attempt),
            Stage::Absent => match self.sessions.listeners.at(node, port).map(|listener| listener.backlog.len()) {
                None => {
                    self.record_session(kernel, slot, Side::Accepting, RecordKind::Refuse, attempt.number);
                    self.answer(kernel, slot, Kind::Refuse, What::Refuse, attempt);
                }
                Some(BACKLOG_CAPACITY..) => {}
                Some(_) => {
                    let id = self.open_accepting(kernel, slot, attempt);
                    self.sessions.listeners.at(node, port).expect("somebody listens").backlog.push_back(id);
                    self.tell(kernel, slot, Side::Accepting, News::INCOMING);
                }
            },
        }
    }

    /// Makes the end of who was asked, and says so to who asked.
    pub(super) fn open_accepting(&mut self, kernel: &mut Kernel, slot: usize, attempt: Attempt) -> SessionId {
        let end = self.sessions.connections.at_mut(slot).end_mut(Side::Accepting);
        end.stage = Stage::Open;
        end.incarnation = kernel.incarnation(end.node);
        end.heard_at = kernel.now();
        self.enlist(slot, Side::Accepting);
        self.accepted(kernel, slot, attempt);
        self.sessions.connections.at(slot).id(slot, Side::Accepting)
    }

    /// Counts a session that was taken, and says so to who asked.
    pub(super) fn accepted(&mut self, kernel: &mut Kernel, slot: usize, attempt: Attempt) {
        self.sessions.counts.traffic.accepted += 1;
        self.record_session(kernel, slot, Side::Accepting, RecordKind::Accept, attempt.number);
        self.answer(kernel, slot, Kind::Accept, What::Accept, attempt);
    }

    fn answer(&mut self, kernel: &mut Kernel, slot: usize, kind: Kind, what: What, attempt: Attempt) {
        let address = kind.of(self.sessions.connections.at(slot).address(Side::Accepting));
        self.transmit_segment(kernel, slot, Side::Accepting, attempt.answered(address), what);
    }

    /// The other side is there: what waited for that goes out.
    pub(super) fn open_connecting(&mut self, kernel: &mut Kernel, slot: usize) {
        let end = self.sessions.connections.at_mut(slot).end_mut(Side::Connecting);
        end.stage = Stage::Open;
        end.heard_at = kernel.now();
        end.tries = 0;
        self.tell(kernel, slot, Side::Connecting, News::OPENED);
        self.flush(kernel, slot, Side::Connecting);
    }

    /// Records something that an end did or that happened to it.
    pub(super) fn record_session(&mut self, kernel: &mut Kernel, slot: usize, side: Side, kind: RecordKind, detail: u32) {
        let connection = self.sessions.connections.at(slot);
        let (node, peer) = (connection.end(side).node, connection.end(side.other()).node);
        kernel.record(Record { peer, detail, label: connection.label.key(), ..Record::of(kernel.now(), kind, node) });
    }
}
