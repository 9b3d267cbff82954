//! Sessions between machines, on whole runs: what they promise, and what they do when it cannot be kept.
//!
//! [`opening`]: a session is there when it is needed, also for two that open it at once. [`closing`]: what is finished is delivered first.

mod closing;
mod opening;
mod streamer;
