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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::models::RegisterAnswer::{Mismatch, Value, Written};
    use crate::history::models::RegisterOp::{CompareAndSet, Read, Write};
    use crate::history::models::{Register, RegisterAnswer, RegisterOp};
    use crate::history::oracle::{Event, call, did, fail, history};

    type One = Vec<Event<RegisterOp<u32>, RegisterAnswer<u32>>>;

    fn write(value: u32) -> One {
        did(0, Write(value), Written)
    }

    fn read(value: u32) -> One {
        did(0, Read, Value(Some(value)))
    }

    fn swap(from: u32) -> One {
        did(0, CompareAndSet(from, 0), Mismatch)
    }

    /// Counts the helpers of a core among others; `None` if they are too many.
    fn helpers(others: impl IntoIterator<Item = One>, core: impl IntoIterator<Item = One>) -> Option<usize> {
        let others: Vec<One> = others.into_iter().collect();
        let begin = others.len();
        let history = history(others.into_iter().chain(core));
        let all: Vec<usize> = (0..history.operations().len()).collect();
        helpers_of(&Register::default(), history.operations(), &all, &all[begin..], 1).map(|helpers| helpers.ops.len())
    }

    #[test]
    fn equal_helpers_count_once_and_a_thousand_are_too_many() {
        assert_eq!(helpers((0..2_000).map(|_| swap(1)), [read(1)]), Some(1));
        assert_eq!(helpers((0..1_000).map(swap), [read(1)]), Some(1_000));
        assert_eq!(helpers((0..1_001).map(swap), [read(1)]), None);
        assert_eq!(helpers((0..1_000).map(write), (0..1_000).map(read)), Some(1_000));
        assert_eq!(helpers((0..1_001).map(write), (0..1_001).map(read)), None);
    }

    #[test]
    fn one_write_stands_for_all_of_values_that_nothing_shows() {
        assert_eq!(helpers([write(5), write(6), write(1), write(1)], [read(1)]), Some(2));
        let failed = [call(1, CompareAndSet(1, 2)), fail(1)].concat();
        assert_eq!(helpers([write(5), write(6)], [failed, read(1)]), Some(1), "what did not happen shows nothing");
    }

    #[test]
    fn the_first_to_end_and_the_last_writer_are_related() {
        let failed = [call(1, Write(5)), fail(1)].concat();
        let history = history([failed, read(4), write(5), read(5), write(5), write(6), read(5)]);
        let all: Vec<usize> = (0..history.operations().len()).collect();
        assert_eq!(related(&Register::default(), history.operations(), &all, 6), [2, 4]);
    }
}
