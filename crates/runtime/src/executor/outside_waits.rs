//! Nodes that nothing of their simulation can wake.

use cluster_sim_types::{Health, NodeId, VirtualInstant};

use super::task::{Task, TaskId, Waiting};
use super::task_path::TaskName;
use crate::engine::{Core, RecordKind};

/// A node whose tasks all wait for other code than the simulation, such as a timer of a runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideWait {
    /// The node.
    pub node: NodeId,
    /// Its first such task: the main task if that lives.
    pub task: TaskName,
    /// When the task was polled last, if that is among the last events of the run.
    pub since: Option<VirtualInstant>,
}

/// Whether the simulation may wake a task by itself, as far as the task told.
fn may_wake(task: &Task) -> bool {
    // The end of another task is as far away as whatever that one waits for.
    let is_join = |waiting: &Waiting| matches!(waiting, Waiting::Join(_));
    task.is_ready || !task.waits.named().iter().flatten().all(is_join)
}

impl Core {
    /// Lists the nodes that no timer, message, session or channel of the simulation can wake, by number.
    ///
    /// They are up and have a task. A node that exposed a handle is left out: its test may wake it.
    pub fn outside_waits(&self) -> Vec<OutsideWait> {
        let tasks = &self.kernel.tasks;
        let mut can_wake = vec![false; self.kernel.node_count() as usize];
        let mut firsts: Vec<(NodeId, u32, TaskId)> = Vec::new();
        let is_outside = |node: NodeId| {
            let is_exposed = tasks.node_state.get(node.index()).is_some_and(|state| state.exposed.is_some());
            self.kernel.health(node) == Health::Up && !is_exposed
        };
        for (index, task) in (0..).zip(&tasks.slots).filter(|(_, task)| !task.has_ended) {
            if may_wake(task) {
                can_wake[task.node.index()] = true;
            } else if !can_wake[task.node.index()] && is_outside(task.node) {
                firsts.push((task.node, task.lineage.depth, TaskId { index, generation: task.generation }));
            }
        }
        firsts.retain(|(node, ..)| !can_wake[node.index()]);
        if !firsts.is_empty() {
            for (task, ..) in self.devices.waits() {
                if let Some(task) = tasks.get(task) {
                    can_wake[task.node.index()] = true;
                }
            }
            firsts.retain(|(node, ..)| !can_wake[node.index()]);
        }
        firsts.sort_unstable();
        firsts.dedup_by_key(|(node, ..)| *node);
        firsts.into_iter().filter_map(|(node, _, id)| self.outside_wait(node, id)).collect()
    }

    fn outside_wait(&self, node: NodeId, id: TaskId) -> Option<OutsideWait> {
        let task = self.kernel.tasks.get(id)?;
        let path = task.path.key();
        let polls = self.kernel.ring().iter().filter(|record| record.kind == RecordKind::Poll && record.label == path);
        Some(OutsideWait { node, task: task.lineage.task_name(), since: polls.last().map(|record| record.at) })
    }
}
