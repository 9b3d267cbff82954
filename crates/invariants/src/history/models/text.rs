//! A text that grows.

use serde::{Deserialize, Serialize};

use crate::history::model::Model;

/// A text, empty at first, that is replaced or appended to; the store of Porcupine's key-value logs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Text;

/// A request to a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextOp {
    /// Asks for the text.
    Get,
    /// Replaces the text.
    Put(String),
    /// Appends to the text.
    Append(String),
}

/// The answer of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextAnswer {
    /// The text.
    Is(String),
    /// The text was replaced or appended to.
    Done,
}

impl Model for Text {
    type Op = TextOp;
    type Answer = TextAnswer;
    type State = String;
    type Key = ();

    fn key(&self, _: &TextOp) {}

    fn initial(&self) -> String {
        String::new()
    }

    fn step(&self, state: &String, op: &TextOp, answer: Option<&TextAnswer>) -> Option<String> {
        match (op, answer) {
            (TextOp::Get, None) => Some(state.clone()),
            (TextOp::Get, Some(TextAnswer::Is(text))) => (text == state).then(|| state.clone()),
            (TextOp::Put(text), None | Some(TextAnswer::Done)) => Some(text.clone()),
            (TextOp::Append(text), None | Some(TextAnswer::Done)) => Some(format!("{state}{text}")),
            (TextOp::Get, Some(TextAnswer::Done)) | (TextOp::Put(_) | TextOp::Append(_), Some(TextAnswer::Is(_))) => None,
        }
    }

    fn describe(&self, op: &TextOp, answer: Option<&TextAnswer>) -> String {
        match (op, answer) {
            (TextOp::Get, Some(TextAnswer::Is(text))) => format!("get {text:?}"),
            (TextOp::Get, _) => "get".to_owned(),
            (TextOp::Put(text), _) => format!("put {text:?}"),
            (TextOp::Append(text), _) => format!("append {text:?}"),
        }
    }

    fn heap_bytes(&self, state: &String) -> usize {
        state.len()
    }

    fn changes_nothing(&self, op: &TextOp, _: Option<&TextAnswer>) -> bool {
        *op == TextOp::Get
    }
}
