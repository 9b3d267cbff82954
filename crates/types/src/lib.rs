//! Defines the types that all crates of cluster-sim share: ids, instants, ratios, changes, traffic.
//!
//! Start at [`NodeId`] and [`VirtualInstant`]. This crate holds no behaviour: it draws no random number, keeps no queue, reads no
//! clock, and depends on no other crate of the workspace.
//!
//! Code on a node never sees a [`VirtualInstant`]; it reads its [`LocalInstant`] (time since its own boot) and its [`WallTime`].

mod call;
mod call_log;
mod call_table;
mod change;
mod clock;
mod clock_line;
mod disk;
mod identity;
mod loss;
mod object;
mod operation;
mod ratio;
mod signed_duration;
mod time;
mod traffic;
mod views;

pub use call::CallFact;
pub use call_log::{CallLogs, CallReader};
pub use call_table::LoggedCalls;
pub use change::{Change, CoveragePoint, Fact, Health};
pub use clock::{ClockReading, NodeClock};
pub use clock_line::{ClockLine, TRUE_RATE};
pub use disk::{DiskLayer, DiskState, FileChange, SeenFiles};
pub use identity::{Incarnation, NodeId, Rack, Region, Shard, Zone};
pub use loss::{LossCause, LossKind};
pub use object::ObjectState;
pub use operation::{Completion, Moment, Operation, Process};
pub use ratio::{InvalidRatio, Ratio};
pub use signed_duration::SignedDuration;
pub use time::{LocalInstant, VirtualInstant, WallTime};
pub use traffic::{SessionTraffic, Traffic, Volume};
pub use views::{VIEWS_PER_ROW, ViewGroup, ViewTable};
