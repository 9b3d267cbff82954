//! Explains why no order is left: the fewest operations that contradict each other, whatever the others did.

use super::calls::Calls;
use super::search::{Found, Helpers, find_order};
use crate::history::bounds::{Bounds, Budget};
use crate::history::checker::Contradiction;
use crate::history::model::Model;
use crate::history::operation::{Completion, Operation};
use crate::history::record::History;

/// Steps of the model that one question of an explanation may cost; what stays open then is kept as a part of the contradiction.
const STEPS: u64 = 1_000_000;
/// Operations of which every order is written out.
const TOLD: usize = 4;
/// Orders that are written out.
const ORDERS: usize = 3;

/// Explains why `stuck` cannot be placed among the operations of its object, given by index in order.
pub(super) fn explain<M: Model>(model: &M, history: &History<M::Op, M::Answer>, object: &[usize], stuck: usize) -> Contradiction {
    let end = history.operations()[stuck].completed().expect("it was answered").order;
    let began = |index: &usize| history.operations()[*index].invoked.order < end;
    let before: Vec<usize> = object.iter().copied().filter(began).collect();
    // An object with endless states, such as a counter, is asked about helpers that come one at a time.
    let find = |in_a_row| contradiction(model, history.operations(), &before, stuck, in_a_row);
    let core = find(u32::MAX).map(|core| (core, true)).or_else(|| Some((find(1)?, false)));
    let message = match &core {
        Some((core, is_exact)) => sentence(model, history, core, stuck, *is_exact),
        None => format!(
            "{} cannot be placed: no order of the {} operations until then explains it",
            text(model, history, stuck),
            before.len() - 1
        ),
    };
    Contradiction { message, operations: core.map_or_else(|| vec![stuck], |(core, _)| core) }
}

/// Finds a least set of operations that has no order even if all others happen whenever that helps, up to `in_a_row` of them in
/// a row.
fn contradiction<M: Model>(
    model: &M,
    operations: &[Operation<M::Op, M::Answer>],
    before: &[usize],
    stuck: usize,
    in_a_row: u32,
) -> Option<Vec<usize>> {
    let is_contradiction = |core: &[usize]| {
        let calls = Calls::new(model, operations, core);
        let mut helpers = Helpers { ops: Vec::new(), in_a_row };
        for index in before.iter().filter(|index| !core.contains(index)) {
            let Operation { op, .. } = &operations[*index];
            let can_help = operations[*index].may_have_happened() && !model.changes_nothing(op, None);
            if can_help && !helpers.ops.contains(&op) {
                helpers.ops.push(op);
            }
        }
        let mut budget = Budget::new(Bounds { steps: STEPS, ..Bounds::default() });
        matches!(find_order(model, &calls, &helpers, None, &mut budget), Ok(Found::Stuck { .. }))
    };
    // The last operations first: a contradiction is seldom older.
    let others: Vec<usize> = before.iter().copied().filter(|index| *index != stuck).collect();
    let window = |size: usize| {
        let mut core = others[others.len() - size.min(others.len())..].to_vec();
        core.push(stuck);
        core.sort_unstable();
        core
    };
    let sizes = std::iter::successors(Some(2), |size| (*size < others.len()).then_some(size * 2));
    let mut core = sizes.map(window).find(|core| is_contradiction(core))?;
    // Reads go first: writes say more about why the state is what it is.
    let (reads, writes): (Vec<usize>, Vec<usize>) =
        core.iter().partition(|index| model.changes_nothing(&operations[**index].op, operations[**index].answer()));
    for index in reads.into_iter().chain(writes).filter(|index| *index != stuck) {
        let fewer: Vec<usize> = core.iter().copied().filter(|other| *other != index).collect();
        if is_contradiction(&fewer) {
            core = fewer;
        }
    }
    Some(core)
}

