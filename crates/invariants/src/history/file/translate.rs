//! Gives the events of a file the meaning that a model has for them.

use cluster_sim_types::VirtualInstant;

use super::datum::Datum;
use super::error::{FileError, FileErrorKind};
use super::event::{EventKind, FileEvent, read_edn, read_log};
use crate::history::error::HistoryError;
use crate::history::model::Model;
use crate::history::operation::Process;
use crate::history::record::History;

/// A model whose operations other tools name.
pub trait FileModel: Model {
    /// The operations, for an error about an unknown one.
    const OPERATIONS: &'static str;

    /// Returns the operation of that name; `None` if the model has none.
    ///
    /// # Errors
    ///
    /// The values that the operation can have, as text, if `value` is none of them.
    fn op(&self, name: &str, key: Option<&Datum>, value: &Datum) -> Option<Result<Self::Op, String>>;

    /// Returns the answer to an operation that happened.
    ///
    /// # Errors
    ///
    /// The values that the answer can have, as text, if `value` is none of them.
    fn answer(&self, op: &Self::Op, value: &Datum) -> Result<Self::Answer, String>;
}

/// Reads a history that Jepsen wrote (EDN, or its log), or a key-value log of Porcupine.
///
/// # Errors
///
/// [`FileError`] with the first line that cannot be read, or whose event fits nowhere.
pub fn read_foreign<M: FileModel>(model: &M, text: &str) -> Result<History<M::Op, M::Answer>, FileError> {
    let is_log = text.lines().take(1_000).any(|line| line.contains("jepsen.util - "));
    let events = if is_log { read_log(text)? } else { read_edn(text)? };
    if events.is_empty() {
        return Err(FileError { line: 0, kind: FileErrorKind::Empty });
    }
    let mut history = History::default();
    // The operation that each process waits for.
    let mut waiting = rustc_hash::FxHashMap::default();
    for (order, event) in (0..).zip(events) {
        let at = VirtualInstant::from_nanoseconds(event.at.unwrap_or(order));
        let process = Process(event.process);
        let recorded = match event.kind {
            EventKind::Invoke => history.invoke(process, at, op_of(model, &event)?),
            EventKind::Fail => history.fail(process, at),
            // The process never calls again: it stays with its call.
            EventKind::Open => continue,
            EventKind::Ok => match waiting.get(&process).map(|index: &usize| &history.operations()[*index].op) {
                None => Err(HistoryError::NotWaiting { process }),
                Some(op) => {
                    let answer = model.answer(op, &event.value);
                    let answer = answer.map_err(|expected| FileError::value(event.line, ":value", &event.value, expected))?;
                    history.ok(process, at, answer)
                }
            },
        };
        let index = recorded.map_err(|error| FileError { line: event.line, kind: FileErrorKind::History(error) })?;
        waiting.insert(process, index);
    }
    Ok(history)
}

fn op_of<M: FileModel>(model: &M, event: &FileEvent) -> Result<M::Op, FileError> {
    let Some(op) = model.op(&event.operation, event.key.as_ref(), &event.value) else {
        let kind = FileErrorKind::UnknownOperation { operation: event.operation.clone(), known: M::OPERATIONS.to_owned() };
        return Err(FileError { line: event.line, kind });
    };
    op.map_err(|expected| FileError::value(event.line, ":value", &event.value, expected))
}
