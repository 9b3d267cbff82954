//! Who follows a run and writes down what happens.

use std::collections::BTreeMap;
use std::sync::Arc;

use cluster_sim_runtime::{Record, RecordKind};
use cluster_sim_transport::ResetReason;
use cluster_sim_types::{Fact, NodeId, VirtualInstant};

use super::bounded_log::BoundedLog;
use super::event::{Event, EventKind, Key};
use super::pairs::{Pair, Pairs};
use super::recording::{FORMAT, Recording};
use super::spans::Spans;
use crate::report::{Report, task_end_text};
use crate::sim::{RunObserver, Sim};

/// Something of the present step that is still to be named.
#[derive(Debug)]
enum Entry {
    Event(Record),
    Fact { at: VirtualInstant, node: NodeId, text: String },
}

/// Writes down what happens.
#[derive(Debug)]
pub(super) struct Recorder {
    /// What happened since the last step was over.
    step: Vec<Entry>,
    /// Whose views may have changed since then.
    viewed: Vec<NodeId>,
    /// What the messages say that were sent since then, by the digests of their contents.
    said: Vec<(u64, Arc<str>)>,
    /// The last poll.
    polled: Option<Record>,
    names: Names,
    matching: Pairs,
    spans: Spans,
    calm_at: Option<VirtualInstant>,
    events: u64,
    kept: BoundedLog,
}

impl Recorder {
    /// Keeps at most `most` events.
    pub(super) fn new(most: usize) -> Self {
        Self {
            step: Vec::new(),
            viewed: Vec::new(),
            said: Vec::new(),
            polled: None,
            names: Names::default(),
            matching: Pairs::default(),
            spans: Spans::default(),
            calm_at: None,
            events: 0,
            kept: BoundedLog::new(most),
        }
    }

    /// What was written down of the run that this is the report of.
    pub(super) fn finish(self, report: Report) -> Recording {
        let spans = self.spans.finish(&self.names.nodes, &report, self.calm_at);
        let (events, left_out) = self.kept.finish();
        Recording { format: FORMAT, report, nodes: self.names.nodes, calm_at: self.calm_at, spans, left_out, events }
    }

    /// Names what happened in a step, while the run still knows the names.
    fn take_step(&mut self, sim: &mut Sim) {
        if self.names.nodes.is_empty() {
            self.names.nodes = sim.node_names();
            sim.absent_nodes().into_iter().for_each(|node| self.spans.leave_empty(node));
        }
        let step = sim.steps();
        self.said = sim.take_captured().into_iter().map(|said| (said.content, shortened(said.text))).collect();
        for entry in std::mem::take(&mut self.step) {
            let mut event = match entry {
                Entry::Event(record) => self.name_event(&record, step, sim),
                Entry::Fact { at, node, text } => self.name_fact(at, node, text, step, sim),
            };
            // The step of a node begins with its first event.
            if let Some(place) = self.viewed.iter().position(|node| self.names.is(*node, &event.node)) {
                self.viewed.swap_remove(place);
                event.viewed = true;
            }
            self.events += 1;
            self.kept.push(event);
        }
        self.viewed.clear();
    }

    fn name_fact(&mut self, at: VirtualInstant, node: NodeId, text: String, step: u64, sim: &Sim) -> Event {
        let task = self.polled_task(at, node, sim);
        Event { fact: Some(text), task, ..self.blank(at, step, EventKind::Fact, node) }
    }

