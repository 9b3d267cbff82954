//! Driving runs from outside.
//!
//! A [`Campaign`] ([`settings`]) runs a [`subject`] from [`seeds`] in their order, in [`threads`] or in processes ([`isolated`]), which share
//! what is still to be run and what was found ([`shared`], [`findings`], [`kind`]). What it showed is a [`Sweep`]. [`watchdog`] finds runs that
//! never come back, [`twice`] compares two runs of one seed, [`calls`] finds the same call again in another process. [`entry`] is what tests
//! made by an attribute call.

mod calls;
pub mod entry;
mod findings;
mod isolated;
mod kind;
mod progress;
mod range;
mod replaying;
mod seeds;
mod settings;
mod shared;
mod shrink;
mod subject;
mod sweep;
mod threads;
mod twice;
mod watchdog;

pub use progress::Progress;
pub use range::{InvalidSeedRange, SeedRange};
pub use replaying::Replay;
pub use settings::Campaign;
pub use shrink::{ShrinkBounds, ShrinkProgress, Shrunk};
pub use sweep::{Failure, Sweep};
pub use twice::{Twice, TwiceError};
