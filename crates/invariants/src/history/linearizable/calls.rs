//! The calls of one object, in the form that the search wants.

use rustc_hash::FxHashMap;

use crate::history::model::Model;
use crate::history::operation::{Completion, Operation};

/// A call that happened, or may have.
#[derive(Debug)]
pub(super) struct Call<'h, M: Model> {
    pub(super) op: &'h M::Op,
    /// Absent if no client heard the answer.
    pub(super) answer: Option<&'h M::Answer>,
    /// Its place in the history.
    pub(super) index: usize,
    /// Its bit in masks; no two calls that overlap share one.
    pub(super) slot: usize,
    /// Whether it leaves every state as it is.
    pub(super) changes_nothing: bool,
    /// Whether its client heard an answer.
    pub(super) returns: bool,
    /// The last earlier open call for the same: if only one of the two happened, it may as well be that one.
    pub(super) twin: Option<usize>,
}

/// The start or the end of a call, by its index.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    Invoke(usize),
    Return(usize),
}

/// The calls of one object, with their events in order.
#[derive(Debug)]
pub(super) struct Calls<'h, M: Model> {
    pub(super) calls: Vec<Call<'h, M>>,
    pub(super) events: Vec<Event>,
    /// The number of slots.
    pub(super) slots: usize,
}

impl<'h, M: Model> Calls<'h, M> {
    /// Takes the operations of one object, by their indices in order.
    ///
    /// Leaves out those that did not happen, and open ones that change nothing: they constrain nothing.
    pub(super) fn new(model: &M, operations: &'h [Operation<M::Op, M::Answer>], indices: &[usize]) -> Self {
        let mut calls: Vec<Call<'h, M>> = Vec::with_capacity(indices.len());
        let mut moments = Vec::with_capacity(2 * indices.len());
        for &index in indices {
            let operation = &operations[index];
            let (answer, end) = match &operation.outcome {
                Completion::Ok { answer, at } => (Some(answer), Some(*at)),
                Completion::Open => (None, None),
                Completion::Fail { .. } => continue,
            };
            let changes_nothing = model.changes_nothing(&operation.op, answer);
            if changes_nothing && end.is_none() {
                continue;
            }
            let call = calls.len();
            moments.push((operation.invoked.order, Event::Invoke(call)));
            moments.extend(end.map(|end| (end.order, Event::Return(call))));
            let op = &operation.op;
            calls.push(Call { op, answer, index, slot: 0, changes_nothing, returns: end.is_some(), twin: None });
        }
        moments.sort_unstable_by_key(|(order, _)| *order);
        let events: Vec<Event> = moments.into_iter().map(|(_, event)| event).collect();
        let slots = assign_slots(&mut calls, &events);
        find_twins(&mut calls);
        Self { calls, events, slots }
    }
}

/// Gives each call the lowest slot that is free while it lasts.
///
/// Open calls last for ever. They get theirs where no call that ends needs one, so that masks stay short.
fn assign_slots<M: Model>(calls: &mut [Call<'_, M>], events: &[Event]) -> usize {
    let mut free = std::collections::BinaryHeap::new();
    let mut slots = 0;
    for event in events {
        match *event {
            Event::Invoke(call) => {
                let std::cmp::Reverse(slot) = free.pop().unwrap_or_else(|| {
                    slots += 1;
                    std::cmp::Reverse(slots - 1)
                });
                calls[call].slot = slot;
            }
            Event::Return(call) => free.push(std::cmp::Reverse(calls[call].slot)),
        }
    }
    slots
}

/// Links each open call to the one before it that asked for the same.
fn find_twins<M: Model>(calls: &mut [Call<'_, M>]) {
    let mut last = FxHashMap::default();
    for (number, call) in calls.iter_mut().enumerate().filter(|(_, call)| !call.returns) {
        call.twin = last.insert(call.op, number);
    }
}
