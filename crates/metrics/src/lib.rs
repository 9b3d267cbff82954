//! Counters, latency histograms over virtual time, and readable run signatures.
//!
//! Start at [`Histogram`], which answers percentiles, and at [`Signature`], the line that a snapshot test compares. [`Counter`]
//! counts without overflow. [`numbers`] lists every number of a JSON tree by its dotted path.
//!
//! There is no registry, no labels and no exporter: the code that measures owns its values and merges them itself.

mod counter;
mod histogram;
mod numbers;
mod signature;

pub use counter::Counter;
pub use histogram::Histogram;
pub use numbers::numbers;
pub use signature::Signature;
