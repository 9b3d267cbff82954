//! Gossip: nodes tell their peers the newest they have heard of, round after round, until all know it.
//!
//! Start at [`Config`]. [`Gossip`] is the machine and [`gossip()`] the same as an async function, over the same port, so that either speaks
//! with either. They send a [`Rumour`] a round and show the [`Newest`] they know. [`Memory`] is the rule that nobody forgets it. A
//! [`Bug`] can be planted, to see whether it is found.
//!
//! Deliberately absent: links and faults. Loss, delay, cuts and crashes are done to the nodes from outside.

mod bug;
mod config;
mod knowledge;
mod machine;
mod memory;
mod rumour;
mod task;

pub use bug::Bug;
pub use config::Config;
pub use machine::Gossip;
pub use memory::{Measured, Memory, Spread};
pub use rumour::{Newest, Rumour, label};
pub use task::gossip;