    fn name_event(&mut self, record: &Record, step: u64, sim: &mut Sim) -> Event {
        use RecordKind as Kind;
        self.spans.take(record);
        if record.kind == Kind::Poll {
            self.polled = Some(*record);
        }
        let Record { at, kind, node, peer, detail, label, length, payload } = *record;
        let mut event = self.blank(at, step, EventKind::Event(kind), node);
        event.peer = (peer != node).then(|| self.names.node(peer));
        event.task = match kind {
            Kind::Poll | Kind::Spawn | Kind::TaskEnd | Kind::Timer => self.names.task(label, sim),
            _ => None,
        }
        .or_else(|| self.polled_task(at, node, sim));
        let said = |content| self.said.iter().find(|(known, _)| *known == content).map(|(_, said)| Arc::clone(said));
        if let Some(Pair { message, sent, said }) = self.matching.take(record, step, self.events, said) {
            (event.message, event.sent, event.said) = (Some(message), sent, said);
            (event.label, event.content, event.length) = (Some(Key(label)), Some(Key(payload)), Some(length));
        }
        match kind {
            Kind::Boot | Kind::Links | Kind::Poll => event.number = Some(u64::from(detail)),
            // What is an async node's is told by its task.
            Kind::Timer if event.task.is_none() => event.number = Some(label),
            Kind::Cut | Kind::Heal | Kind::Reseed => event.number = Some(label),
            Kind::Drop => event.cause = Some(self.names.cause(detail, sim)),
            Kind::TaskEnd => event.cause = Some(task_end_text(detail).into()),
            Kind::SessionReset => event.cause = ResetReason::numbered(detail).map(|reason| reason.to_string().into()),
            _ => {}
        }
        if is_of_session(kind) {
            event.label = Some(Key(label));
            event.number = (kind != Kind::SessionReset).then_some(u64::from(detail));
        }
        if kind == Kind::TaskEnd {
            self.names.tasks.remove(&label);
            sim.forget_task(label);
        }
        event
    }

    fn blank(&self, at: VirtualInstant, step: u64, kind: EventKind, node: NodeId) -> Event {
        Event::blank(self.events, at, step, kind, self.names.node(node))
    }

    /// The task of a node in whose poll something came about: that of the last poll, if it was of that node at that instant.
    fn polled_task(&mut self, at: VirtualInstant, node: NodeId, sim: &Sim) -> Option<Arc<str>> {
        let poll = self.polled.filter(|poll| (poll.at, poll.node) == (at, node))?;
        self.names.task(poll.label, sim)
    }
}

/// At most so many characters of what a message says are kept.
const SAID_MOST: usize = 300;

fn shortened(text: String) -> Arc<str> {
    match text.char_indices().nth(SAID_MOST) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

fn is_of_session(kind: RecordKind) -> bool {
    use RecordKind as Kind;
    matches!(
        kind,
        Kind::Connect
            | Kind::Accept
            | Kind::Refuse
            | Kind::SessionSend
            | Kind::Retransmit
            | Kind::SessionDeliver
            | Kind::SessionClose
            | Kind::SessionReset
    )
}

impl RunObserver for Recorder {
    fn event(&mut self, record: Record) {
        self.step.push(Entry::Event(record));
    }

    fn fact(&mut self, at: VirtualInstant, node: NodeId, fact: &dyn Fact) {
        self.step.push(Entry::Fact { at, node, text: format!("{fact:?}") });
    }

    fn viewed(&mut self, node: NodeId) {
        self.viewed.push(node);
    }

    fn calms(&mut self, at: VirtualInstant) {
        self.calm_at = Some(at);
    }

    fn stepped(&mut self, sim: &mut Sim) {
        self.take_step(sim);
    }

    fn ended(&mut self, sim: &mut Sim, _report: &Report) {
        self.take_step(sim);
    }

    fn has_left(&self) -> bool {
        false
    }
}

/// Names that were asked for, each kept once.
#[derive(Debug, Default)]
struct Names {
    nodes: Vec<Arc<str>>,
    causes: BTreeMap<u32, Arc<str>>,
    tasks: BTreeMap<u64, Arc<str>>,
}

impl Names {
    fn node(&self, node: NodeId) -> Arc<str> {
        self.nodes.get(node.index()).map_or_else(|| "cluster".into(), Arc::clone)
    }

    fn is(&self, node: NodeId, name: &Arc<str>) -> bool {
        self.nodes.get(node.index()).is_some_and(|known| Arc::ptr_eq(known, name))
    }

    fn cause(&mut self, cause: u32, sim: &Sim) -> Arc<str> {
        Arc::clone(self.causes.entry(cause).or_insert_with(|| sim.cause(cause).into()))
    }

    fn task(&mut self, path: u64, sim: &Sim) -> Option<Arc<str>> {
        if let Some(known) = self.tasks.get(&path) {
            return Some(Arc::clone(known));
        }
        let name: Arc<str> = sim.task_named(path)?.into();
        self.tasks.insert(path, Arc::clone(&name));
        Some(name)
    }
}
