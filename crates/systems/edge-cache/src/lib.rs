//! An edge cache: versioned writes flow from a source through a router to edges, where roaming clients read them.

mod config;

pub use config::{ApplyMode, Config, KeyDistribution, LagPolicy, Layout, RateChange};
