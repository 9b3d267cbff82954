//! What must hold.
//!
//! An [`Invariant`] folds in what each step changed and looks at the read-only [`World`]; it answers with a [`Verdict`].
//!
//! Deliberately absent: the simulator. A [`World`] stands over anything that is [`Observed`], so that what was recorded in production
//! is checked by the same code.

mod invariant;
mod verdict;
mod world;

pub use cluster_sim_types::{Change, Fact, Health, Incarnation, NodeId, Traffic, VirtualInstant};
pub use invariant::Invariant;
pub use verdict::{Evidence, IntoVerdict, Verdict, Violation};
pub use world::{Observed, World};
