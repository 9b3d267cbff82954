//! Runs scenarios over many seeds, checks determinism, minimizes and replays failures.
//!
//! A [`Campaign`] ([`builder`]) runs a [`target`] over [`seeds`], in [`threads`] or in worker processes ([`isolated`]). Workers
//! share [`state`]: the seeds left, and [`failures`] grouped by [`failure_key`]. The result is a [`Sweep`]. [`watchdog`] finds
//! steps that never return. [`determinism`] compares two runs of a seed, [`shrink`] minimizes a failing one, [`artifacts`] writes
//! its files, [`rerun`] replays them. [`child`] starts the processes of both, and speaks with them. [`test_macro`] is called by
//! tests made with `#[cluster_sim::test]`.
//!
//! Only this module uses threads, processes, real time and files. Runs never see any of them.

mod artifacts;
mod build_info;
mod builder;
mod child;
mod coverage;
mod determinism;
mod failure_key;
mod failures;
mod isolated;
mod progress;
mod range;
mod rerun;
mod seeds;
mod shrink;
mod state;
mod sweep;
mod target;
pub mod test_macro;
mod threads;
mod watchdog;

pub(crate) use artifacts::keep_artifacts;
pub use artifacts::{ArtifactContext, Artifacts};
pub use builder::Campaign;
pub(crate) use builder::{campaign, sweep};
pub use child::{ChildError, ChildExit};
pub use coverage::{Coverage, FaultCoverage};
pub use determinism::{DeterminismCheck, DeterminismError};
pub(crate) use determinism::{check_determinism, check_determinism_in_process};
pub use progress::Progress;
pub use range::{InvalidSeedRange, SeedRange};
pub use rerun::Replay;
pub(crate) use rerun::{check_regression, replay, replay_original};
pub use shrink::{ShrinkBounds, ShrinkProgress};
pub(crate) use shrink::{shrink, shrink_within};
pub use sweep::{Failure, Sweep};
