//! Spans of time in which something was in force: cuts, pauses, nodes down or killed, loss rules, changed links.

use std::sync::Arc;

use cluster_sim_runtime::{Record, RecordKind};
use cluster_sim_types::{NodeId, Ratio, VirtualInstant};
use serde::{Deserialize, Serialize};

use super::event::Event;
use crate::event::EventKind;
use crate::fault::Fault;
use crate::report::{FaultRecord, Report};

/// Something that was in force for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// What it was.
    pub kind: SpanKind,
    /// From when on, in nanoseconds since the start.
    #[serde(rename = "from_ns")]
    pub from: VirtualInstant,
    /// Until when; nothing if it was still in force when the run ended.
    #[serde(rename = "until_ns")]
    pub until: Option<VirtualInstant>,
    /// The declared names of the nodes that it struck: one side of a cut; nobody for what is about a class of links.
    pub nodes: Vec<Arc<str>>,
    /// The other side of a cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Arc<str>>,
    /// Its place among the report's faults, if one of them began it.
    pub fault: Option<usize>,
    /// What it was, in words.
    pub text: String,
}

/// What can be in force for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// Nodes could not reach others.
    Cut,
    /// A node had crashed.
    Down,
    /// A node was gone for good.
    Killed,
    /// The scenario was run without a node.
    Absent,
    /// A node stood still.
    Paused,
    /// A loss rule ate messages.
    Loss,
    /// A class of links was of another model.
    Links,
}

/// What is open is known by a cut's id or a node's number.
#[derive(Debug, Clone, Copy)]
struct Open {
    kind: SpanKind,
    from: VirtualInstant,
    until: Option<VirtualInstant>,
    node: NodeId,
    peer: NodeId,
    /// The id of a cut.
    cut: u64,
}

/// What is and was in force.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<Open>);

impl Spans {
    pub(super) fn take(&mut self, record: &Record) {
        let Record { node, label, at, .. } = *record;
        match record.kind {
            RecordKind::Cut => self.open(SpanKind::Cut, record),
            RecordKind::Heal => self.close(at, |open| open.kind == SpanKind::Cut && open.cut == label),
            RecordKind::Pause => self.open(SpanKind::Paused, record),
            RecordKind::Resume => self.close(at, |open| open.kind == SpanKind::Paused && open.node == node),
            RecordKind::Boot => self.close(at, |open| open.kind == SpanKind::Down && open.node == node),
            RecordKind::Crash => self.end_life(SpanKind::Down, record),
            RecordKind::Kill => self.end_life(SpanKind::Killed, record),
            _ => {}
        }
    }

    /// A node that the scenario is run without is absent from the start.
    pub(super) fn add_absent(&mut self, node: NodeId) {
        self.open(SpanKind::Absent, &Record::of(VirtualInstant::ZERO, RecordKind::Kill, node));
    }

    fn open(&mut self, kind: SpanKind, record: &Record) {
        let Record { at, node, peer, label, .. } = *record;
        self.0.push(Open { kind, from: at, until: None, node, peer, cut: label });
    }

    fn end_life(&mut self, kind: SpanKind, record: &Record) {
        self.close(record.at, |open| open.kind != SpanKind::Cut && open.node == record.node);
        self.open(kind, record);
    }

    fn close(&mut self, at: VirtualInstant, which: impl Fn(&Open) -> bool) {
        let open = self.0.iter_mut().filter(|open| open.until.is_none() && which(open));
        open.for_each(|open| open.until = Some(at));
    }

    /// Everything that was in force, in the order in which it began, each with the fault that began it.
    pub(super) fn finish(self, nodes: &[Arc<str>], report: &Report) -> Vec<Span> {
        let mut taken = vec![false; report.faults.len()];
        let mut spans: Vec<Span> = self.0.iter().map(|open| named(open, nodes, &report.faults, &mut taken)).collect();
        spans.extend(of_links(&report.faults));
        spans.sort_by_key(|span| (span.from, span.fault));
        spans
    }
}

