//! Driving runs from outside.
//!
//! A [`Campaign`] ([`settings`]) runs a [`subject`] from [`seeds`] in their order, in [`threads`] or in processes ([`isolated`]), which share
//! what is still to be run and what was found ([`shared`], [`findings`], [`kind`]). What it showed is a [`Sweep`]. [`watchdog`] finds runs that
//! never come back, [`twice`] compares two runs of one seed, [`calls`] finds the same call again in another process. [`entry`] is what tests
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

pub use artifacts::{Artifacts, Origin};
pub use builder::Campaign;
pub use coverage::{Coverage, FaultCoverage};
pub use determinism::{Twice, TwiceError};
pub use progress::Progress;
pub use range::{InvalidSeedRange, SeedRange};
pub use rerun::Replay;
pub use shrink::{ShrinkBounds, ShrinkProgress, Shrunk};
pub use sweep::{Failure, Sweep};
