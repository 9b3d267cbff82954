//! Virtual time, addressed chance, the event queue and the loop.
//!
//! Always here: [`Seed`] and the rolls that hang on it. With feature `test-utils`: the simulated twin. Start at `Engine`, which owns
//! the hosts (what runs on a node) and the devices (what lies between nodes), and at `Kernel`, which both are handed at every step.
//! With feature `tokio`: the real twin. Start at `TokioLife`.
//!
//! Deliberately absent: messages, links, faults and checks. The loop knows a host and a device by one small trait each.

#[cfg(feature = "test-utils")]
mod engine;
#[cfg(feature = "test-utils")]
mod executor;
pub mod nanoseconds;
mod random;
#[cfg(feature = "tokio")]
mod real;

#[cfg(feature = "test-utils")]
pub use engine::{
    Arena, Budget, Choice, Choices, Core, Decision, Decisions, Device, DeviceId, Devices, Digest, Engine, Exhausted, Heartbeat,
    Host, Kernel, Order, Position, Rank, Record, RecordKind, Ring, Site, Step, Stepped, TimerKey, TimerSlot, Wake,
};
#[cfg(feature = "test-utils")]
pub use executor::{
    ChannelWait, Join, JoinError, Life, Sleep, Spawn, TaskId, TaskName, Waiter, Waiting, WaitingTask, enter, entered, is_entered,
    select_start, try_entered,
};
pub use random::{
    Address, Dice, Distribution, Entropy, InvalidDistribution, InvalidSeed, QuantileTable, Roll, Seed, SeedSchedule, Stream,
    finalize, fold, fold_bytes,
};
#[cfg(feature = "tokio")]
pub use real::{NoEntropy, TokioLife, TokioSleep};
