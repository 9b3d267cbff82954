//! Transactions: which anomalies of isolation their clients saw.
//!
//! Follows the design of Elle (Kingsbury and Alvaro, VLDB 2020). Transactions read and write in a way that shows the order of
//! the versions of each key. Versions order transactions: what wrote a version comes before what read it, and before what
//! overwrote it, and what read a version comes before what overwrote it. Clients saw more orders: of each process, and of real
//! time. A cycle means that no order of the transactions is left, and its edges say what a system must have done wrong.
//!
//! Which versions a list had, and in which order, its longest read shows. An append that no read shows comes after that read.
//! Of registers, what a key held before the first write comes before all else, and what a transaction read before what it then
//! wrote; [`KeyOrder`] may order more. A transaction without an answer counts as committed if one that committed read a write
//! of it.
//!
//! Sound: a history that a system of the level could have produced has no finding. Complete for lists that are read to their
//! end after the last append, without [`AnomalyKind::IncompatibleOrder`]; otherwise an order of versions may be unknown, and a
//! contradiction in it stays hidden.

mod anomaly;
mod components;
mod cycles;
mod foreign;
mod graph;
mod input;
mod key_order;
mod level;
mod list_reads;
mod list_sentences;
mod lists;
mod paths;
mod register_reads;
mod register_sentences;
mod registers;
mod sentences;
mod steps;
#[cfg(test)]
mod tests;
mod time;

use std::fmt::Debug;
use std::hash::Hash;

pub use self::anomaly::{Anomalies, Anomaly, AnomalyKind, CycleEdge, EdgeKind, Family, TimeOrder};
pub use self::input::TransactionError;
pub use self::key_order::KeyOrder;
pub use self::level::Level;
pub use self::steps::{AppendAnswer, AppendHistory, AppendOp, WriteAnswer, WriteHistory, WriteOp};

use self::cycles::find_cycles;
use self::graph::Edges;
use self::input::{Input, Status};
use self::lists::Lists;
use self::registers::Registers;
use self::sentences::{Explain, add_cycle};
use self::steps::Step;
use super::checker::{Checker, Contradiction, Judgement};
use super::record::History;

/// Transactions over lists; see [`Transactions::list_append`].
#[derive(Debug, Clone, Copy, Default)]
pub struct ListAppend;

/// Transactions over registers; see [`Transactions::read_write`].
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadWrite {
    key_order: KeyOrder,
}

/// Checks that transactions show no anomaly that a level of isolation forbids.
///
/// # Examples
///
/// Two transactions each miss what the other appended:
///
/// ```
/// use cluster_sim_invariants::history::check;
/// use cluster_sim_invariants::history::transactions::{AppendAnswer, AppendHistory, AppendOp, Level, Transactions};
/// use cluster_sim_invariants::{Process, VirtualInstant};
///
/// let mut history = AppendHistory::default();
/// let at = VirtualInstant::from_nanoseconds;
/// history.invoke(Process(0), at(1), vec![AppendOp::Read("x"), AppendOp::Append("y", 1)])?;
/// history.invoke(Process(1), at(2), vec![AppendOp::Read("y"), AppendOp::Append("x", 2)])?;
/// history.ok(Process(0), at(3), vec![AppendAnswer::List(vec![]), AppendAnswer::Appended])?;
/// history.ok(Process(1), at(4), vec![AppendAnswer::List(vec![]), AppendAnswer::Appended])?;
///
/// let mut serializable = Transactions::list_append().level(Level::Serializable);
/// assert!(check(&mut serializable, &history).findings[0].message.starts_with("G2-item: T0 read \"x\" as [] before T1"));
/// let mut snapshots = Transactions::list_append().level(Level::SnapshotIsolation);
/// assert!(check(&mut snapshots, &history).findings.is_empty()); // write skew is allowed
/// # Ok::<(), cluster_sim_invariants::HistoryError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Transactions<D> {
    level: Level,
    data: D,
}

impl Transactions<ListAppend> {
    /// Judges transactions that append unique values to lists and read them.
    ///
    /// The level is [`Level::StrictSerializable`] unless [`level`](Self::level) sets another.
    pub fn list_append() -> Self {
        Self { level: Level::StrictSerializable, data: ListAppend }
    }

    /// Finds all anomalies, those that the level allows too.
    ///
    /// Uses no order of clients that the level does not keep.
    ///
    /// # Errors
    ///
    /// [`TransactionError`] if the history cannot be judged.
    pub fn analyze<K: Hash + Eq + Debug, V: Hash + Eq + Debug>(
        &self,
        history: &AppendHistory<K, V>,
    ) -> Result<Anomalies, TransactionError> {
        let ListAppend = self.data;
        let mut anomalies = Anomalies::default();
        let lists = Lists::new(history, &mut anomalies)?;
        let mut edges = Edges::new(history.operations().len());
        list_reads::add_dependencies(&lists, &mut edges, &mut anomalies);
        add_cycles(history, &lists.input, edges, self.level.time_order(), &lists, &mut anomalies);
        Ok(anomalies)
    }
}

