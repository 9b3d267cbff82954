//! What a run is summed up in: counters, latency histograms over virtual time, and readable signatures.
//!
//! Start at [`Histogram`], which answers percentiles, and at [`Signature`], the line that a snapshot gates. [`Counter`] counts
//! without overflow. [`numbers`] names every number of a measured tree by the way to it.
//!
//! Deliberately absent: a registry, labels and exporters. A value belongs to whoever measures with it, and is merged by hand.

mod counter;
mod histogram;
mod numbers;
mod signature;

pub use counter::Counter;
pub use histogram::Histogram;
pub use numbers::numbers;
pub use signature::Signature;
