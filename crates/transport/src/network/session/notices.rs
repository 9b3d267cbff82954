//! Notices: each node has a queue of endpoints with events to report, oldest first.
//!
//! A machine, or another host that holds endpoints, is woken with [`SESSION_NOTICE`]. `SessionService::next_machine_notice` then
//! returns the notices of a machine, `SessionService::next_notice` those of other hosts. A node that did not take all of them during one
//! wake is woken again at the same instant, before anything else.

use std::collections::VecDeque;

use cluster_sim_runtime::Order;
use cluster_sim_types::{Health, NodeId};

use super::SessionId;
use super::SessionService;
use super::endpoint::{Events, Side};
use super::segment::{Segment, SegmentKind};
use crate::network::ports::PortId;
use crate::network::service::Service;

/// The number with which hosts are woken for notices of sessions.
pub const SESSION_NOTICE: u32 = u32::MAX;

/// The endpoints of one node.
#[derive(Debug, Default)]
pub(super) struct NodeSessions {
    /// The node runs tasks, which wait at endpoints themselves; `pending` stays empty.
    pub(super) runs_tasks: bool,
    /// The endpoints that are live or have events to report.
    pub(super) endpoints: Vec<SessionId>,
    /// The endpoints with events to report. Some may be gone.
    pending: VecDeque<SessionId>,
    /// A wake of the node is already scheduled at this instant.
    wake_scheduled: bool,
}

/// The events of one endpoint since its node last took a notice of it.
///
/// [`SessionService::state`] returns its current state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// The endpoint.
    pub session: SessionId,
    /// The port on which the session was opened.
    pub port: PortId,
    /// A peer opened it, and it waits to be accepted.
    pub incoming: bool,
    /// The peer accepted it.
    pub opened: bool,
    /// A message, or the end of the peer's messages, can be read.
    pub readable: bool,
    /// There is room after `Full`, or there never will be because this side was finished.
    pub writable: bool,
    /// The session is broken.
    pub broken: bool,
}

impl SessionService<'_> {
    /// Returns the oldest notice of a node, for a host that serves its tasks.
    ///
    /// A host that was woken takes notices until there is none.
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

    /// Returns the first endpoint with events to report, removing those without from the queue.
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

    /// Queues events for the node, or wakes the tasks that wait for them, if it still holds the endpoint.
    pub(super) fn notify(&mut self, slot: usize, side: Side, events: Events) {
        let connection = self.sessions.connections.at_mut(slot);
        let id = connection.id(slot, side);
        let endpoint = connection.endpoint_mut(side);
        // A machine knows sessions only by their peers, so it gets no notice that one was opened.
        if endpoint.released || endpoint.of_machine && (events == Events::OPENED || events == Events::INCOMING) {
            return;
        }
        let node_sessions = &mut self.sessions.nodes[endpoint.node.index()];
        if node_sessions.runs_tasks {
            return self.wake_tasks(id, events);
        }
        endpoint.events.add(events);
        if !endpoint.queued {
            endpoint.queued = true;
            node_sessions.pending.push_back(id);
        }
    }

    /// Replaces an id in the queue after its endpoint moved to another session.
    pub(super) fn replace_pending(&mut self, node: NodeId, from: SessionId, to: SessionId) {
        self.sessions.nodes[node.index()].pending.iter_mut().filter(|id| **id == from).for_each(|id| *id = to);
    }

    /// Returns the node to wake after an event.
    ///
    /// `None` if it has nothing to report, is not up, is busy, or is about to be woken anyway.
    pub(super) fn wake_for(&mut self, node: NodeId) -> Option<(NodeId, u32)> {
        let to = self.endpoint_to_report(node)?;
        if !self.kernel.takes(node) {
            let slot = self.insert_wake(node, to);
            self.kernel.wait(node, self.fabric.device(), Service::Session.event(slot));
            return None;
        }
        Some((node, SESSION_NOTICE))
    }

    /// Returns the endpoint that a node is to be told of now.
    fn endpoint_to_report(&mut self, node: NodeId) -> Option<SessionId> {
        let to = self.first_pending(node)?;
        let wakes = self.kernel.health(node) == Health::Up && !self.sessions.nodes[node.index()].wake_scheduled;
        wakes.then_some(to)
    }

    /// Makes an event that wakes a node which is not woken meanwhile. Returns its slot.
    fn insert_wake(&mut self, node: NodeId, to: SessionId) -> u32 {
        self.sessions.nodes[node.index()].wake_scheduled = true;
        self.sessions.segments.insert(Segment { to, kind: SegmentKind::WakeNode(node) })
    }

    /// Forgets the wake of a node that was busy when its life ended.
    pub(in crate::network) fn forget_wake(&mut self, slot: u32) {
        if let SegmentKind::WakeNode(node) = self.sessions.segments.remove(slot).kind {
            self.wake_fired(node);
        }
    }

    /// Wakes a node that was resumed, if it has notices.
    pub(in crate::network) fn node_resumed(&mut self, node: NodeId) {
        self.wake_node(node);
    }

    /// Schedules a wake of a node that is up and has notices, at this instant and before anything else.
    pub(super) fn wake_node(&mut self, node: NodeId) {
        if let Some(to) = self.endpoint_to_report(node) {
            self.sessions.nodes[node.index()].wake_scheduled = true;
            self.schedule((self.kernel.now(), Order::FIRST), Segment { to, kind: SegmentKind::WakeNode(node) });
        }
    }

    pub(super) fn wake_fired(&mut self, node: NodeId) {
        self.sessions.nodes[node.index()].wake_scheduled = false;
    }

    /// Adds an endpoint to its node's list.
    pub(super) fn register_endpoint(&mut self, slot: usize, side: Side) {
        let connection = self.sessions.connections.at(slot);
        let (id, node) = (connection.id(slot, side), connection.endpoint(side).node);
        let endpoints = &mut self.sessions.node(node).endpoints;
        endpoints.push(id);
        let position = endpoints.len() as u32 - 1;
        self.sessions.connections.at_mut(slot).endpoint_mut(side).position = Some(position);
    }

    /// Removes an endpoint from its node's list, if it is there.
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
