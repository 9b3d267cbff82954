//! Observes a run and records its events.

use std::collections::BTreeMap;
use std::sync::Arc;

use cluster_sim_runtime::{LogKeeper, LogLine, Record, RecordKind};
use cluster_sim_types::{Fact, NodeId, VirtualInstant};

use super::bounded_log::BoundedLog;
use super::event::Event;
use super::pairs::Pairs;
use super::spans::{Spans, assign};
use super::views::Views;
use super::{FORMAT, Recording};
use crate::decision::Decision;
use crate::event::{EventKind, Names};
use crate::report::{FailureSummary, Report};
use crate::sim::{RunObserver, Sim};

/// An event or fact of the current step, not decoded yet.
#[derive(Debug)]
enum Entry {
    Event(Record),
    Fact { at: VirtualInstant, node: NodeId, text: String },
}

/// Records the events of a run.
#[derive(Debug)]
pub struct Recorder {
    /// The events and facts since the last step ended.
    step: Vec<Entry>,
    /// The nodes whose views may have changed since then.
    viewed: Vec<NodeId>,
    /// The texts of the messages sent since then, by the digests of their contents.
    texts: Vec<(u64, Arc<str>)>,
    /// The last poll.
    polled: Option<Record>,
    nodes: Vec<Arc<str>>,
    tasks: BTreeMap<u64, Arc<str>>,
    pairs: Pairs,
    spans: Spans,
    views: Views,
    recovery_at: Option<VirtualInstant>,
    events: u64,
    log: BoundedLog,
    /// Whether another observer of the run needs the names of tasks that ended.
    leaves_names: bool,
    decisions: Vec<Decision>,
    /// Keeps the log lines of nodes, from the start of the run.
    logs: Option<LogKeeper>,
}

impl Recorder {
    /// Records at most `most` events.
    pub fn new(most: usize) -> Self {
        Self {
            step: Vec::new(),
            viewed: Vec::new(),
            texts: Vec::new(),
            polled: None,
            nodes: Vec::new(),
            tasks: BTreeMap::new(),
            pairs: Pairs::default(),
            spans: Spans::default(),
            views: Views::default(),
            recovery_at: None,
            events: 0,
            log: BoundedLog::new(most),
            leaves_names: false,
            decisions: Vec::new(),
            logs: None,
        }
    }

    /// As [`new`](Self::new), beside an observer that lets the run forget the names of ended tasks itself.
    pub(super) fn beside_another(most: usize) -> Self {
        Self { leaves_names: true, ..Self::new(most) }
    }

    /// Completes the recording with the report of the run, which then shows the texts of its last messages.
    ///
    /// Also returns the decisions of the run; none unless it kept them.
    pub fn finish(self, report: Report) -> (Recording, Vec<Decision>) {
        let spans = self.spans.finish(&self.nodes, &report);
        let (mut events, left_out) = self.log.finish();
        assign(&spans, &mut events);
        let (nodes, views) = (self.nodes, self.views.finish());
        let mut recording =
            Recording { format: FORMAT, report, nodes, recovery_at: self.recovery_at, spans, views, left_out, events };
        if let Some(summary) = FailureSummary::of(&recording) {
            recording.report.take_summary(&summary);
        }
        (recording, self.decisions)
    }

    /// Decodes the events of a step, while the run still knows the names.
    fn take_step(&mut self, sim: &mut Sim) {
        if self.nodes.is_empty() {
            self.nodes = sim.node_names();
            sim.absent_nodes().into_iter().for_each(|node| self.spans.add_absent(node));
        }
        let step = sim.steps();
        self.texts = sim.take_captured().into_iter().map(|captured| (captured.content, captured.text.into())).collect();
        for entry in std::mem::take(&mut self.step) {
            let mut event = match entry {
                Entry::Event(record) => self.decode(&record, step, sim),
                Entry::Fact { at, node, text } => {
                    let task = self.polled_task(at, node, sim);
                    self.event_of(at, step, node, task, EventKind::Fact { text }, sim)
                }
            };
            // The first event of a node in a step marks its change of view.
            if let Some(place) = self.viewed.iter().position(|node| Arc::ptr_eq(&self.nodes[node.index()], &event.node)) {
                self.viewed.swap_remove(place);
                event.view_changed = true;
            }
            self.events += 1;
            self.log.push(event);
        }
        self.viewed.clear();
        for LogLine { position, text } in self.logs.as_ref().map(LogKeeper::take).unwrap_or_default() {
            let task = position.task.map(Arc::from);
            let event = EventKind::Log { text };
            let (at, node) = (position.at, position.name);
            let event = Event { index: self.events, at, step, node, task, event, span: None, view_changed: false };
            self.events += 1;
            self.log.push(event);
        }
    }

