//! The part of a history that shows a contradiction, as data for a picture.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

use super::checker::Judgement;
use super::operation::Process;
use super::record::History;

/// Operations that a picture has at most, besides those of the contradiction.
const AROUND: usize = 12;

/// Operations of several clients around a contradiction, which a reader can take in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPicture {
    /// The contradiction, as a sentence.
    pub message: String,
    /// The names of the processes that have an operation here, in the order of their first one.
    pub lanes: Vec<String>,
    /// The operations, in the order of their invocations.
    pub bars: Vec<HistoryBar>,
    /// The operations of the history that are not here.
    pub left_out: u64,
}

/// An operation of a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryBar {
    /// The process, as an index of [`HistoryPicture::lanes`].
    pub lane: usize,
    /// What was asked and answered.
    pub text: String,
    /// The invocation, in nanoseconds.
    pub from_ns: VirtualInstant,
    /// The answer, in nanoseconds; `None` if nobody heard one.
    pub to_ns: Option<VirtualInstant>,
    /// Whether it failed for certain.
    pub failed: bool,
    /// Whether the sentence names it.
    pub contradicts: bool,
    /// Its place in the longest order that explains the answers before the contradiction, from 1.
    pub place: Option<u64>,
}

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
        Some(Self { message: finding.message.clone(), lanes, bars, left_out })
    }
}
