//! Sessions: TCP's promise for whole messages, over the links, cuts and losses of datagrams.
//!
//! A session is modelled by its parts, not by its effect: an endpoint knows only what reached it over a link. Half-open sessions,
//! lost acknowledgements and cut return paths follow from that. A session whose return path is cut times out although every
//! message arrived.
//!
//! # Parts
//!
//! A session has two **endpoints** ([`endpoint`]), each of which belongs to one life of one node, and one **half** ([`half`]) per
//! direction; together they are a [`connection`]. A half numbers its messages from 0. The **FIN**, which ends a direction, is one
//! more number after the last message.
//!
//! A **segment** ([`segment`]) travels over a link: a request and its answer, an attempt to carry a message, an acknowledgement,
//! a probe, a reset. Loss, loss rules, delay, copies, reordering and cuts affect a segment as they affect a datagram, and on a
//! FIFO link segments and datagrams wait for each other. Segments dropped by a cut or a loss rule count in its effect, but not as
//! lost messages.
//!
//! | file | content |
//! |---|---|
//! | `handshake.rs`, `listeners.rs` | opening a session |
//! | `transmit.rs`, `input.rs` | a segment leaves for its link, a segment arrives |
//! | `send.rs`, `timers.rs`, `recv.rs` | messages, retransmission, timeout, window |
//! | `close.rs`, `crash.rs` | finish, release, abort, reset; crash and return of a node |
//! | `task_api.rs`, `machine_api.rs`, `notices.rs` | the interfaces of async nodes, machines, and other hosts |
//!
//! # Who holds endpoints
//!
//! Tasks hold endpoints by [`SessionId`] and register as waiters. A machine identifies a session by its peer and is woken with
//! [`SESSION_NOTICE`], once for each notice. Any other host holds endpoints by id, is woken with that number, and takes
//! notices until there is none. `SessionService::state` returns the state of an endpoint at any time. Machines and async nodes can
//! talk to each other, on the machine's port; the counts of a session do not depend on which of them hold it
//! (`machines_and_nodes_give_one_session_traffic`).
//!
//! # Addresses
//!
//! A session is addressed by its two nodes, the port (the word `machine` for a session that a machine opened), and the number of
//! times the first node connected to the second on that port before. This count is kept for the whole run, in 16 bytes for each
//! pair and port. An attempt is addressed by session, direction, message number and attempt, an answer by what it answers. So the
//! random choices about one session do not depend on any other session (`a_session_is_unaffected_by_traffic_of_others`), nor does
//! the fate of an attempt depend on the one before it.
//!
//! # Accounting
//!
//! Messages of sessions are part of `Traffic` like all others, and appear once more in `Traffic::sessions`, with bytes, attempts
//! and retransmissions. A message is lost as `session_refused`, `session_timed_out` or `session_reset` with its session, as
//! `session_crash`, as `session_unread` with a released endpoint, or as `undecodable`.
//!
//! Not modelled: bandwidth, keepalive, larger cost of larger messages, retransmission timeouts that follow the measured round
//! trip.

mod close;
mod connection;
mod counts;
mod crash;
mod endpoint;
mod half;
mod handshake;
mod input;
mod listeners;
mod machine_api;
mod notices;
mod recv;
mod segment;
mod send;
mod task_api;
mod timers;
mod transmit;

use cluster_sim_runtime::Kernel;
use cluster_sim_types::{Incarnation, NodeId, SessionTraffic};
use rustc_hash::FxHashMap;

pub use endpoint::SessionId;
pub use listeners::BACKLOG_CAPACITY;
pub use machine_api::MachineNotice;
pub use notices::{Notice, SESSION_NOTICE};
pub use recv::SessionRecv;
pub use send::SendRefused;
pub use task_api::EndpointWait;

use super::fabric::Fabric;
use super::payload::{MessageRef, Payloads};
use super::ports::{PortId, Ports};
use crate::reset::ResetReason;
use connection::Connections;
use counts::Counts;
use endpoint::{Side, Stage};
use listeners::Listeners;
use notices::NodeSessions;
use segment::Segments;
use task_api::EndpointWaiters;

/// The sessions of a network.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    connections: Connections,
    segments: Segments,
    listeners: Listeners,
    nodes: Vec<NodeSessions>,
    /// Waiting tasks, indexed by endpoint; empty where no tasks run.
    waiting: Vec<EndpointWaiters>,
    /// The endpoint of a machine's session, by machine and peer.
    machine_sessions: FxHashMap<(NodeId, NodeId), SessionId>,
    counts: Counts,
}

