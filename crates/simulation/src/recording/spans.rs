//! Collects the spans of a run: cuts, pauses, nodes down or killed, loss rules, changed links.

use std::sync::Arc;

use cluster_sim_runtime::{Record, RecordKind};
use cluster_sim_types::{NodeId, VirtualInstant};

use super::event::Event;
use super::span::Span;
use crate::event::EventKind;
use crate::fault::SpanKind;
use crate::report::{FaultRecord, Report};

/// A span under construction, identified by the id of a cut or by a node.
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

/// All spans so far, open and closed.
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

    /// Opens the span of a node that the scenario runs without, from the start.
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

    /// All spans by their start, each with the fault that began it.
    pub(super) fn finish(self, nodes: &[Arc<str>], report: &Report) -> Vec<Span> {
        let mut taken = vec![false; report.faults.len()];
        let mut spans: Vec<Span> = self.0.iter().map(|open| named(open, nodes, &report.faults, &mut taken)).collect();
        spans.extend(of_faults(&report.faults));
        spans.sort_by_key(|span| (span.from, span.fault));
        spans
    }
}

/// Sets in each event of cuts and links the span that it begins or ends, if it is exactly one.
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

/// A span with names, and with the text of the fault that began it.
fn named(open: &Open, nodes: &[Arc<str>], faults: &[FaultRecord], taken: &mut [bool]) -> Span {
    let name = |node: NodeId| nodes.get(node.index()).map_or("cluster", |name| &**name);
    let (node, peer) = (name(open.node), name(open.peer));
    let names = |side: &[String]| side.iter().map(|name| name.as_str().into()).collect::<Vec<Arc<str>>>();
    let began = |record: &FaultRecord| {
        let [ours, others] = record.fault.sides();
        let is_first = |side: &[String], name: &str| side.first().is_some_and(|first| first == name);
        record.applied
            && record.at == open.from
            && record.fault.span() == Some(open.kind)
            && is_first(ours, node)
            && (others.is_empty() || is_first(others, peer))
    };
    let fault = (0..faults.len()).find(|index| !taken[*index] && began(&faults[*index]));
    let (ours, others) = match fault {
        Some(index) => {
            taken[index] = true;
            faults[index].fault.sides().map(names).into()
        }
        None if open.kind == SpanKind::Cut => (vec![node.into()], vec![peer.into()]),
        None => (vec![node.into()], Vec::new()),
    };
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

/// Spans of faults that no record shows, such as a loss rule.
fn of_faults(faults: &[FaultRecord]) -> impl Iterator<Item = Span> + '_ {
    let is_recorded = |kind| matches!(kind, SpanKind::Cut | SpanKind::Down | SpanKind::Killed | SpanKind::Paused);
    faults.iter().enumerate().filter(|(_, record)| record.applied).filter_map(move |(index, record)| {
        let kind = record.fault.span().filter(|kind| !is_recorded(*kind))?;
        let [nodes, others] = record.fault.sides().map(|side| side.iter().map(|name| name.as_str().into()).collect());
        let (from, until, text) = (record.at, record.ended_at, record.fault.to_string());
        Some(Span { kind, from, until, nodes, others, fault: Some(index), text })
    })
}
