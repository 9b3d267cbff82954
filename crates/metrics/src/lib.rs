//! What a run is summed up in: counters, latency histograms over virtual time, and readable signatures.
//!
//! Start at [`Histogram`], which answers percentiles, and at [`Signature`], the line that a snapshot gates. [`Counter`] counts
//! without overflow.
//!
//! Deliberately absent: a registry, labels and exporters. A value belongs to whoever measures with it, and is merged by hand.

mod counter;
mod histogram;
mod signature;

pub use counter::Counter;
pub use histogram::Histogram;
pub use signature::Signature;
