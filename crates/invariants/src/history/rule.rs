//! A checker of histories as a rule of a run.

use cluster_sim_types::{CallFact, CallLogs, CallReader, Change, Health};
use serde_json::Value;

use super::checker::{Checker, Contradiction, Judgement};
use super::error::RecordingError;
use super::operation::Process;
use super::recorder::HistoryRecorder;
use crate::history_picture::HistoryPicture;
use crate::invariant::Invariant;
use crate::verdict::Verdict;
use crate::world::World;

/// Records the calls that nodes state, and holds them against a checker.
///
/// Reads the facts [`CallFact<O, A>`](CallFact) of all nodes. A fact that fits no fact before it breaks the rule too: what was
/// recorded is not what clients saw.
#[derive(Debug)]
pub struct HistoryRule<O, A, C> {
    recorder: HistoryRecorder<O, A>,
    /// The log of calls, for a checker that judges at the end; empty in a run whose clients state facts.
    calls: Option<CallReader<O, A>>,
    checker: C,
    /// The judgement of the checker, with the contradictions that it found event by event.
    judgement: Judgement,
}

impl<O, A, C: Checker<O, A>> HistoryRule<O, A, C> {
    /// Records for that checker.
    pub fn new(checker: C) -> Self {
        Self { recorder: HistoryRecorder::default(), calls: None, checker, judgement: Judgement::default() }
    }

    /// The verdict for a contradiction, with the nodes whose clients show it.
    fn violated(&self, finding: &Contradiction) -> Verdict {
        let process = |index: &usize| self.recorder.history().operations()[*index].process;
        let mut nodes: Vec<_> =
            finding.operations.iter().map(process).map(|process: Process| self.recorder.node(process)).collect();
        nodes.sort_unstable();
        nodes.dedup();
        Verdict::violated(nodes, &*finding.message)
    }
}

impl<O: Clone + 'static, A: Clone + 'static, C: Checker<O, A> + 'static> Invariant for HistoryRule<O, A, C>
where
    O: std::fmt::Debug,
    A: std::fmt::Debug,
{
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        if let Change::Health(node, Health::Down | Health::Killed, _) = change {
            self.recorder.end_life(*node);
        }
        let Some(fact) = change.fact::<CallFact<O, A>>() else { return Verdict::Holds };
        if self.calls.as_ref().is_some_and(CallReader::has_refused) {
            return Verdict::violated([change.node()], RecordingError::of_refused(fact).to_string());
        }
        let event = match self.recorder.record(change.node(), world.name(change.node()), world.now(), fact) {
            Ok(event) => event,
            Err(error) => return Verdict::violated([change.node()], error.to_string()),
        };
        match event.map_or(Ok(()), |event| self.checker.observe(&event)) {
            Ok(()) => Verdict::Holds,
            Err(finding) => {
                let verdict = self.violated(&finding);
                self.judgement.findings.push(finding);
                verdict
            }
        }
    }

    fn reads_calls(&mut self, logs: &mut CallLogs) -> bool {
        self.calls = (!self.checker.judges_events()).then(|| logs.reader());
        self.calls.is_some()
    }

    fn times_checked(&self) -> u64 {
        self.judgement.times_checked
    }

    fn finish(&mut self, world: &World<'_>) -> Verdict {
        if let Some(logged) = self.calls.take().map(CallReader::read).filter(|logged| logged.events > 0) {
            match HistoryRecorder::of_log(logged, |node| world.name(node)) {
                Ok(recorder) => self.recorder = recorder,
                Err(error) => return Verdict::violated([], error.to_string()),
            }
        }
        self.recorder.end_at(world.now());
        let Judgement { findings, .. } = std::mem::take(&mut self.judgement);
        let is_told = !findings.is_empty();
        self.judgement = self.checker.finish(self.recorder.history());
        self.judgement.findings.splice(0..0, findings);
        match (self.judgement.findings.first(), &self.judgement.unknown) {
            // A contradiction that ended the run at its answer is a violation already.
            _ if is_told => Verdict::Holds,
            (Some(finding), _) => self.violated(finding),
            (None, Some(reason)) => Verdict::Unknown(reason.clone()),
            (None, None) => Verdict::Holds,
        }
    }

    fn history(&self) -> Option<HistoryPicture> {
        let describe = |op: &O, answer: Option<&A>| {
            let text = || answer.map_or_else(|| format!("{op:?}"), |answer| format!("{op:?} -> {answer:?}"));
            self.checker.describe(op, answer).unwrap_or_else(text)
        };
        HistoryPicture::of(self.recorder.history(), &self.judgement, describe)
    }

    fn measured(&self) -> Value {
        self.judgement.measured.clone()
    }
}
