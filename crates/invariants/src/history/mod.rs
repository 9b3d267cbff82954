//! Histories: the calls and answers of clients, and whether a correct system could have answered so.
//!
//! | file | content |
//! |---|---|
//! | `operation.rs`, `record.rs` | [`History`]: operations of client processes with invocation and completion |
//! | `history_event.rs`, `error.rs` | an event of a history; why it cannot follow those before it |
//! | `model.rs`, `models/` | [`Model`]: the state and step of a correct object; the ready ones |
//! | `bounds.rs`, `checker.rs` | [`Bounds`] of a search; [`Checker`], which judges events as they come, or all at the end |
//! | `linearizable/` | a search by key with just-in-time order and memory (Wing, Gong, Lowe); no search where each value is written once; the fewest operations that contradict |
//! | `sequential/`, `sessions/` | sequential consistency; session guarantees |
//! | `aggregates/` | promises that are counted in linear time |
//! | `transactions/` | dependency graphs of transactions, and the smallest cycle of each anomaly (after Elle) |
//! | `file/` | JSON lines and a binary form of ours; what Jepsen and Porcupine write |
//! | `processes.rs`, `recorder.rs`, `rule.rs` | a history from the facts of a run; a checker as an invariant |
//! | `logged.rs`, `by_number.rs` | a history from the log of a run; values by small numbers |
//! | `picture.rs` | the operations around a contradiction, to be drawn |

pub mod aggregates;
mod bounds;
mod by_number;
mod checker;
mod error;
pub mod file;
mod history_event;
mod linearizable;
mod logged;
mod model;
pub mod models;
mod operation;
#[cfg(test)]
mod oracle;
mod picture;
mod processes;
mod record;
mod recorder;
mod rule;
mod sequential;
mod sessions;
pub mod transactions;

pub use crate::cycle_picture::{CycleArrow, CycleNode, CyclePicture};
pub use crate::history_picture::{HistoryBar, HistoryPicture};
pub use bounds::Bounds;
pub use checker::{Checker, Contradiction, Judgement, check};
pub use error::{HistoryError, RecordingError};
pub use history_event::HistoryEvent;
pub use linearizable::{Linearizable, Linearization, NotLinearizable, check_linearizable};
pub use model::{Access, Model};
pub use operation::{Completion, Moment, Operation, Process};
pub use record::History;
pub use recorder::HistoryRecorder;
pub use rule::HistoryRule;
pub use sequential::{NotSequential, Sequence, Sequential, check_sequential};
pub use sessions::{SessionGuarantee, SessionOp, Sessions, ValueSessions};