/// Notes in each event of cuts and links the span that it began or ended, if it is exactly one.
pub(super) fn assign(spans: &[Span], events: &mut [Event]) {
    for event in events {
        let kinds: &[SpanKind] = match event.event {
            EventKind::Cut { .. } | EventKind::Heal { .. } => &[SpanKind::Cut],
            EventKind::Links { .. } => &[SpanKind::Loss, SpanKind::Links],
            _ => continue,
        };
        let begun = |span: &Span| span.from == event.at;
        let ended = |span: &Span| span.until == Some(event.at);
        event.span = match event.event {
            EventKind::Cut { .. } => only(spans, kinds, begun),
            EventKind::Heal { .. } => only(spans, kinds, ended),
            _ => only(spans, kinds, begun).or_else(|| only(spans, kinds, ended)),
        };
    }
}

fn only(spans: &[Span], kinds: &[SpanKind], fits: impl Fn(&Span) -> bool) -> Option<usize> {
    let mut found = (0..spans.len()).filter(|index| kinds.contains(&spans[*index].kind) && fits(&spans[*index]));
    found.next().filter(|_| found.next().is_none())
}

/// What was open, in the words of the fault that began it.
fn named(open: &Open, nodes: &[Arc<str>], faults: &[FaultRecord], taken: &mut [bool]) -> Span {
    let name = |node: NodeId| nodes.get(node.index()).map_or("cluster", |name| &**name);
    let (node, peer) = (name(open.node), name(open.peer));
    let began = |record: &FaultRecord| {
        record.applied
            && record.at == open.from
            && match (open.kind, &record.fault) {
                (SpanKind::Cut, Fault::Cut { from, to, .. }) => {
                    from.first().is_some_and(|first| first == node) && to.first().is_some_and(|first| first == peer)
                }
                (SpanKind::Down, Fault::Crash { node: struck, .. })
                | (SpanKind::Killed, Fault::Kill { node: struck })
                | (SpanKind::Paused, Fault::Pause { node: struck, .. }) => struck == node,
                _ => false,
            }
    };
    let fault = (0..faults.len()).find(|index| !taken[*index] && began(&faults[*index]));
    if let Some(index) = fault {
        taken[index] = true;
    }
    let names = |names: &[String]| names.iter().map(|name| name.as_str().into()).collect();
    let (mut ours, mut others) = (vec![node.into()], Vec::new());
    match fault.map(|index| &faults[index].fault) {
        Some(Fault::Cut { from, to, .. }) => (ours, others) = (names(from), names(to)),
        _ if open.kind == SpanKind::Cut => others = vec![peer.into()],
        _ => {}
    }
    let text = match (fault, open.kind) {
        (Some(index), _) => faults[index].fault.to_string(),
        (None, SpanKind::Cut) => format!("cut {}", open.cut),
        (None, SpanKind::Killed) => format!("{node} is killed"),
        (None, SpanKind::Absent) => format!("{node} is absent"),
        (None, SpanKind::Paused) => format!("{node} is paused"),
        (None, _) => format!("{node} is down"),
    };
    Span { kind: open.kind, from: open.from, until: open.until, nodes: ours, others, fault, text }
}

/// Loss rules and changed links: no record names them, but their faults say from when to when they were in force.
fn of_links(faults: &[FaultRecord]) -> impl Iterator<Item = Span> + '_ {
    faults.iter().enumerate().filter(|(_, record)| record.applied).filter_map(|(index, record)| {
        let kind = match &record.fault {
            Fault::Loss { ratio, .. } if *ratio > Ratio::ZERO => SpanKind::Loss,
            Fault::Links { .. } => SpanKind::Links,
            _ => return None,
        };
        let (from, until, text) = (record.at, record.ended_at, record.fault.to_string());
        Some(Span { kind, from, until, nodes: vec![], others: vec![], fault: Some(index), text })
    })
}
