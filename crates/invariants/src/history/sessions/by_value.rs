//! Sessions over registers whose written values differ: the values are the versions, and their order is inferred.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::hash::Hash;

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};
use serde_json::json;

use super::guarantee::SessionGuarantee;
use crate::history::checker::{Checker, Contradiction, Judgement};
use crate::history::history_event::HistoryEvent;
use crate::history::models::{RegisterAnswer, RegisterOp};
use crate::history::operation::{Completion, Process};
use crate::history::record::History;

/// Checks whether the versions of each key have an order that keeps all four session guarantees.
///
/// No two writes of a key may write one value; otherwise nothing is asked of that value, and without a finding about others the
/// verdict is unknown. If a process read or wrote one value and then
/// another, the second must be newer: found is a circle of values each of which must be newer than the one before, decided at the
/// end. A value older than all, nothing, stands for a key without a write. A read of a value that no write can have written, as
/// none was asked for until then or all failed, is found at the end, too. A successful compare-and-set is a read followed by a
/// write.
#[derive(Debug, Clone)]
pub struct ValueSessions<K, V> {
    /// The last value that each process met of each key, with its operation, and whether it wrote it.
    last: FxHashMap<(Process, K), Met>,
    keys: IndexMap<K, Values<V>, FxBuildHasher>,
    decided: u64,
    written_twice: Option<(K, V)>,
}

/// A value that a process met: its number, and by what.
#[derive(Debug, Clone, Copy)]
struct Met {
    value: usize,
    index: usize,
    is_write: bool,
}

/// The values of a key, numbered, and which must be newer than which.
#[derive(Debug, Clone)]
struct Values<V> {
    numbers: IndexMap<Option<V>, Writes, FxBuildHasher>,
    newer: Vec<Newer>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Writes {
    /// Writes that happened or may have.
    attempts: u32,
    /// Whether there were two of them at a time: then it is no version.
    is_twice: bool,
    /// A read of it.
    read_by: Option<usize>,
    /// A read of it that was answered while no write of it had been asked for.
    read_early: Option<usize>,
}

/// A process met `from` and then `to`.
#[derive(Debug, Clone, Copy)]
struct Newer {
    from: Met,
    to: Met,
}

impl Newer {
    fn guarantee(self) -> SessionGuarantee {
        match (self.from.is_write, self.to.is_write) {
            (true, false) => SessionGuarantee::ReadYourWrites,
            (false, false) => SessionGuarantee::MonotonicReads,
            (true, true) => SessionGuarantee::MonotonicWrites,
            (false, true) => SessionGuarantee::WritesFollowReads,
        }
    }
}

impl<K, V> Default for ValueSessions<K, V> {
    fn default() -> Self {
        Self { last: FxHashMap::default(), keys: IndexMap::default(), decided: 0, written_twice: None }
    }
}

impl<V: Clone + Eq + Hash> Values<V> {
    fn new() -> Self {
        let mut numbers = IndexMap::default();
        numbers.insert(None, Writes { attempts: 1, ..Writes::default() });
        Self { numbers, newer: Vec::new() }
    }

    fn number(&mut self, value: Option<V>) -> usize {
        let entry = self.numbers.entry(value);
        let number = entry.index();
        entry.or_default();
        number
    }

    /// Returns a shortest circle of those that lie on one; empty if there is none.
    fn circle(&self) -> Vec<Newer> {
        // No circle passes what no value must be older than.
        let newer: Vec<Newer> = self.newer.iter().filter(|newer| !self.numbers[newer.to.value].is_twice).copied().collect();
        // All others are newer than nothing, so whatever comes before nothing lies on a circle of two.
        if let Some(back) = newer.iter().find(|newer| newer.to.value == 0) {
            return vec![*back];
        }
        let mut after: Vec<Vec<usize>> = vec![Vec::new(); self.numbers.len()];
        let mut older = vec![0_u32; self.numbers.len()];
        for (place, newer) in newer.iter().enumerate() {
            after[newer.from.value].push(place);
            older[newer.to.value] += 1;
        }
        // Values that nothing left is older than go, one after the other; on a circle all stay.
        let mut free: Vec<usize> = (0..older.len()).filter(|value| older[*value] == 0).collect();
        while let Some(value) = free.pop() {
            for place in &after[value] {
                let to = newer[*place].to.value;
                older[to] -= 1;
                if older[to] == 0 {
                    free.push(to);
                }
            }
        }
        let Some(start) = on_a_circle(&newer, &older) else { return Vec::new() };
        shortest_back(&newer, start, &after)
    }
}

/// Goes back from a value that was left to values that were, until one comes again.
fn on_a_circle(newer: &[Newer], older: &[u32]) -> Option<usize> {
    let mut before = vec![usize::MAX; older.len()];
    for pair in newer.iter().filter(|pair| older[pair.from.value] > 0) {
        before[pair.to.value] = pair.from.value;
    }
    let mut value = (0..older.len()).find(|value| older[*value] > 0)?;
    for _ in 0..older.len() {
        value = before[value];
    }
    Some(value)
}

/// Searches the shortest way from a value to itself, breadth first.
fn shortest_back(newer: &[Newer], start: usize, after: &[Vec<usize>]) -> Vec<Newer> {
    let mut reached: Vec<Option<usize>> = vec![None; after.len()];
    let mut next = VecDeque::from([start]);
    while let Some(value) = next.pop_front() {
        for place in &after[value] {
            let to = newer[*place].to.value;
            if reached[to].is_none() {
                reached[to] = Some(*place);
                next.push_back(to);
            }
        }
        if reached[start].is_some() {
            break;
        }
    }
    let mut circle = Vec::new();
    let mut value = start;
    while let Some(place) = reached[value] {
        circle.push(newer[place]);
        value = newer[place].from.value;
        if value == start {
            break;
        }
    }
    circle.reverse();
    circle
}

impl<K: Clone + Eq + Hash + Debug, V: Clone + Eq + Hash + Debug> ValueSessions<K, V> {
    fn values(&mut self, key: &K) -> &mut Values<V> {
        self.keys.entry(key.clone()).or_insert_with(Values::new)
    }

