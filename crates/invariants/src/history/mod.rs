//! Histories: the calls and answers of clients, and whether a correct system could have answered so.

pub mod aggregates;
mod bounds;
mod checker;
mod error;
pub mod file;
mod history_event;
mod linearizable;
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
