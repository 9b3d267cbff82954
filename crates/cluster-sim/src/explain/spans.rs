//! What was in force for a time: cuts, pauses, lives that ended, loss rules.

use std::sync::Arc;

use cluster_sim_runtime::{Record, RecordKind};
use cluster_sim_types::{NodeId, VirtualInstant};
use serde::{Deserialize, Serialize};

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
    /// The seat of a node was empty.
    Empty,
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

    /// The seat of a node is empty from the start.
    pub(super) fn leave_empty(&mut self, node: NodeId) {
        self.open(SpanKind::Empty, &Record::of(VirtualInstant::ZERO, RecordKind::Kill, node));
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
    pub(super) fn finish(self, nodes: &[Arc<str>], report: &Report, calm_at: Option<VirtualInstant>) -> Vec<Span> {
        let mut taken = vec![false; report.faults.len()];
        let mut spans: Vec<Span> = self.0.iter().map(|open| named(open, nodes, &report.faults, &mut taken)).collect();
        spans.extend(of_links(&report.faults, calm_at));
        spans.sort_by_key(|span| (span.from, span.fault));
        spans
    }
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
        (None, SpanKind::Killed) => format!("{node} is gone"),
        (None, SpanKind::Empty) => format!("the seat of {node} is empty"),
        (None, SpanKind::Paused) => format!("{node} is paused"),
        (None, _) => format!("{node} is down"),
    };
    Span { kind: open.kind, from: open.from, until: open.until, nodes: ours, others, fault, text }
}

/// Loss rules and changed links leave no record of when they end: it follows from the faults.
fn of_links(faults: &[FaultRecord], calm_at: Option<VirtualInstant>) -> Vec<Span> {
    let mut spans: Vec<(String, Span)> = Vec::new();
    let mut fired: Vec<(usize, &FaultRecord)> = faults.iter().enumerate().filter(|(_, record)| record.applied).collect();
    fired.sort_by_key(|(_, record)| record.at);
    for (index, FaultRecord { at, fault, .. }) in fired {
        let (kind, key, lasting, has_effect) = match fault {
            Fault::Loss { links, rule, ratio, duration } => {
                (SpanKind::Loss, format!("loss {links} {rule}"), *duration, *ratio > cluster_sim_types::Ratio::ZERO)
            }
            Fault::Links { links, .. } => (SpanKind::Links, format!("links {links}"), None, true),
            _ => continue,
        };
        // A later one of the same name replaces it.
        let replaced = spans.iter_mut().filter(|(known, span)| *known == key && span.until.is_none_or(|until| until > *at));
        replaced.for_each(|(_, span)| span.until = Some(*at));
        let until = [lasting.map(|lasting| *at + lasting), calm_at].into_iter().flatten().min();
        if has_effect {
            let span = Span { kind, from: *at, until, nodes: vec![], others: vec![], fault: Some(index), text: fault.to_string() };
            spans.push((key, span));
        }
    }
    spans.into_iter().map(|(_, span)| span).collect()
}