    fn attempt(&mut self, key: &K, value: &V) {
        let values = self.values(key);
        let number = values.number(Some(value.clone()));
        values.numbers[number].attempts += 1;
        if values.numbers[number].attempts > 1 {
            values.numbers[number].is_twice = true;
            self.written_twice = self.written_twice.take().or_else(|| Some((key.clone(), value.clone())));
        }
    }

    /// Takes back a write that did not happen.
    fn retract(&mut self, key: &K, value: &V) {
        let values = self.values(key);
        let number = values.number(Some(value.clone()));
        values.numbers[number].attempts -= 1;
    }

    fn meet(&mut self, process: Process, key: &K, value: Option<V>, index: usize, is_write: bool) {
        let values = self.values(key);
        let number = values.number(value);
        if !is_write {
            let writes = &mut values.numbers[number];
            writes.read_by.get_or_insert(index);
            if writes.attempts == 0 {
                writes.read_early.get_or_insert(index);
            }
        }
        let to = Met { value: number, index, is_write };
        if let Some(from) = self.last.insert((process, key.clone()), to) {
            self.decided += 1;
            if from.value != number {
                self.values(key).newer.push(Newer { from, to });
            }
        }
    }

    fn findings(&self) -> Vec<Contradiction> {
        let mut findings = Vec::new();
        for (key, values) in &self.keys {
            findings.extend(values.numbers.iter().filter_map(|(value, writes)| {
                let (read, when) = match writes.attempts {
                    0 => (writes.read_by?, "never written"),
                    _ => (writes.read_early?, "written only later"),
                };
                Some(Contradiction {
                    message: format!("{:?} of {key:?} was read and {when}", value.as_ref()?),
                    operations: vec![read],
                })
            }));
            let circle = values.circle();
            let text = |newer: &Newer| {
                let shown = |met: Met| match values.numbers.get_index(met.value) {
                    Some((Some(value), _)) => format!("{} {value:?}", if met.is_write { "wrote" } else { "read" }),
                    _ => "read nothing".to_owned(),
                };
                format!("{}: a process {} and then {}", newer.guarantee(), shown(newer.from), shown(newer.to))
            };
            if !circle.is_empty() {
                let texts: Vec<String> = circle.iter().map(text).collect();
                let operations = circle.iter().flat_map(|newer| [newer.from.index, newer.to.index]).collect();
                findings
                    .push(Contradiction { message: format!("{key:?} has no order of versions; {}", texts.join("; ")), operations });
            }
        }
        findings
    }
}

impl<K, V> Checker<(K, RegisterOp<V>), RegisterAnswer<V>> for ValueSessions<K, V>
where
    K: Clone + Eq + Hash + Debug,
    V: Clone + Eq + Hash + Debug,
{
    fn observe(&mut self, event: &HistoryEvent<'_, (K, RegisterOp<V>), RegisterAnswer<V>>) -> Result<(), Contradiction> {
        match *event {
            HistoryEvent::Invoked { op: (key, RegisterOp::Write(value) | RegisterOp::CompareAndSet(_, value)), .. } => {
                self.attempt(key, value);
            }
            HistoryEvent::Invoked { .. } => {}
            HistoryEvent::Completed { index, process, op: (key, op), outcome: Completion::Ok { answer, .. }, .. } => {
                match (op, answer) {
                    (RegisterOp::Read, RegisterAnswer::Value(value)) => self.meet(process, key, value.clone(), index, false),
                    (RegisterOp::Write(value), RegisterAnswer::Written) => {
                        self.meet(process, key, Some(value.clone()), index, true);
                    }
                    (RegisterOp::CompareAndSet(expected, value), RegisterAnswer::Written) => {
                        self.meet(process, key, Some(expected.clone()), index, false);
                        self.meet(process, key, Some(value.clone()), index, true);
                    }
                    (RegisterOp::CompareAndSet(_, value), RegisterAnswer::Mismatch) => self.retract(key, value),
                    _ => {
                        let message = format!("{answer:?} is no answer to {op:?}: record with each operation its own answer");
                        return Err(Contradiction { message, operations: vec![index] });
                    }
                }
            }
            HistoryEvent::Completed { op: (key, op), .. } => {
                if let RegisterOp::Write(value) | RegisterOp::CompareAndSet(_, value) = op {
                    self.retract(key, value);
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &History<(K, RegisterOp<V>), RegisterAnswer<V>>) -> Judgement {
        let newer: usize = self.keys.values().map(|values| values.newer.len()).sum();
        let measured = json!({ "keys": self.keys.len(), "pairs": self.decided, "constraints": newer });
        let reason = |(key, value)| format!("{value:?} was written to {key:?} twice: write values that differ, or use `Sessions`");
        let unknown = self.written_twice.as_ref().map(|(key, value)| (key, value)).map(reason);
        Judgement { times_checked: self.decided, measured, findings: self.findings(), unknown, ..Judgement::default() }
    }
}
