//! The orders that clients saw: of each process, and of real time.

use rustc_hash::FxHashMap;

use super::anomaly::{EdgeKind, TimeOrder};
use super::graph::{Edges, Node};
use crate::history::history_event::HistoryEvent;
use crate::history::record::History;

/// Adds the edges of those orders, between transactions that count: at most two for each of a process, four of real time.
///
/// Real time orders nearly all pairs. The transactions that ended before one began are joined instead: each leads to the joint
/// made at the next invocation, each joint to the next, and the last one to what begins.
pub(super) fn add_time<O, A>(edges: &mut Edges, history: &History<O, A>, order: TimeOrder, counts: impl Fn(Node) -> bool) {
    if order == TimeOrder::None {
        return;
    }
    let mut last_of_process: FxHashMap<_, Node> = FxHashMap::default();
    let mut ended: Vec<Node> = Vec::new();
    let mut joint: Option<Node> = None;
    for event in history.events() {
        match event {
            HistoryEvent::Invoked { index, process, .. } if counts(index as Node) => {
                let node = index as Node;
                if let Some(before) = last_of_process.insert(process, node) {
                    edges.add(before, node, EdgeKind::Process);
                }
                if order == TimeOrder::RealTime {
                    joint = join(edges, joint, &mut ended);
                    if let Some(joint) = joint {
                        edges.add_behind(joint, node);
                    }
                }
            }
            HistoryEvent::Completed { index, .. } if counts(index as Node) => ended.push(index as Node),
            HistoryEvent::Invoked { .. } | HistoryEvent::Completed { .. } => {}
        }
    }
}

/// Returns the joint behind all that ended, which is the last one if nothing ended since.
fn join(edges: &mut Edges, last: Option<Node>, ended: &mut Vec<Node>) -> Option<Node> {
    if ended.is_empty() {
        return last;
    }
    let joint = edges.joint();
    if let Some(last) = last {
        edges.add_behind(last, joint);
    }
    for node in ended.drain(..) {
        edges.add(node, joint, EdgeKind::RealTime);
    }
    Some(joint)
}
