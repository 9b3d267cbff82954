//! The names that Jepsen and Porcupine have for the operations of the ready models.

use super::bank::{Bank, BankAnswer, BankOp};
use super::counter::{Counter, CounterAnswer, CounterOp};
use super::keyed::Keyed;
use super::queue::{Queue, QueueAnswer, QueueOp};
use super::register::{Register, RegisterAnswer, RegisterOp};
use super::set::{Set, SetAnswer, SetOp};
use super::text::{Text, TextAnswer, TextOp};
use crate::history::file::{Datum, FileVocabulary};

/// A value that an object may hold; `None` for nothing.
fn held(value: &Datum) -> Option<Datum> {
    (*value != Datum::Nil).then(|| value.clone())
}

fn number(value: &Datum) -> Result<i64, String> {
    match value {
        Datum::Int(number) => Ok(*number),
        _ => Err("a whole number".to_owned()),
    }
}

fn text(value: &Datum) -> Result<String, String> {
    match value {
        Datum::Text(text) => Ok(text.clone()),
        _ => Err("a text".to_owned()),
    }
}

impl FileVocabulary for Register<Datum> {
    type Op = RegisterOp<Datum>;
    type Answer = RegisterAnswer<Datum>;

    const OPERATIONS: &'static str = "read, write and cas";

    fn op(&self, name: &str, _: Option<&Datum>, value: &Datum) -> Option<Result<Self::Op, String>> {
        match name {
            "read" => Some(Ok(RegisterOp::Read)),
            "write" if *value == Datum::Nil => Some(Err("a value: nil is what a read of none shows".to_owned())),
            "write" => Some(Ok(RegisterOp::Write(value.clone()))),
            "cas" => Some(match value {
                Datum::List(pair) if pair.len() == 2 && !pair.contains(&Datum::Nil) => {
                    Ok(RegisterOp::CompareAndSet(pair[0].clone(), pair[1].clone()))
                }
                _ => Err("[old new]".to_owned()),
            }),
            _ => None,
        }
    }

    fn answer(&self, op: &Self::Op, _: Option<&Datum>, value: &Datum) -> Result<Self::Answer, String> {
        Ok(match op {
            RegisterOp::Read => RegisterAnswer::Value(held(value)),
            RegisterOp::Write(_) | RegisterOp::CompareAndSet(..) => RegisterAnswer::Written,
        })
    }
}

impl FileVocabulary for Text {
    type Op = TextOp;
    type Answer = TextAnswer;

    const OPERATIONS: &'static str = "get, put and append";

    fn op(&self, name: &str, _: Option<&Datum>, value: &Datum) -> Option<Result<TextOp, String>> {
        match name {
            "get" => Some(Ok(TextOp::Get)),
            "put" => Some(text(value).map(TextOp::Put)),
            "append" => Some(text(value).map(TextOp::Append)),
            _ => None,
        }
    }

    fn answer(&self, op: &TextOp, _: Option<&Datum>, value: &Datum) -> Result<TextAnswer, String> {
        match op {
            TextOp::Get => text(value).map(TextAnswer::Is),
            TextOp::Put(_) | TextOp::Append(_) => Ok(TextAnswer::Done),
        }
    }
}

impl FileVocabulary for Set<Datum> {
    type Op = SetOp<Datum>;
    type Answer = SetAnswer<Datum>;

    const OPERATIONS: &'static str = "add, remove, contains and read";

    fn op(&self, name: &str, _: Option<&Datum>, value: &Datum) -> Option<Result<Self::Op, String>> {
        match name {
            "add" => Some(Ok(SetOp::Add(value.clone()))),
            "remove" => Some(Ok(SetOp::Remove(value.clone()))),
            "contains" => Some(Ok(SetOp::Contains(value.clone()))),
            "read" => Some(Ok(SetOp::Read)),
            _ => None,
        }
    }

    fn answer(&self, op: &Self::Op, _: Option<&Datum>, value: &Datum) -> Result<Self::Answer, String> {
        match (op, value) {
            (SetOp::Add(_) | SetOp::Remove(_), _) => Ok(SetAnswer::Done),
            (SetOp::Contains(_), Datum::Bool(is_there)) => Ok(SetAnswer::Contains(*is_there)),
            (SetOp::Contains(_), _) => Err("true or false".to_owned()),
            (SetOp::Read, Datum::List(elements)) => Ok(SetAnswer::Elements(elements.to_vec())),
            (SetOp::Read, _) => Err("the elements, as #{1 2} or [1 2]".to_owned()),
        }
    }
}

impl FileVocabulary for Queue<Datum> {
    type Op = QueueOp<Datum>;
    type Answer = QueueAnswer<Datum>;

    const OPERATIONS: &'static str = "enqueue and dequeue";

