//! What becomes of ends when the life of their node ends, or goes on after a pause.

use cluster_sim_runtime::Kernel;
use cluster_sim_types::{Health, LossKind, NodeId};

use super::endpoint::{Events, Side, Stage};
use crate::network::Network;

impl Network {
    /// The life of a node ended. In a crash its ends are gone without a word, and the other sides learn of it when they send. Where only the
    /// program came to its end, whatever it ran on tells them: an operating system closes what a program leaves behind.
    pub(in crate::network) fn end_sessions(&mut self, kernel: &mut Kernel, node: NodeId) {
        self.sessions.listeners.clear(node);
        if kernel.health(node) == Health::Up {
            return self.abort_sessions(kernel, node);
        }
        while let Some(id) = self.last_endpoint(node) {
            let (slot, side) = (id.slot(), id.side());
            self.unregister_endpoint(slot, side);
            self.drop_endpoint(kernel, slot, side);
            self.reap(kernel, id);
        }
    }

    /// The program on a node that is still up ended: whatever it held or had not sent to the end is reset.
    fn abort_sessions(&mut self, kernel: &mut Kernel, node: NodeId) {
        for id in self.node_sessions(node).endpoints.clone() {
            // One that closes may take the other end of the same session with it.
            let Some(connection) = self.sessions.connections.find(id) else { continue };
            let (slot, side) = (id.slot(), id.side());
            let endpoint = connection.endpoint(side);
            if !endpoint.released || endpoint.is_alive() && connection.halves[side.index()].is_waiting() {
                self.abort_endpoint(kernel, slot, side);
                self.reap(kernel, id);
            }
        }
    }

    fn drop_endpoint(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let cause = self.losses.number(LossKind::SessionCrash.into());
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
        self.drop_unread(kernel, slot, side, LossKind::SessionCrash);
    }
}
