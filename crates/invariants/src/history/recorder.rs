//! Builds a history from the facts that nodes state about their calls.

use cluster_sim_types::{CallFact, NodeId, VirtualInstant};

use super::error::RecordingError;
use super::history_event::HistoryEvent;
use super::operation::Process;
use super::processes::{Processes, name_of};
use super::record::History;

/// Records the calls of nodes, in a simulation or on real ones.
///
/// A node that has several calls at once, or goes on after one that stays open, counts as several processes: each call takes the
/// first process of its node that waits for nothing.
#[derive(Debug, Clone)]
pub struct HistoryRecorder<O, A> {
    pub(super) history: History<O, A>,
    pub(super) processes: Processes,
}

impl<O, A> Default for HistoryRecorder<O, A> {
    fn default() -> Self {
        Self { history: History::default(), processes: Processes::default() }
    }
}

impl<O, A> HistoryRecorder<O, A> {
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
        self.processes.node(process)
    }

    /// Records a fact of the node of that name.
    ///
    /// Returns the event, or `None` for a call that stays open.
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
        let index = match fact {
            CallFact::Invoked { call, op } => {
                let (process, new) = self.processes.begin(node, *call)?;
                if let Some(number) = new {
                    self.history.name_process(process, name_of(name, number));
                }
                let index = self.history.invoke(process, at, op.clone()).map_err(RecordingError::History)?;
                return Ok(Some(self.history.invocation(index)));
            }
            CallFact::Ok { call, answer } => self.history.ok(self.processes.end(node, *call, false)?, at, answer.clone()),
            CallFact::Fail { call } => self.history.fail(self.processes.end(node, *call, false)?, at),
            CallFact::Open { call } => return self.processes.end(node, *call, true).map(|_| None),
        };
        Ok(self.history.completion(index.map_err(RecordingError::History)?))
    }

    /// Notes that clients were recorded until then.
    pub fn end_at(&mut self, at: VirtualInstant) {
        self.history.end_at(at);
    }

    /// Leaves all calls of a node open: its life ended.
    pub fn end_life(&mut self, node: NodeId) {
        self.processes.end_life(node);
    }
}
