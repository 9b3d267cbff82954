//! Which process of a history a call of a node is of.

use cluster_sim_types::NodeId;

use super::by_number::ByNumber;
use super::error::RecordingError;
use super::operation::Process;

/// The processes of all nodes.
///
/// A node that has several calls at once, or goes on after one that stays open, counts as several: each call takes a process of
/// its node that waits for nothing. The next life of a node knows nothing of those before, so it counts as others too.
#[derive(Debug, Clone, Default)]
pub(super) struct Processes {
    of_node: ByNumber<Caller>,
    /// The node of each process.
    nodes: Vec<NodeId>,
}

/// The calls and processes of one node.
#[derive(Debug, Clone, Default)]
struct Caller {
    /// The open calls, sorted by number; seldom more than a few.
    open: Vec<(u64, Process)>,
    /// The processes that wait for nothing.
    idle: Vec<Process>,
    /// How many processes it has.
    count: u32,
}

impl Caller {
    /// The place of an open call, or the one that it would have.
    fn find(&self, call: u64) -> Result<usize, usize> {
        self.open.binary_search_by_key(&call, |(number, _)| *number)
    }
}

impl Processes {
    /// The processes of these nodes, whose calls are all over.
    pub(super) fn of_nodes(nodes: Vec<NodeId>) -> Self {
        Self { nodes, ..Self::default() }
    }

    pub(super) fn node(&self, process: Process) -> NodeId {
        self.nodes[process.0 as usize]
    }

    /// Begins a call; says whether its process is new, by the number that it has among those of its node.
    #[inline]
    pub(super) fn begin(&mut self, node: NodeId, call: u64) -> Result<(Process, Option<u32>), RecordingError> {
        let caller = self.of_node.of(node.0);
        // Async nodes number their calls upwards.
        let place = match caller.open.last() {
            Some((last, _)) if *last >= call => match caller.find(call) {
                Ok(_) => return Err(RecordingError::InvokedTwice { call }),
                Err(place) => place,
            },
            _ => caller.open.len(),
        };
        let (process, new) = match caller.idle.pop() {
            Some(process) => (process, None),
            None => {
                caller.count += 1;
                self.nodes.push(node);
                (Process(self.nodes.len() as u32 - 1), Some(caller.count))
            }
        };
        caller.open.insert(place, (call, process));
        Ok((process, new))
    }

    /// Ends a call; its process waits for nothing then, unless the call stays open.
    #[inline]
    pub(super) fn end(&mut self, node: NodeId, call: u64, stays_open: bool) -> Result<Process, RecordingError> {
        let caller = self.of_node.of(node.0);
        let place = caller.find(call).map_err(|_| RecordingError::NotInvoked { call })?;
        let (_, process) = caller.open.remove(place);
        if !stays_open {
            caller.idle.push(process);
        }
        Ok(process)
    }

    /// Leaves all calls of a node open, and calls no process of it again: its life ended.
    pub(super) fn end_life(&mut self, node: NodeId) {
        let Caller { open, idle, .. } = self.of_node.of(node.0);
        open.clear();
        idle.clear();
    }
}

/// The name of a process: that of its node for the first, with a number for the others.
pub(super) fn name_of(node: &str, number: u32) -> String {
    if number == 1 { node.to_owned() } else { format!("{node} ({number})") }
}
