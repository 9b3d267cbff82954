//! The models that the command line knows, and what each promises.

use clap::ValueEnum;
use cluster_sim::check::history::aggregates::{Conservation, CounterBounds, SetFull, TotalQueue, UniqueIds};
use cluster_sim::check::history::file::{Datum, FileError, FileVocabulary};
use cluster_sim::check::history::models::{Bank, BankAnswer, BankOp, Counter, Keyed, Queue, Register, Registers, Set, Text};
use cluster_sim::check::history::transactions::{Level, ListAppend, ReadWrite, Transactions};
use cluster_sim::check::history::{Bounds, Checker, History, HistoryPicture, Linearizable, Model, ValueSessions, check};
use serde::de::DeserializeOwned;

use crate::history_file::HistoryFile;
use crate::judged_history::JudgedHistory;
use crate::progress;

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

    /// Reads a history in the operations of this model, and judges it.
    ///
    /// # Errors
    /// [`FileError`] with the first line that is no event of such a history.
    pub(crate) fn check(self, file: HistoryFile, level: IsolationLevel, bounds: Bounds) -> Result<JudgedHistory, FileError> {
        let level_rule = value_name(level);
        match self {
            Self::CasRegister => linearize(&Register::<Datum>::default(), file, bounds),
            Self::Registers => linearize(&Registers::<Datum, Datum>::default(), file, bounds),
            Self::Text => linearize(&Text, file, bounds),
            Self::Texts => linearize(&Keyed::<Datum, Text>::new(Text), file, bounds),
            Self::Set => linearize(&Set::<Datum>::default(), file, bounds),
            Self::Queue => linearize(&Queue::<Datum>::default(), file, bounds),
            Self::Counter => linearize(&Counter, file, bounds),
            Self::ListAppend => judge(&ListAppend, file, &level_rule, |_| Transactions::list_append().level(level.into())),
            Self::RwRegister => judge(&ReadWrite::default(), file, &level_rule, |_| Transactions::read_write().level(level.into())),
            Self::Sessions => {
                judge(&Registers::<Datum, Datum>::default(), file, "session guarantees", |_| ValueSessions::default())
            }
            Self::SetFull => judge(&Set::<Datum>::default(), file, "no element is lost", |_| SetFull::default()),
            Self::TotalQueue => judge(&Queue::<Datum>::default(), file, "no value is lost or doubled", |_| TotalQueue::default()),
            Self::UniqueIds => {
                judge(&UniqueIds::<Datum>::default(), file, "no identifier is given twice", |_| UniqueIds::default())
            }
            Self::CounterBounds => judge(&Counter, file, "reads lie between their bounds", |_| CounterBounds::default()),
            Self::Bank => judge(&Bank::<Datum>::default(), file, "the sum is that of the first read", first_balances),
        }
    }
}

/// Takes the bank for one with the accounts and the sum that its first read shows.
fn first_balances(history: &History<BankOp<Datum>, BankAnswer<Datum>>) -> Conservation<Datum> {
    let first = history.operations().iter().find_map(|operation| match operation.answer() {
        Some(BankAnswer::Balances(balances)) => Some(balances.clone()),
        _ => None,
    });
    Conservation::new(first.unwrap_or_default())
}

fn linearize<M>(model: &M, file: HistoryFile, bounds: Bounds) -> Result<JudgedHistory, FileError>
where
    M: Model + Clone + FileVocabulary<Op = <M as Model>::Op, Answer = <M as Model>::Answer>,
    <M as Model>::Op: DeserializeOwned,
    <M as Model>::Answer: DeserializeOwned,
{
    judge(model, file, "linearizable", |_| Linearizable::new(model.clone()).bounds(bounds))
}

fn judge<F, C>(
    vocabulary: &F,
    file: HistoryFile,
    rule: &str,
    checker: impl FnOnce(&History<F::Op, F::Answer>) -> C,
) -> Result<JudgedHistory, FileError>
where
    F: FileVocabulary<Op: DeserializeOwned + std::fmt::Debug, Answer: DeserializeOwned + std::fmt::Debug>,
    C: Checker<F::Op, F::Answer>,
{
    let history = file.read(vocabulary)?;
    let mut checker = checker(&history);
    let judgement =
        progress::with_spinner(&format!("judging {} operations", history.operations().len()), || check(&mut checker, &history));
    let describe = |op: &F::Op, answer: Option<&F::Answer>| {
        let text = || answer.map_or_else(|| format!("{op:?}"), |answer| format!("{op:?} -> {answer:?}"));
        checker.describe(op, answer).unwrap_or_else(text)
    };
    let picture = HistoryPicture::of(&history, &judgement, describe);
    Ok(JudgedHistory::new(rule, &history, judgement, picture))
}
