//! Sessions: ordered, reliable messages between two nodes, over the same links, cuts and losses as datagrams.
//!
//! A session is what TCP promises, for whole messages. It has two ends ([`end`]) and a [`lane`] from each to the other, which make a
//! [`connection`]. What travels is a [`segment`]: a request for a session and its answer, an attempt to carry a message, an
//! acknowledgement, a probe, the notice of a reset. Each is put on its link by [`launching`], where loss, delay, copies and cuts strike it
//! alone, and reaches the other end by [`arriving`]. An end knows only what reached it: so an acknowledgement that is lost is a message
//! sent again, and a way back that is cut is a session that times out although everything arrived.
//!
//! [`connecting`] opens sessions, [`sending`] puts messages on their way, [`clock`] sends them again and loses patience, [`taking`] hands
//! them over, [`ending`] closes, breaks and forgets, [`lives`] takes ends away with their nodes.
//!
//! Three kinds of nodes use this. Tasks hold ends by their ids and wait at them ([`tasks`]). A machine knows a session by its peer
//! ([`streams`]): it is woken with `Network::SESSION_NOTICE`, once for each thing it is told. Any other host holds ends by their ids, too: it is
//! woken with the same number, and takes notices until there is none ([`agenda`]); `Network::session` says at any time how an end stands.

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
pub use notices::Notice;
pub use recv::SessionRecv;
pub use send::SendRefused;
pub use task_api::EndpointWait;

use super::Network;
use super::fate::FateRecord;
use super::port_names::PortId;
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
    /// Tasks that wait at an end, by its number; empty where no tasks run.
    waiting: Vec<EndpointWaiters>,
    /// The end by which a machine streams to a peer.
    machine_sessions: FxHashMap<(NodeId, NodeId), SessionId>,
    counts: Counts,
    fate_records: Option<Vec<FateRecord>>,
}

impl Sessions {
    /// Whether what the network scheduled under that number is of a session.
    #[inline]
    pub(super) fn owns(number: u32) -> bool {
        number & Segments::MARK != 0
    }

    #[inline]
    pub(super) fn traffic(&self) -> &SessionTraffic {
        &self.counts.traffic
    }

    pub(super) fn keep_fates(&mut self) {
        self.fate_records.get_or_insert_default();
    }
}

/// How far one end of a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStage {
    /// It waits for the other side; what is sent waits with it.
    Connecting,
    /// It carries messages.
    Open,
    /// It is gone. What had arrived in order before can still be taken in.
    Broken(ResetReason),
}

/// One end of a session as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionState {
    /// Whose end it is.
    pub node: NodeId,
    /// The other node.
    pub peer: NodeId,
    /// The life of the other node that holds the other end; the first one while this end is connecting.
    pub incarnation: Incarnation,
    /// Where the other node listens, or this one.
    pub port: PortId,
    /// How far it has come.
    pub stage: SessionStage,
    /// Whether there is a message, or the end, to take in.
    pub readable: bool,
    /// Whether a message can be sent now.
    pub writable: bool,
}

impl Network {
    /// One end as it stands; nothing once it was released, or went with its node's life.
    pub fn session(&self, id: SessionId) -> Option<SessionState> {
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
        let window = self.classes.get(outbound.class).link.model.window;
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

    /// How many sessions are held in memory: those of which one end may still act.
    pub fn session_count(&self) -> usize {
        self.sessions.connections.len()
    }

    /// The fates of everything that sessions put on links since [`keep_fates`](Self::keep_fates), in the order in which they were decided.
    pub fn session_fates(&self) -> &[FateRecord] {
        self.sessions.fate_records.as_deref().unwrap_or_default()
    }

    /// The slot of an end that its node still holds.
    fn resolve(&self, id: SessionId) -> Option<(usize, Side)> {
        let endpoint = self.sessions.connections.find(id)?.endpoint(id.side());
        let is_there = endpoint.is_alive() || matches!(endpoint.stage, Stage::Broken(_));
        (is_there && !endpoint.released).then_some((id.slot(), id.side()))
    }

    /// Ends whatever an event or a call was about: what broke is settled, what is over is forgotten, and the node that just acted comes
    /// back to what is left to tell it.
    fn reap_and_wake(&mut self, kernel: &mut Kernel, id: SessionId, acting: NodeId) {
        self.reap(kernel, id);
        self.wake_node(kernel, acting);
    }
}
