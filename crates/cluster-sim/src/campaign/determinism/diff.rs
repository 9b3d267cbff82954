//! Where two logs of one window part, and in what.

use std::iter::zip;

use serde_json::Value;

use super::checkpoint::Window;
use super::log_line::Line;
use crate::report::{Difference, DifferingEvent, DivergenceKind, Report};
use crate::sim::Sim;

/// How many of the last events of each run are shown, with the one that differs.
const SHOWN: usize = 20;
/// How many more are shown of how each went on.
const AFTER: usize = 4;
/// How many places of two reports are named.
const PLACES: usize = 16;

/// The first event in which a window differs from the log of the other run; `last` is the window before it.
///
/// Nothing if there is none: since the checkpoints differ and the shorter window ends with the end of its run, the log is a false one.
pub(super) fn find(
    last: &Window,
    here: &Window,
    there: &[Line],
    sim: &Sim,
    report: Option<&Report>,
) -> Option<(DifferingEvent, Vec<Difference>)> {
    let here_lines = Line::all(here, sim, report);
    let same = zip(&here_lines, there).take_while(|(here, there)| here.is_same(there)).count();
    let (before, here_lines) = here_lines.split_at(same);
    let mut shown = Line::all(last, sim, None);
    shown.extend_from_slice(before);
    let before = &shown[shown.len().saturating_sub(SHOWN - 1)..];
    let upto = |lines: &[Line]| lines.len().min(1 + AFTER);
    let there_lines = there.get(same..)?;
    let (here_lines, there_lines) = (&here_lines[..upto(here_lines)], &there_lines[..upto(there_lines)]);
    let ([here_line, ..], [there_line, ..]) = (here_lines, there_lines) else { return None };

    let acted = who_acted(here_line, there_line, before.last());
    let texts = |lines: &[Line]| lines.iter().map(|line| line.text.clone()).collect();
    let event = DifferingEvent {
        index: last.checkpoint.entries() + same as u64,
        at: acted.at,
        kind: acted.kind,
        node: acted.node.clone(),
        peer: acted.peer.clone(),
        task: acted.task.clone(),
        before: texts(before),
        left: texts(here_lines),
        right: texts(there_lines),
    };
    Some((event, here_line.differences(there_line)))
}

/// Which of two lines tells of the node that did what the other run did not.
///
/// The earlier one: the other run has nothing like it at that instant. At one instant the one that goes on with the step that both runs
/// were in, and the end of a run only where it is a node's doing.
fn who_acted<'l>(here: &'l Line, there: &'l Line, before: Option<&Line>) -> &'l Line {
    let goes_on = |line: &Line| before.is_some_and(|before| before.at == line.at && before.node == line.node);
    let just_ends = |line: &Line| line.kind == DivergenceKind::End && line.node == "cluster";
    let rank = |line: &Line| (line.at, just_ends(line), !goes_on(line));
    if rank(there) < rank(here) { there } else { here }
}

/// In which places two reports differ.
pub(super) fn differences(here: &Value, there: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(here, there, &mut String::new(), &mut found);
    let more = found.len().saturating_sub(PLACES);
    found.truncate(PLACES);
    if more > 0 {
        let count = format!("{more} more");
        found.push(Difference { place: "further places".to_owned(), left: count.clone(), right: count });
    }
    found
}

fn compare(here: &Value, there: &Value, place: &mut String, found: &mut Vec<Difference>) {
    let length = place.len();
    match (here, there) {
        (Value::Object(one), Value::Object(other)) => {
            let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                place.push_str(if length == 0 { "" } else { "." });
                place.push_str(name);
                compare(one.get(name).unwrap_or(&Value::Null), other.get(name).unwrap_or(&Value::Null), place, found);
                place.truncate(length);
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for index in 0..one.len().max(other.len()) {
                place.push_str(&format!("[{index}]"));
                compare(one.get(index).unwrap_or(&Value::Null), other.get(index).unwrap_or(&Value::Null), place, found);
                place.truncate(length);
            }
        }
        _ if here == there => {}
        _ => found.push(Difference { place: place.clone(), left: here.to_string(), right: there.to_string() }),
    }
}
