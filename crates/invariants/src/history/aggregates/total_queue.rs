//! Every value that was put into a queue comes out once.

use std::fmt::Debug;
use std::hash::Hash;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde_json::json;

use super::wrong_answer;
use crate::history::checker::{Checker, Contradiction, Judgement};
use crate::history::history_event::HistoryEvent;
use crate::history::models::{QueueAnswer, QueueOp};
use crate::history::operation::Completion;
use crate::history::record::History;

/// Checks that what is taken from a queue was put in, in whatever order, and that nothing is lost.
///
/// A value that comes out unasked, or more often than it was put in, is found at the answer, or when an enqueue of it fails
/// afterwards. Loss is decided at the end, from the last dequeue that found the queue empty: a value acknowledged before that one
/// was asked for, and never taken, is lost, unless a dequeue without an answer can have taken it, as it was asked for before that
/// answer. If values are left that no such dequeue was asked for after, the verdict is unknown: drain the queue before the end.
#[derive(Debug, Clone)]
pub struct TotalQueue<V> {
    values: IndexMap<V, Counts, FxBuildHasher>,
    /// The dequeue that found the queue empty and was asked for last.
    empty: Option<Empty>,
    open_dequeues: usize,
    dequeued: u64,
}

/// A dequeue that found the queue empty.
#[derive(Debug, Clone, Copy)]
struct Empty {
    asked: u32,
    answered: u32,
    /// Dequeues without an answer that were asked for before its answer: each may have taken a value before it.
    open_before: usize,
}

/// How often a value was put in and taken.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    /// Enqueues that happened or may have.
    attempted: u32,
    acknowledged: u32,
    dequeued: u32,
    /// When the last one was acknowledged, and by which operation.
    last: (u32, usize),
    taken_by: usize,
}

impl<V> Default for TotalQueue<V> {
    fn default() -> Self {
        Self { values: IndexMap::default(), empty: None, open_dequeues: 0, dequeued: 0 }
    }
}

impl<V: Clone + Eq + Hash + Debug> TotalQueue<V> {
    fn take(&mut self, index: usize, value: &V) -> Result<(), Contradiction> {
        self.dequeued += 1;
        let Some(counts) = self.values.get_mut(value).filter(|counts| counts.attempted > 0) else {
            return Err(Contradiction { message: format!("{value:?} was taken and never put in"), operations: vec![index] });
        };
        let before = std::mem::replace(&mut counts.taken_by, index);
        counts.dequeued += 1;
        if counts.dequeued > counts.attempted {
            let message = format!("{value:?} was taken {} times and put in {} times", counts.dequeued, counts.attempted);
            return Err(Contradiction { message, operations: if counts.dequeued > 1 { vec![before, index] } else { vec![index] } });
        }
        Ok(())
    }

    /// The values acknowledged and not taken: those that the last empty answer contradicts, and those after it.
    fn missing(&self) -> (Vec<(&V, usize)>, usize) {
        let mut lost = Vec::new();
        let mut left = 0;
        for (value, counts) in self.values.iter().filter(|(_, counts)| counts.acknowledged > counts.dequeued) {
            let missing = (counts.acknowledged - counts.dequeued) as usize;
            if self.empty.is_some_and(|empty| counts.last.0 < empty.asked) {
                lost.extend(std::iter::repeat_n((value, counts.last.1), missing));
            } else {
                left += missing;
            }
        }
        (lost, left)
    }

    /// Notes that a dequeue ended, which was asked for at that moment.
    fn end_dequeue(&mut self, asked: u32) {
        self.open_dequeues -= 1;
        if let Some(empty) = self.empty.as_mut().filter(|empty| asked < empty.answered) {
            empty.open_before -= 1;
        }
    }

    fn find_empty(&mut self, asked: u32, answered: u32) {
        if self.empty.is_none_or(|empty| empty.asked < asked) {
            self.empty = Some(Empty { asked, answered, open_before: self.open_dequeues });
        }
    }
}

