//! The executor: runs the async code of all nodes of one simulation, in one thread, on virtual time.
//!
//! - A **task** is a slot in a slab with a generation ([`TaskId`]). Each async node has a main task; the main task and its
//!   descendants make up the node's life. The task's **path** (node name, life, then name and number among equally named
//!   siblings, for each task from the main task down) addresses every choice about it, so a named child keeps its choices when
//!   other tasks are added or removed.
//! - **Entering:** during a poll the simulation's [`Core`](crate::Core) is swapped into a thread-local, where the handles of node
//!   code find it; they hold only integers. Simulations nest. A handle used outside panics and names `Sim::with_node`; a handle
//!   of an ended life is inert, so destructors at a crash can call anything.
//! - **Wakers** are integers too: run slot, task, generation. A wake during a poll of its own run makes the task ready at once. A
//!   wake from anywhere else (a test between two steps, another simulation, another thread) goes to the run's inbox and takes
//!   effect before the next step, at the present instant. A wake of a living task from another thread makes the run
//!   `Nondeterministic`.
//! - **Order:** one step is one poll. A task woken by an event is polled in the step of that event; among several ready tasks the
//!   lowest roll about (path, poll) goes first, and a lone one needs no roll. A third task never changes the order of two.
//! - **Sleeps** are timers in local time, exact to the nanosecond. A sleep dropped before its deadline parks its timer with its
//!   task for the next sleep: moving it earlier costs one push into the queue, later none.
//! - **`select!`** starts with a branch decided by a roll about the task and its draw, once for each `select!` rather than for
//!   each poll, so that an additional poll moves no other choice. Outside a simulation, [`select_start`] leaves the branch to the
//!   caller.
//! - **Waits:** a task names what it waits for in its last poll: sleeps, joins, devices, named channels. A report of a stall
//!   lists them, and the waits that devices list: a receive at a port registers its task without the simulation.
//!
//! **End of a life.** At a crash, a kill or the end of the run the life ends first, which makes handles inert; then tasks are
//! dropped, the main task first, then by depth and path; then unclaimed results, the view, and the exposed value. The return of
//! the main task ends the life in the same way, except that the node stays up with its last view. Each drop is guarded: a panic
//! is a finding that names node and task, and all others are still dropped.
//!
//! Everything runs under `tokio::task::unconstrained`: tokio's channels would otherwise consume the budget of a surrounding
//! `#[tokio::test]` and stay pending.
//!
//! Not supported: a runtime (`tokio::spawn`, `tokio::time` and `tokio::net` find none in a node, also under `#[tokio::test]`; the
//! simulation reports the call with its place, which a panic hook notes), blocking, task locals, priorities, and catching a task's panic in its handle: a
//! panic ends the run as a finding.
//!
//! The suite `tests/executor/` holds these promises; `torture.rs` runs a million operations against a model. Slots and
//! generations influence no behaviour: equal seeds give equal digests in a fresh thread too.

mod context;
mod inbox;
mod join;
mod log;
mod node_state;
mod outside_waits;
mod panic_place;
mod poll;
mod run_queue;
mod sleep;
mod spawn;
mod stop_signal;
mod task;
mod task_path;
mod teardown;
mod thread;
mod waiter;
mod waker;

pub use context::{Life, enter, entered, is_entered, try_entered};
pub use join::{Join, JoinError};
pub use log::{LogKeeper, LogLine, LogPosition, MachineLogs, keep_log_line};
pub use outside_waits::OutsideWait;
pub use panic_place::{note_panic_places, take_panic_place, without_panic_output};
pub use sleep::Sleep;
pub use spawn::{Spawn, select_start};
pub use stop_signal::StopSignal;
pub(crate) use task::Tasks;
pub use task::{BoxedFuture, ChannelWait, TaskId, Waiting, WrapTask};
pub use task_path::{LiveTasks, TaskName, WaitingTask};
pub(crate) use teardown::{drop_node_state, drop_tasks};
pub use thread::in_fresh_thread;
pub(crate) use thread::is_unwinding;
pub use waiter::Waiter;
