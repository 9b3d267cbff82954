//! What happened in a run, as typed events. Records are decoded here and nowhere else, and every text about an event comes from one
//! table of sentences.
//!
//! [`decode`](kind) turns a record of the kernel into an [`EventKind`] with names; [`sentence`] has the table from which reports, node
//! logs, JSON lines, the determinism check and the HTML page take their words.

mod key;
mod kind;
mod message;
mod sentence;

pub use key::Key;
pub use kind::{EventKind, TaskEnd};
pub use message::{EventMessage, Sent};
pub(crate) use sentence::{Parts, SENTENCES, sentence_of, text_of};
