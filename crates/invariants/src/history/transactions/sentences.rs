//! Sentences that say why one transaction comes before another.

use super::anomaly::{Anomalies, AnomalyKind, CycleEdge, EdgeKind};
use super::cycles::FoundCycle;
use crate::history::record::History;

/// Why one transaction comes before another.
#[derive(Debug)]
pub(super) struct Reason {
    /// The key and its values, or the times.
    pub(super) label: String,
    /// A sentence.
    pub(super) message: String,
}

/// Explains the edges that a kind of data gives.
pub(super) trait Explain {
    /// Returns why the one transaction comes before the other, by an edge of a kind that reads and writes give.
    fn dependency(&self, from: u32, to: u32, kind: EdgeKind) -> Option<Reason>;
}

/// Adds a cycle, with a sentence for each edge.
pub(super) fn add_cycle<O, A>(anomalies: &mut Anomalies, cycle: &FoundCycle, history: &History<O, A>, explain: &impl Explain) {
    let nodes: Vec<u32> = cycle.edges.iter().map(|(node, _)| *node).collect();
    anomalies.add(AnomalyKind::Cycle(cycle.family, cycle.order), &nodes, || {
        let following = nodes.iter().cycle().skip(1);
        let edges: Vec<CycleEdge> = cycle
            .edges
            .iter()
            .zip(following)
            .map(|(&(from, kind), &to)| {
                let Reason { label, message } = explain_edge(history, explain, from, to, kind);
                CycleEdge { from: from as usize, to: to as usize, kind, label, message }
            })
            .collect();
        let reasons: Vec<&str> = edges.iter().map(|edge| edge.message.as_str()).collect();
        let names: Vec<String> = nodes.iter().chain(&nodes[..1]).map(|node| format!("T{node}")).collect();
        (format!("{}: {}", reasons.join("; "), names.join(" before ")), edges)
    });
}

fn explain_edge<O, A>(history: &History<O, A>, explain: &impl Explain, from: u32, to: u32, kind: EdgeKind) -> Reason {
    let (before, after) = (&history.operations()[from as usize], &history.operations()[to as usize]);
    match kind {
        EdgeKind::Process => {
            let label = history.process_name(before.process);
            Reason { message: format!("{label} ran T{from} before T{to}"), label }
        }
        EdgeKind::RealTime => {
            let ended = before.completed().map(|end| format!(" at {}", end.at)).unwrap_or_default();
            let began = after.invoked.at;
            let message = format!("T{from} ended{ended} before T{to} began at {began}");
            Reason { label: format!("ended{ended}, began at {began}"), message }
        }
        _ => explain.dependency(from, to, kind).unwrap_or_else(|| {
            let message = format!("T{from} comes before T{to}");
            Reason { label: String::new(), message }
        }),
    }
}
