//! Names of anomalies, and one that was found.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::cycle_picture::CycleArrow;

/// Cycles of dependencies by the edges that they need, the worst first.
///
/// Adya's classes; the third and fourth are Elle's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Only writes that overwrite writes; a dirty write.
    G0,
    /// Also reads of writes.
    G1c,
    /// And exactly one read of what another transaction overwrites; read skew.
    GSingle,
    /// Two or more of those, no two in a row.
    GNonadjacent,
    /// Two or more of those, some in a row; write skew.
    G2Item,
}

impl Family {
    /// All of them, the worst first.
    pub const ALL: [Self; 5] = [Self::G0, Self::G1c, Self::GSingle, Self::GNonadjacent, Self::G2Item];

    fn name(self) -> &'static str {
        match self {
            Self::G0 => "G0",
            Self::G1c => "G1c",
            Self::GSingle => "G-single",
            Self::GNonadjacent => "G-nonadjacent",
            Self::G2Item => "G2-item",
        }
    }
}

/// Which orders of the clients a cycle needs, or a level keeps, besides the dependencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeOrder {
    /// None.
    None,
    /// The order of the transactions of each process; sessions.
    Process,
    /// A transaction that ended before another began comes first.
    RealTime,
}

/// Why one transaction comes before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum EdgeKind {
    /// The second overwrote what the first wrote.
    #[serde(rename = "ww")]
    WriteWrite,
    /// The second read what the first wrote.
    #[serde(rename = "wr")]
    WriteRead,
    /// The second overwrote what the first read.
    #[serde(rename = "rw")]
    ReadWrite,
    /// One process ran both, in this order.
    #[serde(rename = "process")]
    Process,
    /// The first ended before the second began.
    #[serde(rename = "realtime")]
    RealTime,
}

/// The kinds of contradictions that a history can show.
///
/// Its text, in reports and in JSON, is the name in the literature: `G1a`, `G-single-realtime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnomalyKind {
    /// A read returned a value that no transaction wrote.
    UnwrittenRead,
    /// A list holds one append more than once.
    DuplicateElement,
    /// A transaction did not read its own writes, or read them before it made them.
    Internal,
    /// G1a: a read returned what an aborted transaction wrote.
    AbortedRead,
    /// G1b: a read returned what its writer overwrote later.
    IntermediateRead,
    /// A transaction that committed wrote on top of a write of one that aborted.
    DirtyUpdate,
    /// Two reads of a list, and neither is the beginning of the other.
    IncompatibleOrder,
    /// The values of a register have no order that fits what was read.
    CyclicVersions,
    /// P4: two transactions read one version of a key, and both wrote the key.
    LostUpdate,
    /// P2: two reads of a key in one transaction differ, and it wrote nothing in between.
    NonRepeatableRead,
    /// The transactions cannot be put in an order.
    Cycle(Family, TimeOrder),
}

impl fmt::Display for AnomalyKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::UnwrittenRead => "unwritten-read",
            Self::DuplicateElement => "duplicate-element",
            Self::Internal => "internal",
            Self::AbortedRead => "G1a",
            Self::IntermediateRead => "G1b",
            Self::DirtyUpdate => "dirty-update",
            Self::IncompatibleOrder => "incompatible-order",
            Self::CyclicVersions => "cyclic-versions",
            Self::LostUpdate => "lost-update",
            Self::NonRepeatableRead => "non-repeatable-read",
            Self::Cycle(family, _) => family.name(),
        })?;
        match self {
            Self::Cycle(_, TimeOrder::Process) => formatter.write_str("-process"),
            Self::Cycle(_, TimeOrder::RealTime) => formatter.write_str("-realtime"),
            _ => Ok(()),
        }
    }
}

impl Serialize for AnomalyKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl EdgeKind {
    /// Returns its name in the literature.
    pub fn name(self) -> &'static str {
        match self {
            Self::WriteWrite => "ww",
            Self::WriteRead => "wr",
            Self::ReadWrite => "rw",
            Self::Process => "process",
            Self::RealTime => "realtime",
        }
    }
}

/// One edge of a cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CycleEdge {
    /// The earlier transaction, as an index of the history.
    pub from: usize,
    /// The later one.
    pub to: usize,
    /// Why it comes later.
    pub kind: EdgeKind,
    /// The key and its values, or the times.
    pub label: String,
    /// The edge as a sentence without a full stop.
    pub message: String,
}

impl CycleEdge {
    /// Returns it for a picture.
    pub(super) fn arrow(&self) -> CycleArrow {
        let Self { from, to, kind, label, message } = self.clone();
        CycleArrow { from, to, kind: kind.name().to_owned(), label, message }
    }
}

/// A contradiction between transactions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Anomaly {
    /// Its name.
    pub kind: AnomalyKind,
    /// The transactions that show it, as indices of the history.
    pub operations: Vec<usize>,
    /// The explanation, as a sentence without a full stop.
    pub message: String,
    /// The edges in order, each from where the one before led; empty for an anomaly that is no cycle.
    pub cycle: Vec<CycleEdge>,
}

/// All that a history of transactions shows.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Anomalies {
    /// Up to 16 examples of each kind, the worst kind first.
    pub examples: Vec<Anomaly>,
    /// How many of each kind there are. Of cycles, one is counted for each group of transactions that depend on each other.
    pub counts: BTreeMap<AnomalyKind, u64>,
    /// The cycles whose search grew too long, so that they may exist or not.
    pub undecided: Vec<AnomalyKind>,
    /// How many transactions committed, or must have.
    pub transactions: u64,
    /// How many edges there are between them, those of time included.
    pub edges: u64,
}

/// How many examples of one kind are kept.
const EXAMPLES_MAX: u64 = 16;

impl Anomalies {
    /// Counts an anomaly, and asks for an explanation unless there are enough.
    pub(super) fn add(&mut self, kind: AnomalyKind, operations: &[u32], explain: impl FnOnce() -> (String, Vec<CycleEdge>)) {
        let count = self.counts.entry(kind).or_insert(0);
        *count += 1;
        if *count <= EXAMPLES_MAX {
            let (message, cycle) = explain();
            let operations = operations.iter().map(|operation| *operation as usize).collect();
            self.examples.push(Anomaly { kind, operations, message: format!("{kind}: {message}"), cycle });
        }
    }

    /// Counts an anomaly that is no cycle.
    pub(super) fn add_plain(&mut self, kind: AnomalyKind, operations: &[u32], message: impl FnOnce() -> String) {
        self.add(kind, operations, || (message(), Vec::new()));
    }

    pub(super) fn sort(&mut self) {
        self.examples.sort_by_key(|anomaly| anomaly.kind);
    }
}
