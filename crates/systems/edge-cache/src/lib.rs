//! An edge cache: writes flow from a source through a router to edges, where clients read.
//!
//! Start at [`Config`] and [`Layout`]. [`Source`], [`Router`], [`Edge`] and [`Client`] are machines; [`client()`] is the client
//! as an async function. [`EdgeMessage`] is what they send and [`EdgeFact`] what they report. The [`Collector`] folds facts into
//! a [`MetricsSnapshot`]: how many reads were stale, how often clients read backwards, and how far. A plain edge cache promises
//! little, so these are measurements. If [sessions are guarded](Config::guards_sessions) and edges
//! [gated](ApplyMode::VersionGated), the cluster promises more; [`rules`] checks it. [`Bug`] lists the faults that can be
//! planted, to test whether a campaign finds them.
//!
//! # Both styles of the client
//!
//! Both bind the same port, label messages alike and share all decisions (`roamer.rs`), so they send, lose and deliver the same
//! messages at the same instants. They may differ if two events of a client meet at one instant: a machine handles its timers one
//! by one in random order, while a task sees all of them when it is polled. So if a read times out at the instant of a tick, the
//! async client always finds the read in progress and skips the tick; the machine does so only if it handles the tick first.
//! `tests/edge_cache` compares the styles.
//!
//! # Deliberately absent
//!
//! Links and faults. A scenario applies loss, delay, reordering, cuts and kills from outside, and no machine knows of them.
//!
//! Ids such as EDGE-11 and EDGE-D06 name rows of the requirements; the tests that prove a row carry its id in their names.

mod async_client;
mod bug;
mod client;
#[cfg(test)]
mod closed_loop;
mod collector;
mod config;
mod edge;
mod fact;
#[cfg(test)]
mod fixture;
mod gaps;
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
pub use message::{CacheOperation, EdgeMessage, Key, Version, label};
pub use roamer::{ClientView, Read};
pub use router::{Router, RouterView};
pub use snapshot::{EdgeMetrics, MetricsSnapshot, Staleness, TimeToConsistency};
pub use source::{Source, SourceView};
pub use tally::Spread;
pub use trace::{ViolationKind, ViolationTrace};
