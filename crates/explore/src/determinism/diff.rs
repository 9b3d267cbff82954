//! Finds the first difference between two logs of one window, or two reports.

use std::iter::zip;

use cluster_sim_simulation::{Difference, DifferingEvent, DivergenceKind, Report, Sim};
use serde_json::Value;

use super::checkpoint::Window;
use super::log_line::Line;

/// Last events shown of each run, including the first that differs.
const BEFORE: usize = 20;
/// Events shown after the first that differs.
const AFTER: usize = 4;
/// Fields of two reports that are named.
const PLACES: usize = 16;

/// Finds the first event in which a window differs from the log of the other run.
///
/// `last` is the window before it.
///
/// Returns nothing if there is none. Since the checkpoints differ and the shorter window ends with the end of its run, the log is
/// then invalid.
pub(super) fn find(
    last: &Window,
    left: &Window,
    right: &[Line],
    sim: &Sim,
    report: Option<&Report>,
) -> Option<(DifferingEvent, Vec<Difference>)> {
    let left_lines = Line::all(left, sim, report);
    let same = zip(&left_lines, right).take_while(|(left, right)| left.is_same(right)).count();
    let (before, left_lines) = left_lines.split_at(same);
    let mut events = Line::all(last, sim, None);
    events.extend_from_slice(before);
    let before = &events[events.len().saturating_sub(BEFORE - 1)..];
    let limit = |lines: &[Line]| lines.len().min(1 + AFTER);
    let right_lines = right.get(same..)?;
    let (left_lines, right_lines) = (&left_lines[..limit(left_lines)], &right_lines[..limit(right_lines)]);
    let ([left_line, ..], [right_line, ..]) = (left_lines, right_lines) else { return None };

    let acted = diverging_line(left_line, right_line, before.last());
    let texts = |lines: &[Line]| lines.iter().map(|line| line.text.clone()).collect();
    let event = DifferingEvent {
        index: last.checkpoint.entries() + same as u64,
        at: acted.at,
        kind: acted.kind,
        node: acted.node.clone(),
        peer: acted.peer.clone(),
        task: acted.task.clone(),
        before: texts(before),
        left: texts(left_lines),
        right: texts(right_lines),
    };
    Some((event, left_line.differences(right_line)))
}

/// The line to blame: that of the node that did what the other run did not.
///
/// The earlier line wins: the other run has nothing like it at that instant. At one instant the line wins that continues the step
/// in which both runs were; the end of a run wins only if a node caused it.
fn diverging_line<'l>(left: &'l Line, right: &'l Line, before: Option<&Line>) -> &'l Line {
    let continues = |line: &Line| before.is_some_and(|before| before.at == line.at && before.node == line.node);
    let just_ends = |line: &Line| line.kind == DivergenceKind::End && line.node == "cluster";
    let rank = |line: &Line| (line.at, just_ends(line), !continues(line));
    if rank(right) < rank(left) { right } else { left }
}

/// The fields in which two reports differ, at most 16 and a count of the rest.
pub(super) fn differences(left: &Value, right: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(left, right, &mut String::new(), &mut found);
    let more = found.len().saturating_sub(PLACES);
    found.truncate(PLACES);
    if more > 0 {
        let count = format!("{more} more");
        found.push(Difference { place: "further places".to_owned(), left: count.clone(), right: count });
    }
    found
}

fn compare(left: &Value, right: &Value, place: &mut String, found: &mut Vec<Difference>) {
    let length = place.len();
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let mut names: Vec<&String> = left.keys().chain(right.keys()).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                place.push_str(if length == 0 { "" } else { "." });
                place.push_str(name);
                compare(left.get(name).unwrap_or(&Value::Null), right.get(name).unwrap_or(&Value::Null), place, found);
                place.truncate(length);
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            for index in 0..left.len().max(right.len()) {
                place.push_str(&format!("[{index}]"));
                compare(left.get(index).unwrap_or(&Value::Null), right.get(index).unwrap_or(&Value::Null), place, found);
                place.truncate(length);
            }
        }
        _ if left == right => {}
        _ => found.push(Difference { place: place.clone(), left: left.to_string(), right: right.to_string() }),
    }
}
