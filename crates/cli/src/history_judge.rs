//! Judges a history by the promises of a model.

use cluster_sim::check::history::aggregates::{Conservation, CounterBounds, SetFull, TotalQueue, UniqueIds};
use cluster_sim::check::history::file::{Datum, FileError, FileVocabulary};
use cluster_sim::check::history::models::{Bank, BankAnswer, BankOp, Counter, Keyed, Queue, Register, Registers, Set, Text};
use cluster_sim::check::history::transactions::{ListAppend, ReadWrite, Transactions};
use cluster_sim::check::history::{Bounds, Checker, History, HistoryPicture, Linearizable, Model, ValueSessions, check};
use serde::de::DeserializeOwned;

use crate::history_file::HistoryFile;
use crate::history_model::{HistoryModel, IsolationLevel, value_name};
use crate::judged_history::JudgedHistory;
use crate::progress;

/// Reads a history in the operations of this model, and judges it.
///
/// # Errors
/// [`FileError`] with the first line that is no event of such a history.
pub(crate) fn judged(
    model: HistoryModel,
    file: HistoryFile,
    level: IsolationLevel,
    bounds: Bounds,
) -> Result<JudgedHistory, FileError> {
    let level_rule = value_name(level);
    match model {
        HistoryModel::CasRegister => linearize(&Register::<Datum>::default(), file, bounds),
        HistoryModel::Registers => linearize(&Registers::<Datum, Datum>::default(), file, bounds),
        HistoryModel::Text => linearize(&Text, file, bounds),
        HistoryModel::Texts => linearize(&Keyed::<Datum, Text>::new(Text), file, bounds),
        HistoryModel::Set => linearize(&Set::<Datum>::default(), file, bounds),
        HistoryModel::Queue => linearize(&Queue::<Datum>::default(), file, bounds),
        HistoryModel::Counter => linearize(&Counter, file, bounds),
        HistoryModel::ListAppend => judge(&ListAppend, file, &level_rule, |_| Transactions::list_append().level(level.into())),
        HistoryModel::RwRegister => {
            judge(&ReadWrite::default(), file, &level_rule, |_| Transactions::read_write().level(level.into()))
        }
        HistoryModel::Sessions => {
            judge(&Registers::<Datum, Datum>::default(), file, "session guarantees", |_| ValueSessions::default())
        }
        HistoryModel::SetFull => judge(&Set::<Datum>::default(), file, "no element is lost", |_| SetFull::default()),
        HistoryModel::TotalQueue => {
            judge(&Queue::<Datum>::default(), file, "no value is lost or doubled", |_| TotalQueue::default())
        }
        HistoryModel::UniqueIds => {
            judge(&UniqueIds::<Datum>::default(), file, "no identifier is given twice", |_| UniqueIds::default())
        }
        HistoryModel::CounterBounds => judge(&Counter, file, "reads lie between their bounds", |_| CounterBounds::default()),
        HistoryModel::Bank => judge(&Bank::<Datum>::default(), file, "the sum is that of the first read", first_balances),
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
    names: &F,
    file: HistoryFile,
    rule: &str,
    checker: impl FnOnce(&History<F::Op, F::Answer>) -> C,
) -> Result<JudgedHistory, FileError>
where
    F: FileVocabulary<Op: DeserializeOwned + std::fmt::Debug, Answer: DeserializeOwned + std::fmt::Debug>,
    C: Checker<F::Op, F::Answer>,
{
    let history = file.read(names)?;
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
