//! Sweeps: runs a scenario over many seeds, and groups the failures.
//!
//! A [`Campaign`] ([`builder`]) runs a [`target`] over [`seeds`], in [`threads`] or in worker processes ([`isolated`]). Workers
//! share [`state`]: the seeds left, and [`failures`] grouped by [`failure_key`]. A [`sample`] of the seeds runs twice. Rules that are
//! idle in all seeds fail the sweep ([`vacuity`]). The result is a [`Sweep`].

mod builder;
mod failure_key;
mod failures;
mod isolated;
mod limits;
mod progress;
mod range;
mod sample;
mod seeds;
mod state;
mod sweep;
mod target;
mod threads;
mod vacuity;

pub use builder::Campaign;
pub(crate) use builder::{campaign, sweep};
pub use progress::{Progress, RunningSeed};
pub use range::{InvalidSeedRange, SeedRange};
pub use sweep::{Failure, Sweep};
pub(crate) use target::Target;
pub(crate) use vacuity::idle_rules;
