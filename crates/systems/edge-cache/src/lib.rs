//! An edge cache: versioned writes flow from a source through a router to edges, where roaming clients read them.
//!
//! Start at [`Config`] and [`Layout`]: what it is made of, and who is who. Four machines make up the system: [`Source`],
//! [`Router`], [`Edge`] and [`Client`]; [`client()`] is the last one as an async function. They speak [`EdgeMessage`] and state an [`EdgeFact`] where something happens that is
//! worth measuring. The [`Collector`] folds those facts into a [`MetricsSnapshot`]: how stale, how often backwards, how far.
//! Where sessions are guarded and edges gated, the cluster promises more: [`rules`]. A [`Bug`] can be planted, to see whether it is found.
//!
//! Deliberately absent: links and faults. Loss, delay, reordering, cuts and kills are done to the nodes from outside, and no
//! machine knows of them.

mod async_client;
mod bug;
mod client;
#[cfg(test)]
mod closed_loop;
mod collector;
mod config;
mod edge;
mod fact;
mod inversion;
mod key_table;
mod message;
mod pace;
mod roamer;
mod router;
pub mod rules;
mod snapshot;
mod source;
mod tally;
#[cfg(test)]
mod testing;
mod trace;

pub use async_client::client;
pub use bug::Bug;
pub use client::Client;
pub use collector::Collector;
pub use config::{ApplyMode, Config, KeyDistribution, LagPolicy, Layout, RateChange};
pub use edge::{Edge, EdgeView};
pub use fact::EdgeFact;
pub use inversion::{InversionDistance, TemporalBuckets, VersionBuckets};
pub use key_table::KeyTable;
pub use message::{EdgeMessage, Key, Operation, Version, label};
pub use roamer::{ClientView, Read};
pub use router::{Router, RouterView};
pub use snapshot::{EdgeMetrics, MetricsSnapshot, Staleness, TimeToConsistency};
pub use source::{Source, SourceView};
pub use tally::Spread;
pub use trace::{ViolationKind, ViolationTrace};
