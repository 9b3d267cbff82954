//! Addressed chance: every random choice is a pure function of a seed, a stream and an address.
//!
//! An address names *what is decided about*, not how many choices came before it, so that a change in one place of a run
//! shifts no choice in another.

mod address;
mod distribution;
mod mixing;
mod quantile;
mod sampling;
mod seed;

pub use address::{Address, Dice, Entropy, Roll, Stream};
pub use distribution::{Distribution, InvalidDistribution};
pub use mixing::{finalize, fold, fold_bytes};
pub use sampling::QuantileTable;
pub use seed::{InvalidSeed, Seed, SeedSchedule};
