//! An entry of a window with the names that only its own run knows.

use cluster_sim_runtime::{Record, RecordKind};
use cluster_sim_simulation::driver::{DriveSim, Names};
use cluster_sim_simulation::text::{Parts, text_of};
use cluster_sim_simulation::{Difference, DivergenceKind, EventKind, Report, Sim};
use cluster_sim_types::{NodeId, VirtualInstant};

use serde::{Deserialize, Serialize};

use super::checkpoint::{Entry, Window};

/// The part of a line that is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LogEntry {
    Event(Record),
    Fact { at: VirtualInstant, text: String },
    End,
}

/// An entry with resolved names, as sent to the verifier.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) entry: LogEntry,
    pub(super) at: VirtualInstant,
    pub(super) kind: DivergenceKind,
    /// Declared name of the node that acted.
    pub(super) node: String,
    pub(super) peer: Option<String>,
    pub(super) task: Option<String>,
    pub(super) text: String,
}

impl Line {
    /// The lines of a window; pass `report` once the run is over.
    pub(super) fn all(window: &Window, sim: &Sim, report: Option<&Report>) -> Vec<Self> {
        let mut polled = window.polled;
        let line = |entry: &Entry| match entry {
            Entry::Event(record) => {
                if record.kind == RecordKind::Poll {
                    polled = Some(*record);
                }
                Self::of_event(record, polled, sim)
            }
            Entry::Fact { at, node, text } => Self::of_fact(*at, *node, &window.texts[text.clone()], polled, sim),
            Entry::End => Self::of_end(report, sim),
        };
        window.entries.iter().map(line).collect()
    }

    fn of_event(record: &Record, polled: Option<Record>, sim: &Sim) -> Self {
        let task = match record.kind {
            RecordKind::Poll | RecordKind::TaskEnd | RecordKind::Timer => sim.task_named(record.label),
            _ => None,
        };
        Self {
            entry: LogEntry::Event(*record),
            at: record.at,
            kind: DivergenceKind::Event(record.kind),
            node: sim.node_name(record.node).to_owned(),
            peer: (record.peer != record.node).then(|| sim.node_name(record.peer).to_owned()),
            task: task.or_else(|| polled_task(record.at, record.node, polled, sim)),
            text: describe(record, sim),
        }
    }

    fn of_fact(at: VirtualInstant, node: NodeId, fact: &str, polled: Option<Record>, sim: &Sim) -> Self {
        let name = sim.node_name(node);
        Self {
            entry: LogEntry::Fact { at, text: fact.to_owned() },
            at,
            kind: DivergenceKind::Fact,
            node: name.to_owned(),
            peer: None,
            task: polled_task(at, node, polled, sim),
            text: format!("{at}  {}", text_of(&EventKind::Fact { text: fact.to_owned() }, name, None)),
        }
    }

    fn of_end(report: Option<&Report>, sim: &Sim) -> Self {
        let EndOfRun { node, task, how } = report.map_or_else(EndOfRun::default, |report| EndOfRun::of(report, sim));
        let text = format!("{}  {}", sim.now(), Parts { cause: how.into(), ..Parts::default() }.sentence("end"));
        Self { entry: LogEntry::End, at: sim.now(), kind: DivergenceKind::End, node, peer: None, task, text }
    }

    /// Whether two lines are equal.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        // The report is compared separately and covers how a run ended.
        self.entry == other.entry && (self.node == other.node || self.entry == LogEntry::End)
    }

    /// The fields in which two events differ, if kind and node are equal.
    pub(super) fn differences(&self, other: &Self) -> Vec<Difference> {
        if (self.kind, &self.node) != (other.kind, &other.node) {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut compare = |place: &str, left: String, right: String| {
            if left != right {
                found.push(Difference { place: place.to_owned(), left, right });
            }
        };
        match (&self.entry, &other.entry) {
            (LogEntry::Event(left), LogEntry::Event(right)) => {
                let name = |peer: &Option<String>| peer.clone().unwrap_or_else(|| "none".to_owned());
                compare("at", nanoseconds(left.at), nanoseconds(right.at));
                compare("peer", name(&self.peer), name(&other.peer));
                compare("detail", left.detail.to_string(), right.detail.to_string());
                compare("label", format!("{:016x}", left.label), format!("{:016x}", right.label));
                compare("length", left.length.to_string(), right.length.to_string());
                compare("payload", format!("{:016x}", left.payload), format!("{:016x}", right.payload));
            }
            (LogEntry::Fact { at: left_at, text: left }, LogEntry::Fact { at: right_at, text: right }) => {
                compare("at", nanoseconds(*left_at), nanoseconds(*right_at));
                compare("fact", left.clone(), right.clone());
            }
            _ => {}
        }
        found
    }
}

/// All digits: two instants may differ in the last one only.
fn nanoseconds(at: VirtualInstant) -> String {
    format!("{} ns", at.as_nanoseconds())
}

/// The event as in reports, plus the payload hash: equal labels may have different content.
fn describe(record: &Record, sim: &Sim) -> String {
    let text = sim.describe(record);
    match record.kind {
        RecordKind::Send | RecordKind::SessionSend | RecordKind::Call => format!("{text}, content {:016x}", record.payload),
        _ => text,
    }
}

/// The task that caused an entry: that of the last poll, if it was of that node at that instant.
fn polled_task(at: VirtualInstant, node: NodeId, polled: Option<Record>, sim: &Sim) -> Option<String> {
    let poll = polled.filter(|poll| (poll.at, poll.node) == (at, node))?;
    sim.task_named(poll.label)
}

/// How a run ended, and at which node.
#[derive(Default)]
struct EndOfRun {
    node: String,
    task: Option<String>,
    how: String,
}

impl EndOfRun {
    fn of(report: &Report, sim: &Sim) -> Self {
        let cluster = |how| Self { node: "cluster".to_owned(), task: None, how };
        if let Some(violation) = report.violations.first() {
            let node = violation.nodes.first().map_or("cluster", |node| sim.node_name(*node));
            Self { node: node.to_owned(), ..cluster(violation.to_string()) }
        } else if let Some(panic) = &report.panic {
            let how = format!("{} panicked: {}", panic.site, panic.message);
            Self { node: panic.site.to_string(), task: panic.task.clone(), how }
        } else if let Some(exhausted) = &report.exhausted {
            cluster(exhausted.to_string())
        } else {
            cluster(format!("{:?}", report.outcome).to_lowercase())
        }
    }
}
