//! Builds a history from the facts that nodes state about their calls.

use std::fmt;

use cluster_sim_types::{CallFact, NodeId, VirtualInstant};
use rustc_hash::FxHashMap;

use super::checker::HistoryEvent;
use super::operation::Process;
use super::record::{History, HistoryError};

/// Records the calls of nodes, in a simulation or on real ones.
///
/// A node that has several calls at once, or goes on after one that stays open, counts as several processes: each call takes the
/// first process of its node that waits for nothing.
#[derive(Debug, Clone)]
pub struct Recorder<O, A> {
    history: History<O, A>,
    /// The open calls by node and number.
    calls: FxHashMap<(NodeId, u64), Process>,
    /// The processes of each node that wait for nothing, the first one last.
    idle: FxHashMap<NodeId, Vec<Process>>,
    /// How many processes each node has.
    processes: FxHashMap<NodeId, u32>,
    /// The node of each process.
    nodes: Vec<NodeId>,
}

impl<O, A> Default for Recorder<O, A> {
    fn default() -> Self {
        let (calls, idle, processes) = (FxHashMap::default(), FxHashMap::default(), FxHashMap::default());
        Self { history: History::default(), calls, idle, processes, nodes: Vec::new() }
    }
}

/// A fact about a call that fits no fact before it: a mistake of the node that states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordingError {
    /// The node has an open call of that number.
    InvokedTwice {
        /// The number.
        call: u64,
    },
    /// The node has no open call of that number.
    NotInvoked {
        /// The number.
        call: u64,
    },
    /// The event fits nowhere in the history.
    History(HistoryError),
}

impl<O, A> Recorder<O, A> {
    /// Returns what was recorded.
    pub fn history(&self) -> &History<O, A> {
        &self.history
    }

    /// Returns what was recorded, and forgets the rest.
    pub fn into_history(self) -> History<O, A> {
        self.history
    }

    /// Returns the node that calls as that process.
    ///
    /// # Panics
    ///
    /// If there is no such process.
    pub fn node(&self, process: Process) -> NodeId {
        self.nodes[process.0 as usize]
    }

    /// Records a fact of a node, which has that name; returns the event, or `None` for a call that stays open.
    ///
    /// # Errors
    ///
    /// [`RecordingError`] if the fact fits no fact before it; nothing is recorded then.
    pub fn record(
        &mut self,
        node: NodeId,
        name: &str,
        at: VirtualInstant,
        fact: &CallFact<O, A>,
    ) -> Result<Option<HistoryEvent<'_, O, A>>, RecordingError>
    where
        O: Clone,
        A: Clone,
    {
        match fact {
            CallFact::Invoked { call, op } => self.invoke(node, name, at, *call, op.clone()).map(Some),
            CallFact::Ok { call, answer } => {
                let process = self.take(node, *call)?;
                let index = self.history.ok(process, at, answer.clone()).map_err(RecordingError::History)?;
                self.idle.entry(node).or_default().push(process);
                Ok(self.history.completion(index))
            }
            CallFact::Fail { call } => {
                let process = self.take(node, *call)?;
                let index = self.history.fail(process, at).map_err(RecordingError::History)?;
                self.idle.entry(node).or_default().push(process);
                Ok(self.history.completion(index))
            }
            CallFact::Open { call } => self.take(node, *call).map(|_| None),
        }
    }

    /// Leaves all calls of a node open: its life ended.
    pub fn end_life(&mut self, node: NodeId) {
        self.calls.retain(|(caller, _), _| *caller != node);
    }

    fn invoke(
        &mut self,
        node: NodeId,
        name: &str,
        at: VirtualInstant,
        call: u64,
        op: O,
    ) -> Result<HistoryEvent<'_, O, A>, RecordingError> {
        if self.calls.contains_key(&(node, call)) {
            return Err(RecordingError::InvokedTwice { call });
        }
        let process = match self.idle.get_mut(&node).and_then(Vec::pop) {
            Some(process) => process,
            None => self.add_process(node, name),
        };
        let index = self.history.invoke(process, at, op).map_err(RecordingError::History)?;
        self.calls.insert((node, call), process);
        Ok(self.history.invocation(index))
    }

    /// Adds a process of a node: its first has the name of the node, the others a number too.
    fn add_process(&mut self, node: NodeId, name: &str) -> Process {
        let process = Process(self.nodes.len() as u32);
        let count = self.processes.entry(node).or_default();
        *count += 1;
        let name = if *count == 1 { name.to_owned() } else { format!("{name} ({count})") };
        self.history.name_process(process, name);
        self.nodes.push(node);
        process
    }

    fn take(&mut self, node: NodeId, call: u64) -> Result<Process, RecordingError> {
        self.calls.remove(&(node, call)).ok_or(RecordingError::NotInvoked { call })
    }
}

impl fmt::Display for RecordingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvokedTwice { call } => {
                write!(formatter, "call {call} is open already: give each open call a number of its own")
            }
            Self::NotInvoked { call } => {
                write!(formatter, "call {call} ends and is not open: state its invocation first, and its end once")
            }
            Self::History(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for RecordingError {}
