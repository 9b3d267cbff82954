//! The models that the command line knows, as values of `--model` and `--level`.

use clap::ValueEnum;
use cluster_sim::check::history::transactions::Level;

/// The model that a history is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HistoryModel {
    /// A register: read, write, cas
    CasRegister,
    /// A register for each key: read, write, cas of [key value]
    Registers,
    /// A text: get, put, append
    Text,
    /// A text for each key: get, put, append, with a :key, as in Porcupine's key-value logs
    Texts,
    /// A set: add, remove, contains, read
    Set,
    /// A queue, first in first out: enqueue, dequeue
    Queue,
    /// A number: add, read
    Counter,
    /// Transactions over lists: txn of [[:append x 1] [:r y nil]]; see --level
    ListAppend,
    /// Transactions over registers: txn of [[:w x 1] [:r y nil]]; see --level
    RwRegister,
    /// Session guarantees of registers with unique writes, in linear time: as registers
    Sessions,
    /// A set that loses no element, in linear time; reads may be stale: add, read
    SetFull,
    /// A queue that loses and doubles no value, in linear time; any order: enqueue, dequeue
    TotalQueue,
    /// Identifiers that are given once, in linear time: generate
    UniqueIds,
    /// A counter whose reads lie between their bounds, in linear time: add, read
    CounterBounds,
    /// Accounts whose sum stays that of the first read, in linear time: transfer, read
    Bank,
}

/// An isolation level of transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IsolationLevel {
    /// No dirty writes
    ReadUncommitted,
    /// Reads only what was committed
    ReadCommitted,
    /// No cycle of dependencies over single keys
    RepeatableRead,
    /// Reads one snapshot, and concurrent transactions write different keys
    SnapshotIsolation,
    /// That, and a snapshot has the earlier transactions of its process
    StrongSessionSnapshotIsolation,
    /// That, and a snapshot has every transaction that ended before
    StrongSnapshotIsolation,
    /// Some serial order
    Serializable,
    /// A serial order that keeps that of each process
    StrongSessionSerializable,
    /// A serial order that keeps real time
    StrictSerializable,
}

impl From<IsolationLevel> for Level {
    fn from(level: IsolationLevel) -> Self {
        match level {
            IsolationLevel::ReadUncommitted => Self::ReadUncommitted,
            IsolationLevel::ReadCommitted => Self::ReadCommitted,
            IsolationLevel::RepeatableRead => Self::RepeatableRead,
            IsolationLevel::SnapshotIsolation => Self::SnapshotIsolation,
            IsolationLevel::StrongSessionSnapshotIsolation => Self::StrongSessionSnapshotIsolation,
            IsolationLevel::StrongSnapshotIsolation => Self::StrongSnapshotIsolation,
            IsolationLevel::Serializable => Self::Serializable,
            IsolationLevel::StrongSessionSerializable => Self::StrongSessionSerializable,
            IsolationLevel::StrictSerializable => Self::StrictSerializable,
        }
    }
}

/// Returns the name of a value on the command line.
pub(crate) fn value_name(value: impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

impl HistoryModel {
    /// Whether it has isolation levels.
    pub(crate) fn has_levels(self) -> bool {
        matches!(self, Self::ListAppend | Self::RwRegister)
    }
}
