//! Counts the odd but correct things that a history shows, so that a trap can assert that they did happen.

use std::time::Duration;

use cluster_sim::check::history::models::{RegisterAnswer, RegisterOp};
use cluster_sim::check::history::{Checker, Completion, History, Judgement, Moment, Operation};
use cluster_sim_kv::{KvAnswer, KvKey, KvOp, RequestId};
use serde_json::json;

type KvOperation = Operation<KvOp, KvAnswer>;

/// Judges nothing; measures.
#[derive(Debug)]
pub(crate) struct Oddities {
    /// The longest time for which a client waits for one answer.
    pub(crate) longest_wait: Duration,
}

/// A read that was answered.
struct Read {
    key: KvKey,
    value: Option<RequestId>,
    invoked: Moment,
    heard: Moment,
}

fn reads(history: &History<KvOp, KvAnswer>) -> Vec<Read> {
    let read = |operation: &KvOperation| match (operation.op, operation.outcome) {
        ((key, RegisterOp::Read), Completion::Ok { answer: RegisterAnswer::Value(value), at }) => {
            Some(Read { key, value, invoked: operation.invoked, heard: at })
        }
        _ => None,
    };
    history.operations().iter().filter_map(read).collect()
}

/// Returns key and value of a write; compare-and-sets are none.
fn written(operation: &KvOperation) -> Option<(KvKey, RequestId)> {
    match operation.op {
        (key, RegisterOp::Write(value)) => Some((key, value)),
        _ => None,
    }
}

impl Oddities {
    /// Whether a write surfaced after its client had given it up: a read before does not show it, and one after that does.
    fn surfaced_later(&self, operation: &KvOperation, reads: &[Read]) -> bool {
        let Some((key, value)) = written(operation).filter(|_| operation.completed().is_none()) else { return false };
        let given_up = operation.invoked.at + self.longest_wait;
        let of_key = || reads.iter().filter(|read| read.key == key);
        let before = of_key().find(|read| read.invoked.at > given_up && read.value != Some(value));
        before.is_some_and(|before| of_key().any(|read| read.invoked > before.heard && read.value == Some(value)))
    }

    /// Whether a write was given up, and no later read shows it, though there are some.
    fn never_surfaced(&self, operation: &KvOperation, reads: &[Read]) -> bool {
        let Some((key, value)) = written(operation).filter(|_| operation.completed().is_none()) else { return false };
        let given_up = operation.invoked.at + self.longest_wait;
        let later = reads.iter().filter(|read| read.key == key && read.invoked.at > given_up).count();
        later > 0 && reads.iter().all(|read| read.value != Some(value))
    }
}

/// Counts reads that overlap a write: those that show it, and those that show a value from before it.
fn concurrent_reads(operations: &[KvOperation], reads: &[Read]) -> (u64, u64) {
    let (mut new, mut old) = (0, 0);
    for (write, end) in operations.iter().filter_map(|operation| Some((operation, operation.completed()?))) {
        let Some((key, value)) = written(write) else { continue };
        let was_before = |shown: RequestId| {
            let of = operations.iter().find(|operation| written(operation).is_some_and(|(_, value)| value == shown));
            of.and_then(Operation::completed).is_some_and(|completed| completed < write.invoked)
        };
        for read in reads.iter().filter(|read| read.key == key && read.invoked < end && write.invoked < read.heard) {
            new += u64::from(read.value == Some(value));
            old += u64::from(read.value.is_none_or(was_before));
        }
    }
    (new, old)
}

impl Checker<KvOp, KvAnswer> for Oddities {
    fn finish(&mut self, history: &History<KvOp, KvAnswer>) -> Judgement {
        let (operations, reads) = (history.operations(), reads(history));
        let later = operations.iter().filter(|operation| self.surfaced_later(operation, &reads)).count();
        let never = operations.iter().filter(|operation| self.never_surfaced(operation, &reads)).count();
        let (new, old) = concurrent_reads(operations, &reads);
        let measured = json!({ "later": later, "never": never, "new": new, "old": old });
        Judgement { times_checked: 1, measured, ..Judgement::default() }
    }
}
