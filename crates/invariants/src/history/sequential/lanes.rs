//! The calls of each process, in the form that the search wants.

use rustc_hash::FxHashMap;

use crate::history::model::Model;
use crate::history::operation::{Operation, Process};

/// A call that happened, or may have.
#[derive(Debug)]
pub(super) struct Turn<'h, M: Model> {
    pub(super) op: &'h M::Op,
    /// Absent if no client heard the answer.
    pub(super) answer: Option<&'h M::Answer>,
    /// Its place in the history.
    pub(super) index: usize,
    /// The number of its object.
    pub(super) object: usize,
    /// Whether it leaves every state as it is.
    pub(super) changes_nothing: bool,
    /// When its client heard the answer: `u32::MAX` for an open call.
    pub(super) end: u32,
}

/// The calls of all processes.
#[derive(Debug)]
pub(super) struct Lanes<'h, M: Model> {
    pub(super) calls: Vec<Turn<'h, M>>,
    /// The calls of each process in its order.
    pub(super) lanes: Vec<Vec<usize>>,
    pub(super) objects: usize,
}

impl<'h, M: Model> Lanes<'h, M> {
    /// Leaves out the calls that did not happen, and open ones that change nothing: they constrain nothing.
    pub(super) fn new(model: &M, operations: &'h [Operation<M::Op, M::Answer>]) -> Self {
        let mut objects: FxHashMap<M::Key, usize> = FxHashMap::default();
        let mut processes: FxHashMap<Process, usize> = FxHashMap::default();
        let mut lanes: Vec<Vec<usize>> = Vec::new();
        let mut calls = Vec::with_capacity(operations.len());
        for (index, operation) in operations.iter().enumerate() {
            let answer = operation.answer();
            let changes_nothing = model.changes_nothing(&operation.op, answer);
            if !operation.may_have_happened() || changes_nothing && answer.is_none() {
                continue;
            }
            let number = objects.len();
            let object = *objects.entry(model.key(&operation.op)).or_insert(number);
            let lane = *processes.entry(operation.process).or_insert(lanes.len());
            if lane == lanes.len() {
                lanes.push(Vec::new());
            }
            lanes[lane].push(calls.len());
            let end = operation.completed().map_or(u32::MAX, |end| end.order);
            calls.push(Turn { op: &operation.op, answer, index, object, changes_nothing, end });
        }
        Self { calls, lanes, objects: objects.len() }
    }
}
