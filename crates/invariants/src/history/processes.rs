//! Which process of a history a call of a node is of.

use std::collections::BTreeMap;

use cluster_sim_types::NodeId;
use rustc_hash::FxHashMap;

use super::error::RecordingError;
use super::operation::Process;

/// The processes of all nodes.
///
/// A node that has several calls at once, or goes on after one that stays open, counts as several: each call takes a process of
/// its node that waits for nothing. The next life of a node knows nothing of those before, so it counts as others too.
#[derive(Debug, Clone, Default)]
pub(super) struct Processes {
    /// The open calls by node and number.
    calls: BTreeMap<(NodeId, u64), Process>,
    /// The processes of each node that wait for nothing, and how many it has.
    of_node: FxHashMap<NodeId, (Vec<Process>, u32)>,
    /// The node of each process.
    nodes: Vec<NodeId>,
}

impl Processes {
    pub(super) fn node(&self, process: Process) -> NodeId {
        self.nodes[process.0 as usize]
    }

    /// Begins a call; says whether its process is new, by the number that it has among those of its node.
    pub(super) fn begin(&mut self, node: NodeId, call: u64) -> Result<(Process, Option<u32>), RecordingError> {
        if self.calls.contains_key(&(node, call)) {
            return Err(RecordingError::InvokedTwice { call });
        }
        let (idle, count) = self.of_node.entry(node).or_default();
        let (process, new) = match idle.pop() {
            Some(process) => (process, None),
            None => {
                *count += 1;
                self.nodes.push(node);
                (Process(self.nodes.len() as u32 - 1), Some(*count))
            }
        };
        self.calls.insert((node, call), process);
        Ok((process, new))
    }

    /// Ends a call; its process waits for nothing then, unless the call stays open.
    pub(super) fn end(&mut self, node: NodeId, call: u64, stays_open: bool) -> Result<Process, RecordingError> {
        let process = self.calls.remove(&(node, call)).ok_or(RecordingError::NotInvoked { call })?;
        if !stays_open {
            self.of_node.entry(node).or_default().0.push(process);
        }
        Ok(process)
    }

    /// Leaves all calls of a node open, and calls no process of it again: its life ended.
    pub(super) fn end_life(&mut self, node: NodeId) {
        self.calls.retain(|(caller, _), _| *caller != node);
        if let Some((idle, _)) = self.of_node.get_mut(&node) {
            idle.clear();
        }
    }
}

/// The name of a process: that of its node for the first, with a number for the others.
pub(super) fn name_of(node: &str, number: u32) -> String {
    if number == 1 { node.to_owned() } else { format!("{node} ({number})") }
}
