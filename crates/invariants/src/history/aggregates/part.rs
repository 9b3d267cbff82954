//! A part of a history as a history of its own, with its checker.

use cluster_sim_types::VirtualInstant;
use rustc_hash::FxHashSet;

use crate::history::checker::{Checker, Contradiction, Judgement};
use crate::history::operation::{Completion, Moment, Process};
use crate::history::record::History;

/// Records a part of the operations, and numbers the findings as the whole history does.
#[derive(Debug, Clone)]
pub(super) struct Part<O, A, C> {
    history: History<O, A>,
    checker: C,
    /// The place in the whole history of each operation.
    places: Vec<usize>,
    /// The processes whose call is in this part.
    waiting: FxHashSet<Process>,
}

impl<O, A, C: Checker<O, A>> Part<O, A, C> {
    pub(super) fn new(checker: C) -> Self {
        Self { history: History::default(), checker, places: Vec::new(), waiting: FxHashSet::default() }
    }

    pub(super) fn invoke(&mut self, place: usize, process: Process, op: O, at: Moment) -> Result<(), Contradiction> {
        let index = self.history.invoke(process, at.at, op).expect("a part of a history is one");
        self.places.push(place);
        self.waiting.insert(process);
        let judged = self.checker.observe(&self.history.invocation(index));
        judged.map_err(|finding| self.placed(finding))
    }

    /// Whether the open call of a process is in this part.
    pub(super) fn waits_for(&self, process: Process) -> bool {
        self.waiting.contains(&process)
    }

    /// Ends the call of a process, which is in this part.
    pub(super) fn complete(&mut self, process: Process, outcome: Completion<A>) -> Result<(), Contradiction> {
        self.waiting.remove(&process);
        let ended = match outcome {
            Completion::Ok { answer, at } => self.history.ok(process, at.at, answer),
            Completion::Fail { at } => self.history.fail(process, at.at),
            Completion::Open => return Ok(()),
        };
        let index = ended.expect("a part of a history is one");
        let event = self.history.completion(index).expect("it ended now");
        self.checker.observe(&event).map_err(|finding| self.placed(finding))
    }

    pub(super) fn describe(&self, op: &O, answer: Option<&A>) -> Option<String> {
        self.checker.describe(op, answer)
    }

    /// Judges the part of a history that was recorded until `end`.
    pub(super) fn finish(&mut self, end: Option<VirtualInstant>) -> Judgement {
        if let Some(end) = end {
            self.history.end_at(end);
        }
        let judgement = self.checker.finish(&self.history);
        let findings = judgement.findings.into_iter().map(|finding| self.placed(finding)).collect();
        let longest_order = judgement.longest_order.iter().map(|index| self.places[*index]).collect();
        Judgement { findings, longest_order, ..judgement }
    }

    fn placed(&self, finding: Contradiction) -> Contradiction {
        Contradiction { operations: finding.operations.iter().map(|index| self.places[*index]).collect(), ..finding }
    }
}
