//! Sessions between machines, on whole runs: what they promise, and what they do when it cannot be kept.
//!
//! [`opening`]: a session is there when it is needed, also for two that open it at once. [`closing`]: what is finished is delivered first.
//! [`loss`] and [`cuts`]: both cost time, and past patience the session. [`lives`]: half-open sessions. [`windows`]: what is handed back,
//! and when to go on. [`types`]: who understands whom.

mod closing;
mod cuts;
mod lives;
mod loss;
mod opening;
mod streamer;
mod types;
mod windows;
