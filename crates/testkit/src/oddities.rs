//! Odd but correct things that a run shows, counted so that a trap can assert that they did happen.

use std::fmt::Debug;
use std::time::Duration;

use cluster_sim::check::history::models::{RegisterAnswer, RegisterOp};
use cluster_sim::check::history::{Checker, Completion, History, Judgement, Moment, Operation};
use cluster_sim::check::{Change, Invariant};
use cluster_sim::fault::Claim;
use cluster_sim::prelude::*;
use serde_json::{Value, json};

/// The name of the observer that counts.
pub const ODD: &str = "odd";

/// Runs that many seeds, in each of which all rules hold; returns the figures of [`ODD`].
///
/// # Panics
///
/// If a rule is broken, or nothing is called [`ODD`].
pub fn measured(scenario: &Scenario, seeds: u64) -> Vec<Value> {
    let run = |seed| {
        let report = scenario.run(Seed(seed));
        report.assert_ok();
        report.measured[ODD].clone()
    };
    (0..seeds).map(run).collect()
}

/// Asserts that each of that many seeds breaks a rule, and with the claim exceeds it and breaks none.
///
/// # Panics
///
/// If a seed does otherwise.
pub fn assert_beyond(claim: Claim, scenario: &Scenario, seeds: u64) {
    let claimed = scenario.clone().survives(claim);
    for seed in 0..seeds {
        assert!(scenario.run(Seed(seed)).finding().is_some(), "seed {seed} breaks no rule without the claim");
        let report = claimed.run(Seed(seed));
        assert_eq!((report.outcome, report.finding()), (Outcome::AssumptionExceeded, None), "{report}");
    }
}

/// The sum of a figure over all runs; the figure is absent from those that count nothing of the kind.
pub fn sum(runs: &[Value], figure: &str) -> u64 {
    runs.iter().filter_map(|run| run[figure].as_u64()).sum()
}

/// Counts odd events by a function; each run measures their number.
#[derive(Debug)]
pub struct Counted<F> {
    count: F,
    events: u64,
}

impl<F: FnMut(&Change, &World<'_>) -> u64 + 'static> Counted<F> {
    /// Creates the observer of a run from a function that returns how many odd events a change is.
    pub fn by(count: F) -> Self {
        Self { count, events: 0 }
    }
}

impl<F: FnMut(&Change, &World<'_>) -> u64 + 'static> Invariant for Counted<F> {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        self.events += (self.count)(change, world);
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        1
    }

    fn measured(&self) -> Value {
        json!(self.events)
    }
}

/// An operation on one of several registers, as a client called for it.
type Called<K, V> = Operation<(K, RegisterOp<V>), RegisterAnswer<V>>;

/// Counts what a history of registers shows, in which no two writes have one value. Judges nothing.
///
/// Its figures: writes that surfaced `later` than their clients gave them up, or `never`; reads beside a write that show the `new`
/// value, and those that show an `old` one.
#[derive(Debug)]
pub struct Oddities {
    /// The longest time for which a client waits for one answer.
    pub longest_wait: Duration,
}

/// A read that was answered.
struct Read<K, V> {
    key: K,
    value: Option<V>,
    invoked: Moment,
    heard: Moment,
}

fn reads<K: Copy, V: Copy>(history: &History<(K, RegisterOp<V>), RegisterAnswer<V>>) -> Vec<Read<K, V>> {
    let read = |operation: &Called<K, V>| match (operation.op, operation.outcome) {
        ((key, RegisterOp::Read), Completion::Ok { answer: RegisterAnswer::Value(value), at }) => {
            Some(Read { key, value, invoked: operation.invoked, heard: at })
        }
        _ => None,
    };
    history.operations().iter().filter_map(read).collect()
}

/// Returns key and value of a write; compare-and-sets are none.
fn written<K: Copy, V: Copy>(operation: &Called<K, V>) -> Option<(K, V)> {
    match operation.op {
        (key, RegisterOp::Write(value)) => Some((key, value)),
        _ => None,
    }
}

impl Oddities {
    /// Whether a write surfaced after its client had given it up: a read before does not show it, and one after that does.
    fn surfaced_later<K: Copy + PartialEq, V: Copy + PartialEq>(&self, operation: &Called<K, V>, reads: &[Read<K, V>]) -> bool {
        let Some((key, value)) = written(operation).filter(|_| operation.completed().is_none()) else { return false };
        let given_up = operation.invoked.at + self.longest_wait;
        let of_key = || reads.iter().filter(|read| read.key == key);
        let before = of_key().find(|read| read.invoked.at > given_up && read.value != Some(value));
        before.is_some_and(|before| of_key().any(|read| read.invoked > before.heard && read.value == Some(value)))
    }

    /// Whether a write was given up, and no later read shows it, though there are some.
    fn never_surfaced<K: Copy + PartialEq, V: Copy + PartialEq>(&self, operation: &Called<K, V>, reads: &[Read<K, V>]) -> bool {
        let Some((key, value)) = written(operation).filter(|_| operation.completed().is_none()) else { return false };
        let given_up = operation.invoked.at + self.longest_wait;
        let later = reads.iter().filter(|read| read.key == key && read.invoked.at > given_up).count();
        later > 0 && reads.iter().all(|read| read.value != Some(value))
    }
}

/// Counts reads that overlap a write: those that show it, and those that show a value from before it.
fn concurrent_reads<K: Copy + PartialEq, V: Copy + PartialEq>(operations: &[Called<K, V>], reads: &[Read<K, V>]) -> (u64, u64) {
    let (mut new, mut old) = (0, 0);
    for (write, end) in operations.iter().filter_map(|operation| Some((operation, operation.completed()?))) {
        let Some((key, value)) = written(write) else { continue };
        let was_before = |shown: V| {
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

impl<K, V> Checker<(K, RegisterOp<V>), RegisterAnswer<V>> for Oddities
where
    K: Copy + Debug + PartialEq + 'static,
    V: Copy + Debug + PartialEq + 'static,
{
    fn finish(&mut self, history: &History<(K, RegisterOp<V>), RegisterAnswer<V>>) -> Judgement {
        let (operations, reads) = (history.operations(), reads(history));
        let later = operations.iter().filter(|operation| self.surfaced_later(operation, &reads)).count();
        let never = operations.iter().filter(|operation| self.never_surfaced(operation, &reads)).count();
        let (new, old) = concurrent_reads(operations, &reads);
        let measured = json!({ "later": later, "never": never, "new": new, "old": old });
        Judgement { times_checked: 1, measured, ..Judgement::default() }
    }
}