    fn op(&self, name: &str, _: Option<&Datum>, value: &Datum) -> Option<Result<Self::Op, String>> {
        match name {
            "enqueue" => Some(Ok(QueueOp::Enqueue(value.clone()))),
            "dequeue" => Some(Ok(QueueOp::Dequeue)),
            _ => None,
        }
    }

    fn answer(&self, op: &Self::Op, _: Option<&Datum>, value: &Datum) -> Result<Self::Answer, String> {
        Ok(match op {
            QueueOp::Enqueue(_) => QueueAnswer::Done,
            QueueOp::Dequeue => QueueAnswer::Value(held(value)),
        })
    }
}

impl FileVocabulary for Counter {
    type Op = CounterOp;
    type Answer = CounterAnswer;

    const OPERATIONS: &'static str = "add and read";

    fn op(&self, name: &str, _: Option<&Datum>, value: &Datum) -> Option<Result<CounterOp, String>> {
        match name {
            "add" => Some(number(value).map(CounterOp::Add)),
            "read" => Some(Ok(CounterOp::Read)),
            _ => None,
        }
    }

    fn answer(&self, op: &CounterOp, _: Option<&Datum>, value: &Datum) -> Result<CounterAnswer, String> {
        match op {
            CounterOp::Add(_) => Ok(CounterAnswer::Done),
            CounterOp::Read | CounterOp::AddAndRead(_) => number(value).map(CounterAnswer::Value),
        }
    }
}

/// The entries of a map, which a file has as pairs.
fn pairs(value: &Datum) -> Option<Vec<(&Datum, &Datum)>> {
    let Datum::List(entries) = value else { return None };
    entries.iter().map(pair).collect()
}

fn pair(entry: &Datum) -> Option<(&Datum, &Datum)> {
    match entry {
        Datum::List(pair) if pair.len() == 2 => Some((&pair[0], &pair[1])),
        _ => None,
    }
}

fn transfer(value: &Datum) -> Option<BankOp<Datum>> {
    let entries = pairs(value)?;
    let entry = |name: &str| entries.iter().find(|(key, _)| **key == Datum::Text(name.to_owned())).map(|entry| entry.1);
    let amount = u64::try_from(number(entry("amount")?).ok()?).ok()?;
    let is_known = |(key, _): &(&Datum, &Datum)| matches!(key, Datum::Text(name) if ["from", "to", "amount"].contains(&&**name));
    let op = BankOp::Transfer { from: entry("from")?.clone(), to: entry("to")?.clone(), amount };
    entries.iter().all(is_known).then_some(op)
}

impl FileVocabulary for Bank<Datum> {
    type Op = BankOp<Datum>;
    type Answer = BankAnswer<Datum>;

    const OPERATIONS: &'static str = "transfer and read";

    fn op(&self, name: &str, _: Option<&Datum>, value: &Datum) -> Option<Result<Self::Op, String>> {
        match name {
            "transfer" => Some(transfer(value).ok_or_else(|| "{:from 0, :to 1, :amount 5}".to_owned())),
            "read" => Some(Ok(BankOp::Read)),
            _ => None,
        }
    }

    fn answer(&self, op: &Self::Op, _: Option<&Datum>, value: &Datum) -> Result<Self::Answer, String> {
        if matches!(op, BankOp::Transfer { .. }) {
            return Ok(BankAnswer::Done);
        }
        let balance = |(account, balance): (&Datum, &Datum)| Some((account.clone(), number(balance).ok()?));
        let balances = pairs(value).and_then(|entries| entries.into_iter().map(balance).collect());
        balances.map(BankAnswer::Balances).ok_or_else(|| "the balances, as {0 10, 1 20}".to_owned())
    }
}

/// Events name the key apart, or before the value: `[key value]`.
impl<M: FileVocabulary> FileVocabulary for Keyed<Datum, M> {
    type Op = (Datum, M::Op);
    type Answer = M::Answer;

    const OPERATIONS: &'static str = M::OPERATIONS;

    fn op(&self, name: &str, key: Option<&Datum>, value: &Datum) -> Option<Result<Self::Op, String>> {
        let (key, value) = match (key, value) {
            (Some(key), value) => (key, value),
            (None, Datum::List(pair)) if pair.len() == 2 => (&pair[0], &pair[1]),
            (None, _) => return Some(Err("[key value], or a :key beside it".to_owned())),
        };
        Some(self.model().op(name, Some(key), value)?.map(|op| (key.clone(), op)))
    }

    fn answer(&self, (of, op): &Self::Op, key: Option<&Datum>, value: &Datum) -> Result<Self::Answer, String> {
        match (key, value) {
            (None, Datum::List(pair)) if pair.len() == 2 && pair[0] == *of => self.model().answer(op, Some(of), &pair[1]),
            (None, _) => Err(format!("[{of} value], as the call has it")),
            (Some(_), value) => self.model().answer(op, key, value),
        }
    }
}
