//! Gossip: nodes exchange the newest value they know, round after round, until all know it.
//!
//! Start at [`Config`]. [`Gossip`] is the machine and [`gossip()`] the same as an async function. [`GossipMessage`] is what
//! nodes send once a round and [`Newest`] the view they publish. Two rules check the views: by [`NoRollback`] a node never goes
//! back to an older value within a life, and by [`PromptNews`] the news of each node is soon known to all. [`Bug`] lists the
//! faults that can be planted, to test whether a campaign finds them.
//!
//! # Both styles
//!
//! Both styles bind the same port, label messages alike and give each node the same values, so they send, lose and deliver the
//! same messages at the same instants, and each style can talk to the other. They may differ if two events of a node meet at one
//! instant: a machine handles them one by one in random order, while a task sees all of them when it is polled. So after a pause
//! in which a round came due, the machine merges all messages that waited before it starts the round, and the function only the
//! first: the message wakes its task, which then finds the round due as well. `tests/small_systems.rs` compares the styles.
//!
//! # Deliberately absent
//!
//! Links and faults. A scenario applies loss, delay, cuts and crashes to the nodes from outside.

mod bug;
mod config;
mod machine;
mod message;
mod no_rollback;
mod prompt_news;
mod state;
mod task;

pub use bug::Bug;
pub use config::Config;
pub use machine::Gossip;
pub use message::{GossipMessage, Newest, label};
pub use no_rollback::{Measured, NoRollback, Spread};
pub use prompt_news::PromptNews;
pub use task::gossip;
