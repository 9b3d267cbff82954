//! Collects the spans of a run: cuts, pauses, nodes down or killed, loss rules, changed links.

use std::collections::BTreeMap;
use std::sync::Arc;

use cluster_sim_runtime::{Record, RecordKind};
use cluster_sim_types::{NodeId, VirtualInstant};

use super::event::Event;
use super::span::Span;
use crate::event::EventKind;
use crate::fault::{Fault, SpanKind};
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

/// All spans so far.
#[derive(Debug, Default)]
pub(super) struct Spans {
    all: Vec<Open>,
    /// Positions of those without an end, few of many.
    open: Vec<usize>,
}

impl Spans {
    pub(super) fn take(&mut self, record: &Record) {
        let Record { node, label, at, .. } = *record;
        match record.kind {
            RecordKind::Cut => self.open(SpanKind::Cut, record),
            RecordKind::Heal => self.close(at, |open| open.kind == SpanKind::Cut && open.cut == label),
            RecordKind::Pause => self.open(SpanKind::Paused, record),
            RecordKind::Resume => self.close(at, |open| open.kind == SpanKind::Paused && open.node == node),
            RecordKind::Boot => self.close(at, |open| open.kind == SpanKind::Down && open.node == node),
            RecordKind::Crash | RecordKind::Stop => self.end_life(SpanKind::Down, record),
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
        self.open.push(self.all.len());
        self.all.push(Open { kind, from: at, until: None, node, peer, cut: label });
    }

    fn end_life(&mut self, kind: SpanKind, record: &Record) {
        self.close(record.at, |open| open.kind != SpanKind::Cut && open.node == record.node);
        self.open(kind, record);
    }

    fn close(&mut self, at: VirtualInstant, which: impl Fn(&Open) -> bool) {
        for index in self.open.extract_if(.., |index| which(&self.all[*index])).collect::<Vec<_>>() {
            self.all[index].until = Some(at);
        }
    }

    /// All spans by their start, each with the fault that began it.
    pub(super) fn finish(self, nodes: &[Arc<str>], report: &Report) -> Vec<Span> {
        let mut applied = by_instant(report.faults.iter().map(|record| Some(record.at).filter(|_| record.applied)));
        let mut spans: Vec<Span> = self.all.iter().map(|open| named(open, nodes, &report.faults, &mut applied)).collect();
        spans.extend(of_faults(&report.faults));
        spans.sort_by_key(|span| (span.from, span.fault));
        spans
    }
}

/// The positions of those that have an instant, by it, in order.
fn by_instant(instants: impl Iterator<Item = Option<VirtualInstant>>) -> BTreeMap<VirtualInstant, Vec<usize>> {
    let mut by_instant = BTreeMap::<_, Vec<usize>>::new();
    for (index, at) in instants.enumerate() {
        at.into_iter().for_each(|at| by_instant.entry(at).or_default().push(index));
    }
    by_instant
}

/// Sets in each event of cuts and links the span that it begins or ends, if it is exactly one.
pub(super) fn assign(spans: &[Span], events: &mut [Event]) {
    let begun = by_instant(spans.iter().map(|span| Some(span.from)));
    let ended = by_instant(spans.iter().map(|span| span.until));
    let only = |at: &BTreeMap<VirtualInstant, Vec<usize>>, event: &Event, kinds: &[SpanKind]| {
        let mut found = at.get(&event.at)?.iter().copied().filter(|index| kinds.contains(&spans[*index].kind));
        found.next().filter(|_| found.next().is_none())
    };
    for event in events {
        let kinds: &[SpanKind] = match event.event {
            EventKind::Cut { .. } | EventKind::Heal { .. } => &[SpanKind::Cut],
            EventKind::Links { .. } => &[SpanKind::Loss, SpanKind::Links],
            _ => continue,
        };
        event.span = match event.event {
            EventKind::Cut { .. } => only(&begun, event, kinds),
            EventKind::Heal { .. } => only(&ended, event, kinds),
            _ => only(&begun, event, kinds).or_else(|| only(&ended, event, kinds)),
        };
    }
}

/// A span with names, and with the text of the fault that began it.
///
/// Removes that fault from the `applied` ones.
fn named(open: &Open, nodes: &[Arc<str>], faults: &[FaultRecord], applied: &mut BTreeMap<VirtualInstant, Vec<usize>>) -> Span {
    let name = |node: NodeId| nodes.get(node.index()).map_or("cluster", |name| &**name);
    let (node, peer) = (name(open.node), name(open.peer));
    let names = |side: &[String]| side.iter().map(|name| name.as_str().into()).collect::<Vec<Arc<str>>>();
    let began = |record: &FaultRecord| {
        let [ours, others] = record.fault.sides();
        // A side may name a region or all other nodes in place of its first node.
        let is_set = |name: &str| name == "*" || name.contains(':');
        let is_first = |side: &[String], name: &str| side.first().is_some_and(|first| first == name || is_set(first));
        // A fault of several nodes begins a span of each.
        let is_one = |side: &[String]| side.iter().any(|name| is_first(std::slice::from_ref(name), node));
        let is_ours = if open.kind == SpanKind::Cut { is_first(ours, node) } else { is_one(ours) };
        record.fault.span() == Some(open.kind) && is_ours && (others.is_empty() || is_first(others, peer))
    };
    let fault = applied.get_mut(&open.from).and_then(|then| {
        let first = then.iter().position(|index| began(&faults[*index]))?;
        let begins_others = matches!(faults[then[first]].fault, Fault::Domain(_));
        Some(if begins_others { then[first] } else { then.remove(first) })
    });
    let (ours, others) = match fault.filter(|_| open.kind == SpanKind::Cut) {
        Some(index) => faults[index].fault.sides().map(names).into(),
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