    fn event_of(&self, at: VirtualInstant, step: u64, node: NodeId, task: Option<Arc<str>>, event: EventKind, sim: &Sim) -> Event {
        let node = sim.shared_name(node);
        Event { index: self.events, at, step, node, task, event, span: None, view_changed: false }
    }

    fn decode(&mut self, record: &Record, step: u64, sim: &mut Sim) -> Event {
        self.spans.take(record);
        if record.kind == RecordKind::Poll {
            self.polled = Some(*record);
        }
        let task = match record.kind {
            RecordKind::Poll | RecordKind::Spawn | RecordKind::TaskEnd | RecordKind::Timer => self.task(record.label, sim),
            _ => None,
        };
        let task = task.or_else(|| self.polled_task(record.at, record.node, sim));
        let mut kind = EventKind::decode(record, sim);
        if let (EventKind::Timer { token }, Some(_)) = (&mut kind, &task) {
            *token = None;
        }
        let text = |content| self.texts.iter().find(|(known, _)| *known == content).map(|(_, text)| Arc::clone(text));
        if let (Some(message), Some(pair)) = (kind.message_mut(), self.pairs.take(record, step, self.events, text)) {
            (message.id, message.sent, message.text) = (Some(pair.message), pair.sent, pair.text);
        }
        if record.kind == RecordKind::TaskEnd {
            self.tasks.remove(&record.label);
            if !self.leaves_names {
                sim.forget_task(record.label);
            }
        }
        self.event_of(record.at, step, record.node, task, kind, sim)
    }

    /// The task whose poll an event belongs to: that of the last poll, if it was of that node at that instant.
    fn polled_task(&mut self, at: VirtualInstant, node: NodeId, sim: &Sim) -> Option<Arc<str>> {
        let poll = self.polled.filter(|poll| (poll.at, poll.node) == (at, node))?;
        self.task(poll.label, sim)
    }

    /// The name of a task, cached: the run forgets it when the task ends.
    fn task(&mut self, path: u64, sim: &Sim) -> Option<Arc<str>> {
        if let Some(known) = self.tasks.get(&path) {
            return Some(Arc::clone(known));
        }
        let name: Arc<str> = sim.task_named(path)?.into();
        self.tasks.insert(path, Arc::clone(&name));
        Some(name)
    }
}

impl RunObserver for Recorder {
    fn joins(&mut self, sim: &mut Sim) {
        sim.capture_texts();
        self.logs = Some(LogKeeper::new());
    }

    fn event(&mut self, record: Record) {
        self.step.push(Entry::Event(record));
    }

    fn fact(&mut self, at: VirtualInstant, node: NodeId, fact: &dyn Fact) {
        self.step.push(Entry::Fact { at, node, text: format!("{fact:?}") });
    }

    fn viewed(&mut self, node: NodeId, sim: &Sim) {
        // Taken at once: the step that breaks a rule is the last one, and nodes are dropped before the run ends.
        self.views.take(node, sim.now(), sim);
        self.viewed.push(node);
    }

    fn recovers(&mut self, at: VirtualInstant) {
        self.recovery_at = Some(at);
    }

    fn stepped(&mut self, sim: &mut Sim) {
        self.take_step(sim);
    }

    fn ended(&mut self, sim: &mut Sim, _report: &Report) {
        self.take_step(sim);
        self.logs = None;
        self.decisions = sim.take_decisions();
    }

    fn has_left(&self) -> bool {
        false
    }
}
