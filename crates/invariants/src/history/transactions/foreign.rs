//! The names that Jepsen has for the steps of transactions: `[[:append 3 1] [:r 4 nil]]` and `[[:w 3 1] [:r 4 nil]]`.

use super::{AppendAnswer, AppendOp, ListAppend, ReadWrite, WriteAnswer, WriteOp};
use crate::history::file::{Datum, FileVocabulary};

/// A step: its name, its key, its value.
type FileStep<'d> = (&'d str, &'d Datum, &'d Datum);

fn steps<'d>(value: &'d Datum, example: &str) -> Result<Vec<FileStep<'d>>, String> {
    let expected = || format!("steps such as {example}");
    let Datum::List(steps) = value else { return Err(expected()) };
    let step = |step: &'d Datum| match step {
        Datum::List(parts) => match &parts[..] {
            [Datum::Text(name), key, value] => Ok((name.as_str(), key, value)),
            _ => Err(expected()),
        },
        _ => Err(expected()),
    };
    steps.iter().map(step).collect()
}

/// Translates what each step heard.
fn answers<S, A>(
    op: &[S],
    value: &Datum,
    example: &str,
    answer: impl Fn(&S, &Datum) -> Result<A, String>,
) -> Result<Vec<A>, String> {
    let heard = steps(value, example)?;
    if heard.len() != op.len() {
        return Err(format!("{} steps, as the call has", op.len()));
    }
    op.iter().zip(heard).map(|(step, (_, _, value))| answer(step, value)).collect()
}

const APPENDS: &str = "[[:append 3 1] [:r 4 nil]]";

impl FileVocabulary for ListAppend {
    type Op = Vec<AppendOp<Datum, Datum>>;
    type Answer = Vec<AppendAnswer<Datum>>;

    const OPERATIONS: &'static str = "txn";

    fn op(&self, name: &str, _: Option<&Datum>, value: &Datum) -> Option<Result<Self::Op, String>> {
        let step = |(name, key, value): FileStep<'_>| match name {
            "append" => Ok(AppendOp::Append(key.clone(), value.clone())),
            "r" => Ok(AppendOp::Read(key.clone())),
            other => Err(format!("steps of :append and :r, not of :{other}")),
        };
        (name == "txn").then(|| steps(value, APPENDS)?.into_iter().map(step).collect())
    }

    fn answer(&self, op: &Self::Op, _: Option<&Datum>, value: &Datum) -> Result<Self::Answer, String> {
        answers(op, value, APPENDS, |step, value| match (step, value) {
            (AppendOp::Append(..), _) => Ok(AppendAnswer::Appended),
            (AppendOp::Read(_), Datum::Nil) => Ok(AppendAnswer::List(Vec::new())),
            (AppendOp::Read(_), Datum::List(values)) => Ok(AppendAnswer::List(values.to_vec())),
            (AppendOp::Read(_), _) => Err("reads of a list".to_owned()),
        })
    }
}

const WRITES: &str = "[[:w 3 1] [:r 4 nil]]";

impl FileVocabulary for ReadWrite {
    type Op = Vec<WriteOp<Datum, Datum>>;
    type Answer = Vec<WriteAnswer<Datum>>;

    const OPERATIONS: &'static str = "txn";

    fn op(&self, name: &str, _: Option<&Datum>, value: &Datum) -> Option<Result<Self::Op, String>> {
        let step = |(name, key, value): FileStep<'_>| match name {
            "w" => Ok(WriteOp::Write(key.clone(), value.clone())),
            "r" => Ok(WriteOp::Read(key.clone())),
            other => Err(format!("steps of :w and :r, not of :{other}")),
        };
        (name == "txn").then(|| steps(value, WRITES)?.into_iter().map(step).collect())
    }

    fn answer(&self, op: &Self::Op, _: Option<&Datum>, value: &Datum) -> Result<Self::Answer, String> {
        answers(op, value, WRITES, |step, value| match step {
            WriteOp::Write(..) => Ok(WriteAnswer::Written),
            WriteOp::Read(_) => Ok(WriteAnswer::Value((*value != Datum::Nil).then(|| value.clone()))),
        })
    }
}
