//! Virtual time, addressed chance, the event queue and the loop.
//!
//! Always here: [`Seed`] and the rolls that hang on it. With feature `test-utils`: the simulated twin. Start at `Engine`, which owns
//! the hosts (what runs on a node) and the devices (what lies between nodes), and at `Kernel`, which both are handed at every step.
//!
//! Deliberately absent: messages, links, faults and checks. The loop knows a host and a device by one small trait each.

mod chance;

pub use chance::{Address, Entropy, InvalidSeed, Roll, Seed, SeedSchedule, Stream, finalize, fold, fold_bytes};
