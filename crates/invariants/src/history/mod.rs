//! What the clients of a system saw, and whether a correct system could have answered so.

mod bounds;
mod checker;
pub mod file;
mod linearizable;
mod model;
pub mod models;
mod operation;
mod picture;
mod processes;
mod record;
mod recorder;
mod rule;

pub use bounds::Bounds;
pub use checker::{Checker, Finding, HistoryEvent, Judgement, check};
pub use linearizable::{Linearizable, Linearization, NotLinearizable, check_linearizable};
pub use model::Model;
pub use operation::{Moment, Operation, Outcome, Process};
pub use picture::{HistoryBar, HistoryPicture};
pub use record::{History, HistoryError};
pub use recorder::{Recorder, RecordingError};
pub use rule::HistoryRule;
