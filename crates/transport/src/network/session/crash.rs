//! What becomes of ends when the life of their node ends, or goes on after a pause.

use cluster_sim_runtime::Kernel;
use cluster_sim_types::{Health, LossKind, NodeId};

use super::endpoint::{News, Side, Stage};
use crate::network::Network;

impl Network {
    /// The life of a node ended. In a crash its ends are gone without a word, and the other sides learn of it when they send. Where only the
    /// program came to its end, whatever it ran on tells them: an operating system closes what a program leaves behind.
    pub(in crate::network) fn end_sessions(&mut self, kernel: &mut Kernel, node: NodeId) {
        self.sessions.listeners.clear(node);
        if kernel.health(node) == Health::Up {
            return self.close_sessions(kernel, node);
        }
        while let Some(id) = self.last_end(node) {
            let (slot, side) = (id.slot(), id.side());
            self.strike_off(slot, side);
            self.vanish(kernel, slot, side);
            self.settle(kernel, id);
        }
    }

    /// The program on a node that is still up ended: whatever it held or had not sent to the end is reset.
    fn close_sessions(&mut self, kernel: &mut Kernel, node: NodeId) {
        for id in self.of_node(node).ends.clone() {
            // One that closes may take the other end of the same session with it.
            let Some(connection) = self.sessions.connections.find(id) else { continue };
            let (slot, side) = (id.slot(), id.side());
            let end = connection.end(side);
            if !end.released || end.is_alive() && connection.lanes[side.index()].is_waiting() {
                self.give_up(kernel, slot, side);
                self.settle(kernel, id);
            }
        }
    }

    fn vanish(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let cause = self.losses.number(LossKind::SessionCrash.into());
        let connection = self.sessions.connections.at_mut(slot);
        let (node, peer) = (connection.end(side).node, connection.end(side.other()).node);
        connection.outward(side).break_off(cause);
        let end = connection.end_mut(side);
        end.stage = Stage::Vanished;
        end.news = News::NONE;
        let id = connection.id(slot, side);
        self.leave_alone(id);
        let end = self.sessions.connections.at_mut(slot).end_mut(side);
        if end.of_machine {
            self.sessions.streams.remove(&(node, peer));
        }
        self.drop_returned(slot, side);
        self.drop_unread(kernel, slot, side, LossKind::SessionCrash);
    }
}
