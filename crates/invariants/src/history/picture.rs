//! Draws the part of a history that shows a contradiction.

use std::collections::{BTreeMap, BTreeSet};

use super::checker::Judgement;
use super::operation::Process;
use super::record::History;
use crate::cycle_picture::{CycleArrow, CycleNode, CyclePicture};
use crate::history_picture::{HistoryBar, HistoryPicture};

/// Operations that a picture has at most, besides those of the contradiction.
const AROUND: usize = 12;

impl HistoryPicture {
    /// Draws the first finding of a judgement; `None` without one.
    pub fn of<O, A>(history: &History<O, A>, judgement: &Judgement, describe: impl Fn(&O, Option<&A>) -> String) -> Option<Self> {
        let finding = judgement.findings.first()?;
        let operations = history.operations();
        let places: BTreeMap<usize, u64> = judgement.longest_order.iter().copied().zip(1..).collect();
        let end = finding.operations.iter().filter_map(|index| Some(operations[*index].completed()?.order)).max();
        let is_near = |index: &usize| {
            let is_of_object = places.is_empty() || places.contains_key(index);
            let operation = &operations[*index];
            let ends_before = operation.completed().is_some_and(|at| end.is_none_or(|end| at.order <= end));
            // One that nothing has placed yet could still come: a candidate.
            let overlaps = end.is_none_or(|end| operation.invoked.order < end) && !ends_before;
            (is_of_object && ends_before) || overlaps
        };
        let mut shown: BTreeSet<usize> = (0..operations.len()).rev().filter(is_near).take(AROUND).collect();
        shown.extend(&finding.operations);
        let mut lanes: Vec<Process> = Vec::new();
        let bars = shown.iter().map(|index| {
            let operation = &operations[*index];
            let lane = lanes.iter().position(|process| *process == operation.process).unwrap_or_else(|| {
                lanes.push(operation.process);
                lanes.len() - 1
            });
            HistoryBar {
                lane,
                text: describe(&operation.op, operation.answer()),
                from_ns: operation.invoked.at,
                to_ns: operation.completed().map(|end| end.at),
                failed: !operation.may_have_happened(),
                contradicts: finding.operations.contains(index),
                place: places.get(index).copied(),
            }
        });
        let bars: Vec<HistoryBar> = bars.collect();
        let left_out = (operations.len() - bars.len()) as u64;
        let lanes = lanes.into_iter().map(|process| history.process_name(process)).collect();
        let cycle = (!judgement.cycle.is_empty()).then(|| draw_cycle(history, &judgement.cycle, &describe));
        Some(Self { message: finding.message.clone(), lanes, bars, left_out, cycle })
    }
}

fn draw_cycle<O, A>(history: &History<O, A>, arrows: &[CycleArrow], describe: &impl Fn(&O, Option<&A>) -> String) -> CyclePicture {
    let node = |arrow: &CycleArrow| {
        let operation = &history.operations()[arrow.from];
        CycleNode {
            name: format!("T{}", arrow.from),
            process: history.process_name(operation.process),
            steps: describe(&operation.op, operation.answer()).lines().map(str::to_owned).collect(),
            from_ns: operation.invoked.at,
            to_ns: operation.completed().map(|end| end.at),
        }
    };
    CyclePicture { nodes: arrows.iter().map(node).collect(), arrows: arrows.to_vec() }
}
