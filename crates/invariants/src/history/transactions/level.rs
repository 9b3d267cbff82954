//! Isolation levels, and what each forbids.

use super::anomaly::{AnomalyKind, Family, TimeOrder};

/// An isolation level.
///
/// Levels are those of Adya's thesis with the orders of clients that Elle adds. A history has single keys and no predicates, so
/// [`RepeatableRead`](Self::RepeatableRead) and [`Serializable`](Self::Serializable) forbid the same here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// PL-1: no dirty writes.
    ReadUncommitted,
    /// PL-2: reads only what was committed.
    ReadCommitted,
    /// PL-2.99: no cycle of dependencies over single keys.
    RepeatableRead,
    /// Reads one snapshot, and no two concurrent transactions write one key. Write skew is allowed.
    SnapshotIsolation,
    /// That, with snapshots that never miss an earlier transaction of the process.
    StrongSessionSnapshotIsolation,
    /// That, with snapshots that never miss a transaction that ended before.
    StrongSnapshotIsolation,
    /// PL-3: equal to some serial order.
    Serializable,
    /// Equal to a serial order that keeps the order of each process.
    StrongSessionSerializable,
    /// Equal to a serial order that keeps real time.
    StrictSerializable,
}

/// The anomalies that a level forbids: a cycle of this family or a worse one, with these orders of the clients or fewer; other
/// anomalies.
type Row = (Level, Family, TimeOrder, &'static [&'static [AnomalyKind]]);

/// Anomalies of no system that keeps its data at all.
const ALWAYS: &[AnomalyKind] = &[AnomalyKind::UnwrittenRead, AnomalyKind::DuplicateElement, AnomalyKind::Internal];

/// Anomalies of a read that returned something that was never committed, or not in that order.
const COMMITTED: &[AnomalyKind] = &[
    AnomalyKind::AbortedRead,
    AnomalyKind::IntermediateRead,
    AnomalyKind::DirtyUpdate,
    AnomalyKind::IncompatibleOrder,
    AnomalyKind::CyclicVersions,
];

/// Anomalies that close a cycle of family `GSingle`, whichever way the versions are ordered.
const REPEATABLE: &[AnomalyKind] = &[AnomalyKind::LostUpdate, AnomalyKind::NonRepeatableRead];

const FROM_COMMITTED: &[&[AnomalyKind]] = &[ALWAYS, COMMITTED];
const FROM_REPEATABLE: &[&[AnomalyKind]] = &[ALWAYS, COMMITTED, REPEATABLE];

/// A row for each level, in their order.
const ROWS: &[Row] = &[
    (Level::ReadUncommitted, Family::G0, TimeOrder::None, &[ALWAYS]),
    (Level::ReadCommitted, Family::G1c, TimeOrder::None, FROM_COMMITTED),
    (Level::RepeatableRead, Family::G2Item, TimeOrder::None, FROM_REPEATABLE),
    (Level::SnapshotIsolation, Family::GNonadjacent, TimeOrder::None, FROM_REPEATABLE),
    (Level::StrongSessionSnapshotIsolation, Family::GNonadjacent, TimeOrder::Process, FROM_REPEATABLE),
    (Level::StrongSnapshotIsolation, Family::GNonadjacent, TimeOrder::RealTime, FROM_REPEATABLE),
    (Level::Serializable, Family::G2Item, TimeOrder::None, FROM_REPEATABLE),
    (Level::StrongSessionSerializable, Family::G2Item, TimeOrder::Process, FROM_REPEATABLE),
    (Level::StrictSerializable, Family::G2Item, TimeOrder::RealTime, FROM_REPEATABLE),
];

impl Level {
    /// Iterates over all levels.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.0)
    }

    /// Whether a system at this level never shows such an anomaly.
    pub fn forbids(self, kind: AnomalyKind) -> bool {
        let (_, worst, order, others) = self.row();
        match kind {
            AnomalyKind::Cycle(family, needed) => family <= *worst && needed <= *order,
            other => others.iter().any(|kinds| kinds.contains(&other)),
        }
    }

    /// Returns the order of the clients that it keeps.
    pub fn time_order(self) -> TimeOrder {
        self.row().2
    }

    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }
}
