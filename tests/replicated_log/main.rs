//! The replicated log: correct under every fault that it claims to survive, in both forms, and each rule finds what it is about.

mod durable_bytes;
mod length;
mod median;
mod memory;
mod sound;
mod traps;
