//! Puts a user's operations before a checker of others.

use super::part::Part;
use crate::history::checker::{Checker, Contradiction, Judgement};
use crate::history::history_event::HistoryEvent;
use crate::history::operation::Completion;
use crate::history::record::History;

/// Judges some of the operations, each translated into one that a checker knows.
///
/// ```
/// use cluster_sim_invariants::history::aggregates::{CounterBounds, Translated};
/// use cluster_sim_invariants::history::models::{CounterAnswer, CounterOp};
/// use cluster_sim_invariants::history::check;
/// use cluster_sim_invariants::{History, Process, VirtualInstant};
///
/// #[derive(Debug)]
/// enum Request { Like, Likes, Comment(String) }
///
/// let mut checker = Translated::new(
///     CounterBounds::default(),
///     |request: &Request| match request {
///         Request::Like => Some(CounterOp::Add(1)),
///         Request::Likes => Some(CounterOp::Read),
///         Request::Comment(_) => None,
///     },
///     |_: &Request, count: &Option<i64>| count.map_or(CounterAnswer::Done, CounterAnswer::Value),
/// );
/// let mut history = History::default();
/// let at = VirtualInstant::from_nanoseconds;
/// history.invoke(Process(0), at(1), Request::Comment("first".to_owned()))?;
/// history.ok(Process(0), at(2), None)?;
/// history.invoke(Process(0), at(3), Request::Like)?;
/// history.ok(Process(0), at(4), None)?;
/// history.invoke(Process(0), at(5), Request::Likes)?;
/// history.ok(Process(0), at(6), Some(0))?;
/// let judgement = check(&mut checker, &history);
/// assert_eq!(judgement.findings[0].operations, [2]);
/// # Ok::<(), cluster_sim_invariants::HistoryError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Translated<P, B, C, F, G> {
    part: Part<P, B, C>,
    op: F,
    answer: G,
}

impl<P, B, C: Checker<P, B>, F, G> Translated<P, B, C, F, G> {
    /// Judges by that checker the operations for which `op` returns one of its own.
    pub fn new<O, A>(checker: C, op: F, answer: G) -> Self
    where
        F: Fn(&O) -> Option<P>,
        G: Fn(&O, &A) -> B,
    {
        Self { part: Part::new(checker), op, answer }
    }
}

impl<O, A, P, B, C, F, G> Checker<O, A> for Translated<P, B, C, F, G>
where
    C: Checker<P, B>,
    F: Fn(&O) -> Option<P>,
    G: Fn(&O, &A) -> B,
{
    fn observe(&mut self, event: &HistoryEvent<'_, O, A>) -> Result<(), Contradiction> {
        match *event {
            HistoryEvent::Invoked { index, process, op, at } => match (self.op)(op) {
                Some(op) => self.part.invoke(index, process, op, at),
                None => Ok(()),
            },
            // Answers of operations that are not judged need not be ones that can be translated.
            HistoryEvent::Completed { process, .. } if !self.part.waits_for(process) => Ok(()),
            HistoryEvent::Completed { process, op, outcome, .. } => {
                let outcome = match outcome {
                    Completion::Ok { answer, at } => Completion::Ok { answer: (self.answer)(op, answer), at: *at },
                    Completion::Fail { at } => Completion::Fail { at: *at },
                    Completion::Open => Completion::Open,
                };
                self.part.complete(process, outcome)
            }
        }
    }

    fn describe(&self, op: &O, answer: Option<&A>) -> Option<String> {
        self.part.describe(&(self.op)(op)?, answer.map(|answer| (self.answer)(op, answer)).as_ref())
    }

    fn finish(&mut self, history: &History<O, A>) -> Judgement {
        self.part.finish(history.end())
    }
}
