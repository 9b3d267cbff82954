//! The words that every crate of cluster-sim shares.
//!
//! Start at [`NodeId`] and [`VirtualInstant`]. Deliberately absent: behaviour. Nothing here rolls dice, keeps a queue or
//! touches a clock; this crate has no dependency of ours.

mod change;
mod clock;
mod identity;
mod loss;
mod ratio;
mod time;
mod traffic;

pub use change::{Change, CoveragePoint, Fact, Health};
pub use clock::NodeClock;
pub use identity::{Incarnation, NodeId, Region, Shard};
pub use loss::{LossCause, LossKind};
pub use ratio::{InvalidRatio, Ratio};
pub use time::{LocalInstant, VirtualInstant, WallTime};
pub use traffic::{SessionTraffic, Traffic, Volume};
