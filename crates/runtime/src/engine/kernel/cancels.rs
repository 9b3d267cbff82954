//! Faults that drop tasks at an await, as code does that races them against a timeout.

use cluster_sim_types::{NodeId, Ratio};

use super::Kernel;
use crate::engine::decisions::{Choice, Site};
use crate::executor::TaskId;
use crate::random::Stream;

const CANCEL: Stream = Stream::named("cancel task");

/// The number of a fault that cancels tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CancelId(u64);

/// A fault that cancels tasks of a node.
#[derive(Debug)]
pub(super) struct Cancel {
    id: CancelId,
    share: Ratio,
    cancelled: u64,
}

impl Kernel {
    /// Drops spawned tasks of a node instead of polling them, at a share of their polls.
    ///
    /// The first poll of a task is spared, and so is the main task. Of several such faults of one node the one with the largest share decides.
    pub fn cancel_tasks(&mut self, node: NodeId, share: Ratio) -> CancelId {
        self.cancel_faults += 1;
        let id = CancelId(self.cancel_faults);
        self.cancels.entry(node).or_default().push(Cancel { id, share, cancelled: 0 });
        self.update_gate(node);
        id
    }

    /// Ends such a fault.
    pub fn end_cancels(&mut self, node: NodeId, id: CancelId) {
        let Some(of_node) = self.cancels.get_mut(&node) else { return };
        of_node.retain(|cancel| cancel.id != id);
        if of_node.is_empty() {
            self.cancels.remove(&node);
            self.update_gate(node);
        }
    }

    /// Returns how many tasks a fault in force cancelled.
    pub fn cancelled(&self, node: NodeId, id: CancelId) -> u64 {
        let of_node = self.cancels.get(&node).into_iter().flatten();
        of_node.filter(|cancel| cancel.id == id).map(|cancel| cancel.cancelled).sum()
    }

    /// Decides whether a task that is about to be polled is dropped instead.
    pub(super) fn cancels_task(&mut self, node: NodeId, task: TaskId) {
        let Some(share) = self.cancels.get(&node).and_then(|of_node| of_node.iter().map(|cancel| cancel.share).max()) else {
            return;
        };
        let Some(address) = self.poll_after_await(node, task) else { return };
        let site = Site { choice: Choice::CancelTask, stream: CANCEL, address, node, peer: node };
        if self.choose(site, |roll| u64::from(roll.holds(share))) == 0 {
            return;
        }
        self.abort(task);
        let of_node = self.cancels.get_mut(&node).into_iter().flatten();
        if let Some(cancel) = of_node.into_iter().find(|cancel| cancel.share == share) {
            cancel.cancelled += 1;
        }
    }
}