/// Says which orders time allows, and where each goes wrong.
fn sentence<M: Model>(model: &M, history: &History<M::Op, M::Answer>, core: &[usize], stuck: usize, is_exact: bool) -> String {
    let subject = text(model, history, stuck);
    let others: Vec<String> = core.iter().filter(|index| **index != stuck).map(|index| text(model, history, *index)).collect();
    if others.is_empty() {
        return format!("{subject} cannot be placed: no operation makes that answer right");
    }
    let is_sequential =
        core.windows(2).all(|pair| history.operations()[pair[0]].completed() < Some(history.operations()[pair[1]].invoked));
    let is_sequential = is_sequential && core.iter().all(|index| history.operations()[*index].completed().is_some());
    let beside =
        if is_sequential { format!("after {}", others.join(", then ")) } else { format!("beside {}", others.join(" and ")) };
    let mut message = format!("{subject} cannot be placed {beside}");
    let mut failures = Vec::new();
    if core.len() <= TOLD {
        orders(model, history.operations(), core, &mut Vec::new(), &model.initial(), &mut failures);
    }
    // Where another answer is wrong first, it needs one of the operations that are left out.
    let needs_others = failures.iter().any(|(order, _)| order.last() != Some(&stuck));
    match &failures[..] {
        [(_, state)] if is_sequential && !needs_others => {
            message.push_str(&format!("; the state is {} then", model.describe_state(state)));
        }
        [_, ..] if !needs_others => {
            let told: Vec<String> =
                failures.iter().take(ORDERS).map(|(order, state)| failure(model, history, order, state)).collect();
            message.push_str("; of the orders that time allows, ");
            message.push_str(&told.join("; "));
        }
        _ => message.push_str(if is_exact { ", whatever the other operations did" } else { "" }),
    }
    message
}

/// Collects the orders that time allows, each up to the first operation whose answer is wrong, with the state before it.
fn orders<M: Model>(
    model: &M,
    operations: &[Operation<M::Op, M::Answer>],
    left: &[usize],
    order: &mut Vec<usize>,
    state: &M::State,
    failures: &mut Vec<(Vec<usize>, M::State)>,
) {
    for &index in left {
        let operation = &operations[index];
        let must_wait = left.iter().any(|other| operations[*other].completed().is_some_and(|end| end < operation.invoked));
        if must_wait {
            continue;
        }
        order.push(index);
        match model.step(state, &operation.op, operation.answer()) {
            None => failures.push((order.clone(), state.clone())),
            Some(next) => {
                let rest: Vec<usize> = left.iter().copied().filter(|other| *other != index).collect();
                orders(model, operations, &rest, order, &next, failures);
            }
        }
        order.pop();
    }
}

/// Says what a correct object holds at the last operation of an order.
fn failure<M: Model>(model: &M, history: &History<M::Op, M::Answer>, order: &[usize], state: &M::State) -> String {
    let operations = history.operations();
    let text = |index: &usize| model.describe(&operations[*index].op, operations[*index].answer());
    let state = model.describe_state(state);
    match order.split_last() {
        Some((last, [])) => format!("{} comes first, when the state is {state}", text(last)),
        Some((last, before)) => {
            let before: Vec<String> = before.iter().map(text).collect();
            format!("{}, and then {} while the state is {state}", before.join(", "), text(last))
        }
        None => String::new(),
    }
}

/// Names an operation: what was asked and answered, by whom, from when to when.
fn text<M: Model>(model: &M, history: &History<M::Op, M::Answer>, index: usize) -> String {
    let operation = &history.operations()[index];
    let (invoked, name) = (operation.invoked.at, history.process_name(operation.process));
    let what = model.describe(&operation.op, operation.answer());
    match &operation.outcome {
        Completion::Ok { at, .. } => format!("{what} of {name} ({invoked} to {})", at.at),
        Completion::Fail { at } => format!("{what} of {name}, which failed ({invoked} to {})", at.at),
        Completion::Open => format!("{what} of {name}, which is open (from {invoked})"),
    }
}