/// Values that a sentence names.
const NAMED: usize = 3;

impl<V: Clone + Eq + Hash + Debug> Checker<QueueOp<V>, QueueAnswer<V>> for TotalQueue<V> {
    fn observe(&mut self, event: &HistoryEvent<'_, QueueOp<V>, QueueAnswer<V>>) -> Result<(), Contradiction> {
        match *event {
            HistoryEvent::Invoked { op: QueueOp::Enqueue(value), .. } => {
                self.values.entry(value.clone()).or_default().attempted += 1;
            }
            HistoryEvent::Invoked { op: QueueOp::Dequeue, .. } => self.open_dequeues += 1,
            HistoryEvent::Completed { index, op, invoked, outcome, .. } => {
                if matches!(op, QueueOp::Dequeue) {
                    self.end_dequeue(invoked.order);
                }
                match (op, outcome) {
                    (QueueOp::Enqueue(value), Completion::Ok { answer: QueueAnswer::Done, at }) => {
                        let counts = self.values.entry(value.clone()).or_default();
                        counts.acknowledged += 1;
                        counts.last = (at.order, index);
                    }
                    (QueueOp::Enqueue(value), Completion::Fail { .. }) => {
                        let counts = self.values.entry(value.clone()).or_default();
                        counts.attempted -= 1;
                        if counts.dequeued > counts.attempted {
                            let message = format!("{value:?} was taken, and putting it in failed");
                            return Err(Contradiction { message, operations: vec![index, counts.taken_by] });
                        }
                    }
                    (QueueOp::Dequeue, Completion::Ok { answer: QueueAnswer::Value(Some(value)), .. }) => {
                        return self.take(index, value);
                    }
                    (QueueOp::Dequeue, Completion::Ok { answer: QueueAnswer::Value(None), at }) => {
                        self.find_empty(invoked.order, at.order);
                    }
                    (_, Completion::Ok { answer, .. }) => return Err(wrong_answer(index, op, answer)),
                    (QueueOp::Dequeue, _) | (_, Completion::Open) => {}
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &History<QueueOp<V>, QueueAnswer<V>>) -> Judgement {
        let sum = |count: fn(&Counts) -> u32| self.values.values().map(|counts| u64::from(count(counts))).sum::<u64>();
        let acknowledged = sum(|counts| counts.acknowledged);
        let (missing, left) = self.missing();
        let may_have_taken = self.empty.map_or(0, |empty| empty.open_before);
        let is_lost = missing.len() > may_have_taken;
        let measured = json!({
            "attempted": sum(|counts| counts.attempted),
            "acknowledged": acknowledged,
            "dequeued": self.dequeued,
            "recovered": sum(|counts| counts.dequeued.saturating_sub(counts.acknowledged)),
            "lost": missing.len().saturating_sub(may_have_taken),
            "left": left,
            "open_dequeues": self.open_dequeues,
        });
        let mut judgement = Judgement { times_checked: acknowledged + self.dequeued, measured, ..Judgement::default() };
        if is_lost {
            let named: Vec<String> = missing.iter().take(NAMED).map(|(value, _)| format!("{value:?}")).collect();
            let more = if missing.len() > NAMED { format!(" and {} more", missing.len() - NAMED) } else { String::new() };
            let open = if may_have_taken > 0 { format!("; {may_have_taken} open dequeues took fewer") } else { String::new() };
            let message = format!("acknowledged and lost: {}{more}{open}", named.join(", "));
            judgement
                .findings
                .push(Contradiction { message, operations: missing.iter().take(NAMED).map(|(_, index)| *index).collect() });
        } else if left > self.open_dequeues - missing.len() {
            judgement.unknown = Some(format!(
                "{left} values were not taken, and no dequeue after them found the queue empty: drain it before the end"
            ));
        }
        judgement
    }
}