impl Transactions<ReadWrite> {
    /// Judges transactions that write unique values to registers and read them.
    ///
    /// Finds less than [`list_append`](Transactions::list_append), as a register does not show which versions it had before.
    pub fn read_write() -> Self {
        Self { level: Level::StrictSerializable, data: ReadWrite::default() }
    }

    /// Assumes that of each register by itself; an assumption that is wrong makes verdicts wrong.
    #[must_use]
    pub fn key_order(self, key_order: KeyOrder) -> Self {
        Self { data: ReadWrite { key_order }, ..self }
    }

    /// Finds all anomalies, those that the level allows too.
    ///
    /// Uses no order of clients that the level does not keep.
    ///
    /// # Errors
    ///
    /// [`TransactionError`] if the history cannot be judged.
    pub fn analyze<K: Hash + Eq + Debug, V: Hash + Eq + Debug>(
        &self,
        history: &WriteHistory<K, V>,
    ) -> Result<Anomalies, TransactionError> {
        let mut anomalies = Anomalies::default();
        let mut registers = Registers::new(history, &mut anomalies)?;
        key_order::assume_order(&mut registers, self.data.key_order, &mut anomalies);
        let mut edges = Edges::new(history.operations().len());
        register_reads::add_dependencies(&registers, &mut edges, &mut anomalies);
        add_cycles(history, &registers.input, edges, self.level.time_order(), &registers, &mut anomalies);
        Ok(anomalies)
    }
}

impl<D> Transactions<D> {
    /// Judges by this level.
    #[must_use]
    pub fn level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    fn judge<O, A>(&self, history: &History<O, A>, anomalies: Result<Anomalies, TransactionError>) -> Judgement {
        let anomalies = match anomalies {
            Ok(anomalies) => anomalies,
            Err(error) => return Judgement { unknown: Some(error.to_string()), ..Judgement::default() },
        };
        let forbidden: Vec<&Anomaly> = anomalies.examples.iter().filter(|anomaly| self.level.forbids(anomaly.kind)).collect();
        let finding =
            |anomaly: &Anomaly| Contradiction { message: anomaly.message.clone(), operations: anomaly.operations.clone() };
        let undecided = anomalies.undecided.iter().find(|kind| self.level.forbids(**kind));
        Judgement {
            cycle: forbidden.first().map_or_else(Vec::new, |first| first.cycle.iter().map(CycleEdge::arrow).collect()),
            findings: forbidden.into_iter().map(finding).collect(),
            unknown: undecided.map(|kind| format!("the search for {kind} grew too long: check a shorter part of the history")),
            times_checked: history.operations().iter().filter(|operation| operation.answer().is_some()).count() as u64,
            measured: serde_json::to_value(&anomalies).unwrap_or_default(),
            ..Judgement::default()
        }
    }
}

/// Adds the cycles of all edges, those of time included.
fn add_cycles<S: Step>(
    history: &History<Vec<S>, Vec<S::Answer>>,
    input: &Input<'_, S>,
    mut edges: Edges,
    order: TimeOrder,
    explain: &impl Explain,
    anomalies: &mut Anomalies,
) {
    time::add_time(&mut edges, history, order, |transaction| input.counts(transaction));
    let graph = edges.into_graph();
    anomalies.transactions = (0..input.status.len() as u32).filter(|transaction| input.counts(*transaction)).count() as u64;
    anomalies.edges = graph.edges() as u64;
    let found = find_cycles(&graph, order, &|transaction| input.status[transaction as usize] == Status::Committed);
    for cycle in &found.cycles {
        add_cycle(anomalies, cycle, history, explain);
    }
    anomalies.undecided = found.undecided.into_iter().map(|(family, order)| AnomalyKind::Cycle(family, order)).collect();
    anomalies.sort();
}

/// Says what each step did, a line each.
fn lines<S: Step>(op: &[S], answer: Option<&Vec<S::Answer>>) -> String {
    let heard = |step: usize| answer.and_then(|answers| answers.get(step));
    let lines: Vec<String> = op.iter().enumerate().map(|(step, asked)| asked.describe(heard(step))).collect();
    lines.join("\n")
}

impl<K: Hash + Eq + Debug, V: Hash + Eq + Debug> Checker<Vec<AppendOp<K, V>>, Vec<AppendAnswer<V>>> for Transactions<ListAppend> {
    fn describe(&self, op: &Vec<AppendOp<K, V>>, answer: Option<&Vec<AppendAnswer<V>>>) -> Option<String> {
        Some(lines(op, answer))
    }

    fn judges_events(&self) -> bool {
        false
    }

    fn finish(&mut self, history: &AppendHistory<K, V>) -> Judgement {
        self.judge(history, self.analyze(history))
    }
}

impl<K: Hash + Eq + Debug, V: Hash + Eq + Debug> Checker<Vec<WriteOp<K, V>>, Vec<WriteAnswer<V>>> for Transactions<ReadWrite> {
    fn describe(&self, op: &Vec<WriteOp<K, V>>, answer: Option<&Vec<WriteAnswer<V>>>) -> Option<String> {
        Some(lines(op, answer))
    }

    fn judges_events(&self) -> bool {
        false
    }

    fn finish(&mut self, history: &WriteHistory<K, V>) -> Judgement {
        self.judge(history, self.analyze(history))
    }
}
