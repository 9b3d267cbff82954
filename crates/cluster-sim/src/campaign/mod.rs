//! Driving runs from outside.
//!
//! A [`Campaign`] ([`builder`]) runs a [`target`] from [`seeds`] in their order, in [`threads`] or in processes ([`isolated`]), which share
//! what is still to be run and what was found ([`state`], [`failures`], [`failure_key`]). What it showed is a [`Sweep`]. [`watchdog`] finds runs that
//! never come back, [`determinism`] compares two runs of one seed, [`reexec`] finds the same call again in another process. [`test_macro`] is what tests
//! made by an attribute call.

mod artifacts;
mod build_info;
mod builder;
mod coverage;
mod determinism;
mod failure_key;
mod failures;
mod isolated;
mod progress;
mod range;
mod reexec;
mod rerun;
mod seeds;
mod shrink;
mod state;
mod sweep;
mod target;
pub mod test_macro;
mod threads;
mod watchdog;

pub use artifacts::{ArtifactContext, Artifacts};
pub use builder::Campaign;
pub use coverage::{Coverage, FaultCoverage};
pub use determinism::{DeterminismCheck, DeterminismError};
pub use progress::Progress;
pub use range::{InvalidSeedRange, SeedRange};
pub use rerun::Replay;
pub use shrink::{Minimized, ShrinkBounds, ShrinkProgress};
pub use sweep::{Failure, Sweep};