impl Sessions {
    /// Lets the tasks of a node wait at its endpoints, instead of waking its host with [`SESSION_NOTICE`].
    pub(super) fn run_tasks(&mut self, node: NodeId) {
        self.node(node).runs_tasks = true;
    }

    /// Whether a node runs tasks.
    pub(super) fn runs_tasks(&self, node: NodeId) -> bool {
        self.nodes.get(node.index()).is_some_and(|node| node.runs_tasks)
    }

    fn node(&mut self, node: NodeId) -> &mut NodeSessions {
        if self.nodes.len() <= node.index() {
            self.nodes.resize_with(node.index() + 1, NodeSessions::default);
        }
        &mut self.nodes[node.index()]
    }

    /// Lists the messages in flight with their length, by sender, receiver and port.
    pub(super) fn messages(&self) -> impl Iterator<Item = ((NodeId, NodeId, PortId), MessageRef, u32)> {
        self.connections.all().flat_map(|connection| {
            Side::BOTH.into_iter().flat_map(move |side| {
                let messages = connection.halves[side.index()].messages();
                messages.map(move |(message, length)| (connection.link_from(side), message, length))
            })
        })
    }

    /// Lists the segments on their links, by sender, receiver and port.
    pub(super) fn segments_on_links(&self) -> impl Iterator<Item = (NodeId, NodeId, PortId)> {
        let on_links = self.segments.used().filter(|segment| segment.kind.crosses_link());
        on_links.filter_map(|segment| Some(self.connections.find(segment.to)?.link_from(segment.to.side().other())))
    }

    /// Returns the counts of messages and bytes.
    pub(super) fn traffic(&self) -> &SessionTraffic {
        &self.counts.traffic
    }
}

/// The sessions of a network, for one call, with what they use of the simulation.
pub struct SessionService<'a> {
    pub(super) kernel: &'a mut Kernel,
    pub(super) fabric: &'a mut Fabric,
    pub(super) payloads: &'a mut Payloads,
    pub(super) ports: &'a mut Ports,
    pub(super) sessions: &'a mut Sessions,
}

/// The progress of one endpoint of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStage {
    /// Waits for the peer's answer. Messages sent now go out once the session is open.
    Connecting,
    /// Carries messages.
    Open,
    /// Sends and accepts nothing more. Messages that had arrived in order can still be read.
    Broken(ResetReason),
}

/// The state of one endpoint of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionState {
    /// The node that holds the endpoint.
    pub node: NodeId,
    /// The other node.
    pub peer: NodeId,
    /// The life of the peer that holds the other endpoint; 0 while this endpoint is connecting.
    pub incarnation: Incarnation,
    /// The port on which the session was opened.
    pub port: PortId,
    /// The progress of the endpoint.
    pub stage: SessionStage,
    /// Whether a message, or the end of the peer's messages, can be read.
    pub readable: bool,
    /// Whether a message can be sent now.
    pub writable: bool,
}

impl SessionService<'_> {
    /// Returns the state of an endpoint, or `None` if it was released or its node's life ended.
    pub fn state(&self, id: SessionId) -> Option<SessionState> {
        let connection = self.sessions.connections.find(id)?;
        let (endpoint, other) = (connection.endpoint(id.side()), connection.endpoint(id.side().other()));
        let stage = match endpoint.stage {
            _ if endpoint.released => return None,
            Stage::Absent | Stage::Gone => return None,
            Stage::Connecting => SessionStage::Connecting,
            Stage::Open => SessionStage::Open,
            Stage::Broken(reason) => SessionStage::Broken(reason),
        };
        let outbound = &connection.halves[id.side().index()];
        let window = self.fabric.model(outbound.class).window;
        Some(SessionState {
            node: endpoint.node,
            peer: other.node,
            incarnation: other.incarnation,
            port: connection.port,
            stage,
            readable: connection.halves[id.side().other().index()].is_readable(),
            writable: endpoint.is_alive() && !outbound.is_finished() && outbound.has_room(window),
        })
    }

    /// Counts the sessions in memory: those with an endpoint that may still act.
    pub fn count(&self) -> usize {
        self.sessions.connections.len()
    }

    /// Returns the slot and side of an endpoint that its node still holds.
    fn resolve(&self, id: SessionId) -> Option<(usize, Side)> {
        let endpoint = self.sessions.connections.find(id)?.endpoint(id.side());
        let is_there = endpoint.is_alive() || matches!(endpoint.stage, Stage::Broken(_));
        (is_there && !endpoint.released).then_some((id.slot(), id.side()))
    }

    /// Reaps a session after a call, and wakes the calling node if it has further notices.
    fn reap_and_wake(&mut self, id: SessionId, acting: NodeId) {
        self.reap(id);
        self.wake_node(acting);
    }
}
