//! Virtual time, addressed randomness, the event queue, the engine and the executor.
//!
//! | module | feature | contents |
//! |---|---|---|
//! | `random` | | [`Seed`], streams, addresses and rolls; [`Distribution`]s and their tables |
//! | [`nanoseconds`] | | serializes durations as whole nanoseconds |
//! | `engine` | `test-utils` | the simulated twin: clock, event queue, hosts, devices, records and the run loop |
//! | `executor` | `test-utils` | runs the async code of simulated nodes |
//! | `real` | `tokio` | the real twin: clock, tasks and entropy of a node on tokio |
//!
//! The parts of the engine are for our own crates, so the documentation hides them; see the source.
//!
//! Start at `Engine`, which owns the hosts (the code on the nodes) and the devices (what connects nodes, such as the network),
//! and at `Kernel`, which every step passes to both. For the real twin, start at `TokioLife`.
//!
//! Invariants:
//!
//! - The engine knows no message, link, fault or check. It sees a host and a device through one small trait each.
//! - No float takes part in a decision during a run: `sampling.rs` denies float arithmetic, and probabilities are compared as
//!   integers.
//! - A simulation is a value. The only shared state is that of the executor: the simulation entered by the current thread, and
//!   the table of inboxes for wakes from outside. `tests/tidy` has the list.
//! - One expression is unsafe code: `executor/waker.rs` makes a waker of an integer.

#[cfg(feature = "test-utils")]
mod engine;
#[cfg(feature = "test-utils")]
mod executor;
pub mod nanoseconds;
mod random;
#[cfg(feature = "tokio")]
mod real;

#[cfg(feature = "test-utils")]
#[doc(hidden)]
pub use engine::{
    AimId, Arena, ArmedTimers, BusyTask, CancelId, Choices, ClockError, Core, CrashMoment, Decisions, Device, DeviceId, DeviceKey,
    Devices, Engine, Failpoints, Heartbeat, HostWake, Hosts, IoCrashId, Kernel, LifeEnd, Limits, Lone, NewLife, Order, Pace,
    PointCrash, Position, Rank, Ring, SharedId, Site, Skew, SkewId, SlowId, Step, Stepped, StopEnd, TimerKey, TimerSlot, Wake,
};
#[cfg(feature = "test-utils")]
pub use engine::{Budget, Choice, Decision, Digest, Exhausted, Record, RecordKind};
#[cfg(feature = "test-utils")]
pub use executor::{
    BoxedFuture, ChannelWait, Join, JoinError, Life, LiveTasks, LogKeeper, LogLine, LogPosition, MachineLogs, OutsideWait, Sleep,
    Spawn, StopSignal, TaskId, TaskName, Waiter, Waiting, WaitingTask, WrapTask, enter, entered, in_fresh_thread, is_entered,
    keep_log_line, note_panic_places, select_start, take_panic_place, try_entered, without_panic_output,
};
pub use random::{
    Address, Distribution, Entropy, EntropyRng, InvalidDistribution, InvalidSeed, QuantileTable, Roll, Seed, SeedSchedule,
    SeededStream, Stream, finalize, fold, fold_bytes,
};
#[cfg(feature = "tokio")]
pub use real::{NoEntropy, TokioLife, TokioSleep};
