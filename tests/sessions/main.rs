//! Sessions between machines and between async nodes, on whole runs: what they promise, and what they do when it cannot be kept.
//!
//! [`opening`]: a session is there when it is needed, also for two that open it at once. [`closing`]: what is finished is delivered first.
//! [`links`]: sessions and datagrams share their links. [`loss`] and [`cuts`]: both cost time, and past patience the session. [`lives`]: half-open sessions. [`windows`]: what is handed back,
//! and when to go on. [`types`]: who understands whom. [`chaos`]: all of it at once, at random. [`runs`]: same seed, same run. [`nodes`]: the
//! same for async nodes, and for the two together.

mod chaos;
mod closing;
mod cuts;
mod links;
mod lives;
mod loss;
mod nodes;
mod opening;
mod runs;
mod streamer;
mod types;
mod windows;
