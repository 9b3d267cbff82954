//! A checker of its own for each of many objects.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde_json::{Map, Value};

use super::part::Part;
use crate::history::checker::{Checker, Contradiction, Judgement};
use crate::history::history_event::HistoryEvent;
use crate::history::operation::Completion;
use crate::history::record::History;

/// Judges the operations on each key by a checker of its own.
///
/// An operation is a key and what is asked of its object. The measurements of each are under its key, as `Debug` writes it.
#[derive(Debug, Clone)]
pub struct EachKey<K, O, A, C> {
    checker: C,
    parts: BTreeMap<K, Part<O, A, C>>,
}

impl<K, O, A, C> EachKey<K, O, A, C> {
    /// Judges each key by a clone of that checker.
    pub fn new(checker: C) -> Self {
        Self { checker, parts: BTreeMap::new() }
    }
}

impl<K, O, A, C: Default> Default for EachKey<K, O, A, C> {
    fn default() -> Self {
        Self::new(C::default())
    }
}

impl<K, O, A, C> Checker<(K, O), A> for EachKey<K, O, A, C>
where
    K: Clone + Ord + Debug,
    O: Clone,
    A: Clone,
    C: Checker<O, A> + Clone,
{
    fn observe(&mut self, event: &HistoryEvent<'_, (K, O), A>) -> Result<(), Contradiction> {
        let judged = match *event {
            HistoryEvent::Invoked { index, process, op: (key, op), at } => {
                let part = self.parts.entry(key.clone()).or_insert_with(|| Part::new(self.checker.clone()));
                part.invoke(index, process, op.clone(), at)
            }
            HistoryEvent::Completed { process, op: (key, _), outcome, .. } => match self.parts.get_mut(key) {
                Some(part) => part.complete(process, Completion::clone(outcome)),
                None => Ok(()),
            },
        };
        let (HistoryEvent::Invoked { op: (key, _), .. } | HistoryEvent::Completed { op: (key, _), .. }) = event;
        judged.map_err(|finding| Contradiction { message: format!("{key:?}: {}", finding.message), ..finding })
    }

    fn describe(&self, (key, op): &(K, O), answer: Option<&A>) -> Option<String> {
        Some(format!("{key:?}: {}", self.parts.get(key)?.describe(op, answer)?))
    }

    fn finish(&mut self, history: &History<(K, O), A>) -> Judgement {
        let mut all = Judgement::default();
        let mut measured = Map::new();
        for (key, part) in &mut self.parts {
            let judgement = part.finish(history.end());
            let named = |finding: Contradiction| Contradiction { message: format!("{key:?}: {}", finding.message), ..finding };
            all.findings.extend(judgement.findings.into_iter().map(named));
            all.unknown = all.unknown.or(judgement.unknown.map(|reason| format!("{key:?}: {reason}")));
            all.times_checked += judgement.times_checked;
            measured.insert(format!("{key:?}"), judgement.measured);
        }
        Judgement { measured: Value::Object(measured), ..all }
    }
}
