//! The operations beside a contradiction, of which any may have happened.

use rustc_hash::FxHashSet;

use super::search::Helpers;
use crate::history::model::{Access, Model};
use crate::history::operation::Operation;

/// Helpers that are told apart at most: a search costs their square.
const MOST: usize = 1_000;

/// Collects what the operations outside `core` can do to help it; `None` if that is too much to search.
///
/// If all that is asked of the object overwrites its state or shows it, overwriting it by a state that `core` shows nowhere has
/// one and the same effect, whichever state that is: one of these operations stands for all.
pub(super) fn helpers_of<'h, M: Model>(
    model: &M,
    operations: &'h [Operation<M::Op, M::Answer>],
    before: &[usize],
    core: &[usize],
    in_a_row: u32,
) -> Option<Helpers<'h, M::Op>> {
    let others = before.iter().filter(move |index| core.binary_search(index).is_err()).map(move |index| &operations[*index]);
    let others = others.filter(move |operation| operation.may_have_happened() && !model.changes_nothing(&operation.op, None));
    if let Some(ops) = overwriting(model, operations, core, others.clone()) {
        return (ops.len() <= MOST).then_some(Helpers { ops, in_a_row });
    }
    let mut ops: Vec<&M::Op> = Vec::new();
    for Operation { op, .. } in others {
        if !ops.contains(&op) {
            ops.push(op);
            if ops.len() > MOST {
                return None;
            }
        }
    }
    Some(Helpers { ops, in_a_row })
}

/// Collects the helpers that overwrite the state by different ones, as far as `core` can tell; `None` if others occur.
fn overwriting<'h, M: Model>(
    model: &M,
    operations: &'h [Operation<M::Op, M::Answer>],
    core: &[usize],
    others: impl Iterator<Item = &'h Operation<M::Op, M::Answer>>,
) -> Option<Vec<&'h M::Op>> {
    let mut shown = FxHashSet::default();
    for operation in core.iter().map(|index| &operations[*index]).filter(|operation| operation.may_have_happened()) {
        let (op, answer) = (&operation.op, operation.answer());
        match model.access(op, answer) {
            Access::Overwrites(_) => {}
            Access::Shows(state) => drop(shown.insert(state)),
            Access::Other if answer.is_none() && model.changes_nothing(op, None) => {}
            Access::Other => return None,
        }
    }
    let mut ops = Vec::new();
    let mut left: FxHashSet<M::State> = FxHashSet::default();
    let mut has_unshown = false;
    for Operation { op, .. } in others {
        let Access::Overwrites(state) = model.access(op, None) else { return None };
        let is_new = if shown.contains(&state) { left.insert(state) } else { !std::mem::replace(&mut has_unshown, true) };
        if is_new {
            ops.push(op);
        }
    }
    Some(ops)
}

/// Collects the operations that left or showed the state that `stuck` shows: the one that ended first, and the last that left it.
pub(super) fn related<M: Model>(
    model: &M,
    operations: &[Operation<M::Op, M::Answer>],
    before: &[usize],
    stuck: usize,
) -> Vec<usize> {
    let access = |index: usize| model.access(&operations[index].op, operations[index].answer());
    let Access::Shows(wanted) = access(stuck) else { return Vec::new() };
    let mut first: Option<usize> = None;
    let mut writer = None;
    for &index in before.iter().filter(|index| **index != stuck && operations[**index].may_have_happened()) {
        let is_writer = match access(index) {
            Access::Overwrites(state) if state == wanted => true,
            Access::Shows(state) if state == wanted => false,
            _ => continue,
        };
        if is_writer {
            writer = Some(index);
        }
        let end = |index: usize| operations[index].completed();
        if end(index).is_some() && first.is_none_or(|first| end(index) < end(first)) {
            first = Some(index);
        }
    }
    first.into_iter().chain(writer).collect()
}
