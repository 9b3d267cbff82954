//! Ends the sessions of a node whose life ends.
//!
//! After a crash or kill the endpoints of the node are gone without a word. Segments that it had put on a link still arrive.
//! Messages that had arrived and were unread are lost as `session_crash`, and so are its own messages that can no longer arrive.
//! The peer learns of the crash when it sends: by a timeout while the node is down, by a reset from the node's next life.
//!
//! A main function that returns ends a program, not its host: the peers get resets, as an operating system closes the connections
//! of a program that exits. Messages of released endpoints that are not acknowledged are lost with it.

use cluster_sim_types::{Health, LossKind, NodeId};

use super::SessionService;
use super::endpoint::{Events, Side, Stage};
use crate::reset::ResetReason;

impl SessionService<'_> {
    /// Ends all sessions and listeners of a node whose life ended.
    pub(in crate::network) fn life_ended(&mut self, node: NodeId) {
        self.sessions.listeners.clear(node);
        if self.kernel.health(node) == Health::Up {
            return self.abort_sessions(node);
        }
        while let Some(id) = self.last_endpoint(node) {
            let (slot, side) = (id.slot(), id.side());
            self.unregister_endpoint(slot, side);
            self.drop_endpoint(slot, side);
            self.reap(id);
        }
    }

    /// Resets every session between two sides, as a device between them does; both ends learn of it now. Returns how many.
    pub fn reset_between(&mut self, from: &[NodeId], to: &[NodeId]) -> u64 {
        let mut resets = 0;
        for node in from {
            for id in self.sessions.node(*node).endpoints.clone() {
                let Some(connection) = self.sessions.connections.find(id) else { continue };
                if !to.contains(&connection.endpoint(id.side().other()).node) {
                    continue;
                }
                let alive: Vec<Side> = Side::BOTH.into_iter().filter(|side| connection.endpoint(*side).is_alive()).collect();
                let nodes = Side::BOTH.map(|side| connection.endpoint(side).node);
                resets += u64::from(!alive.is_empty());
                alive.into_iter().for_each(|side| self.break_endpoint(id.slot(), side, ResetReason::Reset));
                self.reap(id);
                nodes.into_iter().for_each(|node| self.wake_node(node));
            }
        }
        resets
    }

    /// Aborts the sessions of a program that returned, including released ones with unsent messages.
    fn abort_sessions(&mut self, node: NodeId) {
        for id in self.sessions.node(node).endpoints.clone() {
            // Removing one session may remove the other endpoint too, if the node is its own peer.
            let Some(connection) = self.sessions.connections.find(id) else { continue };
            let (slot, side) = (id.slot(), id.side());
            let endpoint = connection.endpoint(side);
            if !endpoint.released || endpoint.is_alive() && connection.halves[side.index()].is_waiting() {
                self.abort_endpoint(slot, side);
                self.reap(id);
            }
        }
    }

    fn drop_endpoint(&mut self, slot: usize, side: Side) {
        let cause = self.fabric.losses.number(LossKind::SessionCrash.into());
        let connection = self.sessions.connections.at_mut(slot);
        let (node, peer) = (connection.endpoint(side).node, connection.endpoint(side.other()).node);
        connection.outbound(side).mark_broken(cause);
        let endpoint = connection.endpoint_mut(side);
        endpoint.stage = Stage::Gone;
        endpoint.events = Events::NONE;
        let id = connection.id(slot, side);
        self.clear_waiters(id);
        let endpoint = self.sessions.connections.at_mut(slot).endpoint_mut(side);
        if endpoint.of_machine {
            self.sessions.machine_sessions.remove(&(node, peer));
        }
        self.drop_returned(slot, side);
        self.drop_unread(slot, side, LossKind::SessionCrash);
    }
}
