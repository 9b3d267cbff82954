//! No identifier is given twice.

use std::fmt::Debug;
use std::hash::Hash;

use rustc_hash::FxHashMap;
use serde_json::json;

use crate::history::checker::{Checker, Contradiction, Judgement};
use crate::history::history_event::HistoryEvent;
use crate::history::operation::Completion;
use crate::history::record::History;

/// Checks that no two calls are answered with one identifier; decided at the second answer.
///
/// An open call may have been given any identifier, but no client has it: it contradicts nothing and is counted as `open`.
#[derive(Debug, Clone)]
pub struct UniqueIds<I> {
    /// The call that was given each.
    given: FxHashMap<I, usize>,
    answers: u64,
    duplicates: u64,
    open: u64,
}

impl<I> Default for UniqueIds<I> {
    fn default() -> Self {
        Self { given: FxHashMap::default(), answers: 0, duplicates: 0, open: 0 }
    }
}

impl<O, I: Clone + Eq + Hash + Debug> Checker<O, I> for UniqueIds<I> {
    fn observe(&mut self, event: &HistoryEvent<'_, O, I>) -> Result<(), Contradiction> {
        match event {
            HistoryEvent::Invoked { .. } => self.open += 1,
            HistoryEvent::Completed { index, outcome, .. } => {
                self.open -= 1;
                let Completion::Ok { answer, .. } = outcome else { return Ok(()) };
                self.answers += 1;
                if let Some(first) = self.given.insert(answer.clone(), *index) {
                    self.duplicates += 1;
                    return Err(Contradiction { message: format!("{answer:?} was given twice"), operations: vec![first, *index] });
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &History<O, I>) -> Judgement {
        let measured =
            json!({ "answers": self.answers, "ids": self.given.len(), "duplicates": self.duplicates, "open": self.open });
        Judgement { times_checked: self.answers, measured, ..Judgement::default() }
    }
}
