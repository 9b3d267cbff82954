//! Typed events of a run, and their sentences.
//!
//! [`EventKind::decode`] is the only place that decodes a record of the kernel. [`sentence`] holds the only table of texts about
//! events: reports, node logs, JSON lines, the determinism check and the HTML page take their sentences from it.

mod key;
mod kind;
mod message;
mod names;
mod sentence;

pub use key::Key;
pub use kind::{EventKind, TaskEnd};
pub use message::{EventMessage, Sent};
pub use names::Names;
pub use sentence::{Parts, SENTENCES, sentence_of, text_of};
pub(crate) use sentence::{fault_sentence, seconds};
