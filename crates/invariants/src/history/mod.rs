//! What the clients of a system saw, and whether a correct system could have answered so.

pub mod aggregates;
mod bounds;
mod checker;
pub mod file;
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

pub use bounds::Bounds;
pub use checker::{Checker, Contradiction, HistoryEvent, Judgement, check};
pub use linearizable::{Linearizable, Linearization, NotLinearizable, check_linearizable};
pub use model::{Access, Model};
pub use operation::{Completion, Moment, Operation, Process};
pub use picture::{HistoryBar, HistoryPicture};
pub use record::{History, HistoryError};
pub use recorder::{HistoryRecorder, RecordingError};
pub use rule::HistoryRule;
pub use sequential::{NotSequential, Sequence, Sequential, check_sequential};
pub use sessions::{SessionGuarantee, SessionOp, Sessions, ValueSessions};
