//! What becomes of ends when the life of their node ends, or goes on after a pause.

use cluster_sim_runtime::Kernel;
use cluster_sim_vocabulary::NodeId;

use super::end::{News, Side, Stage};
use crate::network::Network;

impl Network {
    /// The life of a node ended: its ends are gone without a word. The other sides learn of it when they send.
    pub(in crate::network) fn end_sessions(&mut self, kernel: &mut Kernel, node: NodeId) {
        self.sessions.ports.clear(node);
        while let Some(id) = self.last_end(node) {
            let (slot, side) = (id.slot(), id.side());
            self.strike_off(slot, side);
            self.vanish(kernel, slot, side);
            self.settle(kernel, id);
        }
    }

    fn vanish(&mut self, kernel: &mut Kernel, slot: usize, side: Side) {
        let cause = self.losses.named("session_crash");
        let connection = self.sessions.connections.at_mut(slot);
        let (node, peer) = (connection.end(side).node, connection.end(side.other()).node);
        connection.outward(side).break_off(cause);
        let end = connection.end_mut(side);
        end.stage = Stage::Vanished;
        end.news = News::NONE;
        if end.of_machine {
            self.sessions.streams.remove(&(node, peer));
        }
        self.drop_returned(slot, side);
        self.drop_unread(kernel, slot, side, "session_crash");
    }
}
