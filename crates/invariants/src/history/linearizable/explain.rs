//! Explains why no order is left: the fewest operations that contradict each other, whatever the others did.

use super::calls::Calls;
use super::others::{helpers_of, related};
use super::search::{Found, find_order};
use crate::history::bounds::{Bounds, Budget};
use crate::history::checker::Contradiction;
use crate::history::model::Model;
use crate::history::operation::{Completion, Operation};
use crate::history::record::History;

/// Steps of the model that one question of an explanation may cost; what stays open then is kept as a part of the contradiction.
const STEPS: u64 = 1_000_000;
/// Bytes that the search of one question may remember: a text that is appended to without end would fill any memory.
const MEMORY: usize = 16 << 20;
/// Steps that all questions of an explanation may cost.
const STEPS_IN_ALL: u64 = 10_000_000;
/// The last operations that are looked at before older ones.
const RECENT: usize = 64;
/// Operations that a sentence names if it could not be made shorter.
const NAMED: usize = 12;
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
    let find = |in_a_row| contradiction(model, history.operations(), &before, stuck, in_a_row, STEPS_IN_ALL);
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
/// a row; spends at most that many steps.
fn contradiction<M: Model>(
    model: &M,
    operations: &[Operation<M::Op, M::Answer>],
    before: &[usize],
    stuck: usize,
    in_a_row: u32,
    steps: u64,
) -> Option<Vec<usize>> {
    let mut left = steps;
    // `None` once all steps are spent.
    let mut is_contradiction = |core: &[usize]| {
        // A question costs time for each operation, too.
        left = left.checked_sub(before.len() as u64)?;
        let Some(helpers) = helpers_of(model, operations, before, core, in_a_row) else { return Some(false) };
        let calls = Calls::new(model, operations, core);
        let mut budget = Budget::new(Bounds { steps: STEPS, memory: MEMORY });
        let found = find_order(model, &calls, &helpers, None, &mut budget);
        left = left.checked_sub(budget.steps_taken())?;
        Some(matches!(found, Ok(Found::Stuck { .. })))
    };
    let mut core = None;
    for candidate in candidates(model, operations, before, stuck) {
        if is_contradiction(&candidate)? {
            core = Some(candidate);
            break;
        }
    }
    let mut core = core?;
    // Reads go first: writes say more about why the state is what it is.
    let (reads, writes): (Vec<usize>, Vec<usize>) =
        core.iter().partition(|index| model.changes_nothing(&operations[**index].op, operations[**index].answer()));
    for index in reads.into_iter().chain(writes).filter(|index| *index != stuck) {
        let fewer: Vec<usize> = core.iter().copied().filter(|other| *other != index).collect();
        match is_contradiction(&fewer) {
            Some(true) => core = fewer,
            Some(false) => {}
            None => return (core.len() <= NAMED).then_some(core),
        }
    }
    Some(core)
}

/// Iterates over sets of operations that may contradict each other: the last ones first, as a contradiction is seldom older; then
/// these with those of the state that `stuck` shows.
fn candidates<M: Model>(
    model: &M,
    operations: &[Operation<M::Op, M::Answer>],
    before: &[usize],
    stuck: usize,
) -> impl Iterator<Item = Vec<usize>> {
    let others: Vec<usize> = before.iter().copied().filter(|index| *index != stuck).collect();
    let related = related(model, operations, before, stuck);
    let sizes = |from: usize, most: usize| {
        let most = most.min(others.len().max(2));
        std::iter::successors(Some(from), move |size| (*size < most).then_some(size * 2))
    };
    let windows: Vec<(usize, bool)> = sizes(2, RECENT)
        .map(|size| (size, false))
        .chain(sizes(2, RECENT).filter(|_| !related.is_empty()).map(|size| (size, true)))
        .chain(sizes(2 * RECENT, usize::MAX).filter(|_| others.len() > RECENT).map(|size| (size, false)))
        .collect();
    windows.into_iter().map(move |(size, with_related)| {
        let mut core = others[others.len() - size.min(others.len())..].to_vec();
        core.extend(related.iter().filter(|_| with_related));
        core.push(stuck);
        core.sort_unstable();
        core.dedup();
        core
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::models::{Register, RegisterAnswer, RegisterOp};
    use crate::history::oracle::{did, history};

    #[test]
    fn a_short_contradiction_is_kept_when_all_steps_are_spent() {
        let write = |value| did(0, RegisterOp::Write(value), RegisterAnswer::Written);
        let read = |value| did(1, RegisterOp::Read, RegisterAnswer::Value(Some(value)));
        let history = history((100..120).map(write).chain([write(1), read(1), write(2), read(1)]));
        let before: Vec<usize> = (0..history.operations().len()).collect();
        let within = |steps| contradiction(&Register::<u8>::default(), history.operations(), &before, 23, u32::MAX, steps);
        assert_eq!(within(10_000), Some(vec![20, 22, 23]));
        assert_eq!(within(23), None);
        assert_ne!(within(100), Some(vec![20, 22, 23]), "each question costs a step for each operation");
        assert!((24..10_000).filter_map(within).any(|core| core.len() > 3), "not made shorter, but found");
    }
}
