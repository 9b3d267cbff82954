//! What nodes are told: each has an agenda of the ends that have news for it, oldest first.

use std::collections::VecDeque;

use cluster_sim_runtime::{Kernel, Order};
use cluster_sim_types::{Health, NodeId};

use super::SessionId;
use super::endpoint::{Events, Side};
use super::segment::{Segment, SegmentKind};
use crate::network::Network;
use crate::network::port_names::PortId;

/// The ends of one node.
#[derive(Debug, Default)]
pub(super) struct NodeSessions {
    /// Tasks run on it, and wait at its ends; its agenda stays empty.
    pub(super) runs_tasks: bool,
    /// All that are alive or have something to tell.
    pub(super) endpoints: Vec<SessionId>,
    /// Those that have something to tell. Some of them may be gone.
    pending: VecDeque<SessionId>,
    /// The node will come back to its agenda at this instant anyhow.
    wake_scheduled: bool,
}

/// What is new about one end, since its node last took a notice of it. How the end stands now, [`Network::session`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// The end.
    pub session: SessionId,
    /// The port on which the session was asked for.
    pub port: PortId,
    /// It waits to be accepted by its node.
    pub incoming: bool,
    /// The other side accepted it.
    pub opened: bool,
    /// There is something to take in.
    pub readable: bool,
    /// There is room after a `Busy`, or never will be since its node has finished it.
    pub writable: bool,
    /// It is gone.
    pub broken: bool,
}

impl Network {
    /// The number with which hosts are woken for news of sessions.
    pub const SESSION_NOTICE: u32 = u32::MAX;

    /// The oldest news of a node's sessions, for a host that tells its tasks. A host that was woken takes notices until there is none.
    pub fn next_notice(&mut self, node: NodeId) -> Option<Notice> {
        let id = self.first_pending(node)?;
        let connection = self.sessions.connections.at_mut(id.slot());
        let port = connection.port;
        let endpoint = connection.endpoint_mut(id.side());
        let events = std::mem::take(&mut endpoint.events);
        endpoint.queued = false;
        self.sessions.nodes[node.index()].pending.pop_front();
        Some(Notice {
            session: id,
            port,
            incoming: events.has(Events::INCOMING),
            opened: events.has(Events::OPENED),
            readable: events.has(Events::READABLE),
            writable: events.has(Events::WRITABLE),
            broken: events.has(Events::BROKEN),
        })
    }

    /// The first end of an agenda that has news; those before it, which have none any more, are taken off.
    pub(super) fn first_pending(&mut self, node: NodeId) -> Option<SessionId> {
        let node_sessions = self.sessions.nodes.get_mut(node.index())?;
        while let Some(id) = node_sessions.pending.front().copied() {
            if self.sessions.connections.has(id) {
                let endpoint = self.sessions.connections.at_mut(id.slot()).endpoint_mut(id.side());
                if endpoint.events != Events::NONE {
                    return Some(id);
                }
                endpoint.queued = false;
            }
            node_sessions.pending.pop_front();
        }
        None
    }

    /// Puts news of an end on its node's agenda, or wakes the tasks that wait for it, if the node still holds it.
    pub(super) fn notify(&mut self, kernel: &mut Kernel, slot: usize, side: Side, events: Events) {
        let connection = self.sessions.connections.at_mut(slot);
        let id = connection.id(slot, side);
        let endpoint = connection.endpoint_mut(side);
        // A machine knows its sessions by their peers: that one was opened is nothing to it.
        if endpoint.released || endpoint.of_machine && (events == Events::OPENED || events == Events::INCOMING) {
            return;
        }
        let node_sessions = &mut self.sessions.nodes[endpoint.node.index()];
        if node_sessions.runs_tasks {
            return self.wake_tasks(kernel, id, events);
        }
        endpoint.events.add(events);
        if !endpoint.queued {
            endpoint.queued = true;
            node_sessions.pending.push_back(id);
        }
    }

    /// An end got another name.
    pub(super) fn replace_pending(&mut self, node: NodeId, from: SessionId, to: SessionId) {
        self.sessions.nodes[node.index()].pending.iter_mut().filter(|id| **id == from).for_each(|id| *id = to);
    }

    /// Whom to wake now that something happened to that node's ends: nobody if it has no news, cannot act, or will be woken anyhow.
    pub(super) fn wake_for(&mut self, kernel: &Kernel, node: NodeId) -> Option<(NodeId, u32)> {
        self.first_pending(node)?;
        let wakes = kernel.health(node) == Health::Up && !self.sessions.nodes[node.index()].wake_scheduled;
        wakes.then_some((node, Self::SESSION_NOTICE))
    }

    /// Has a node that is up come back to its agenda at this instant, before anything else, if anything is on it.
    pub(in crate::network) fn wake_node(&mut self, kernel: &mut Kernel, node: NodeId) {
        if self.wake_for(kernel, node).is_some() {
            let to = self.first_pending(node).expect("it has news");
            self.sessions.nodes[node.index()].wake_scheduled = true;
            self.schedule_segment(kernel, kernel.now(), Order::FIRST, Segment { to, kind: SegmentKind::WakeNode(node) });
        }
    }

    pub(super) fn wake_fired(&mut self, node: NodeId) {
        self.sessions.nodes[node.index()].wake_scheduled = false;
    }

    /// Lists an end with its node.
    pub(super) fn register_endpoint(&mut self, slot: usize, side: Side) {
        let connection = self.sessions.connections.at(slot);
        let (id, node) = (connection.id(slot, side), connection.endpoint(side).node);
        let endpoints = &mut self.node_sessions(node).endpoints;
        endpoints.push(id);
        let position = endpoints.len() as u32 - 1;
        self.sessions.connections.at_mut(slot).endpoint_mut(side).position = Some(position);
    }

    pub(super) fn node_sessions(&mut self, node: NodeId) -> &mut NodeSessions {
        let nodes = &mut self.sessions.nodes;
        if nodes.len() <= node.index() {
            nodes.resize_with(node.index() + 1, NodeSessions::default);
        }
        &mut nodes[node.index()]
    }

    /// Takes an end off its node's list, if it stands there.
    pub(super) fn unregister_endpoint(&mut self, slot: usize, side: Side) {
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(side);
        let Some(position) = endpoint.position.take() else { return };
        let endpoints = &mut self.sessions.nodes[endpoint.node.index()].endpoints;
        endpoints.swap_remove(position as usize);
        if let Some(moved) = endpoints.get(position as usize).copied() {
            self.sessions.connections.at_mut(moved.slot()).endpoint_mut(moved.side()).position = Some(position);
        }
    }

    pub(super) fn last_endpoint(&self, node: NodeId) -> Option<SessionId> {
        self.sessions.nodes.get(node.index())?.endpoints.last().copied()
    }
}
