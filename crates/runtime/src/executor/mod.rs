//! The executor: runs the async code of all nodes of one simulation, in one thread, on virtual time.
//!
//! A task is a place in a slab ([`TaskId`]). While one is polled the simulation's [`Core`](crate::Core) is *entered*: the handles that
//! node code holds are integers and find it there ([`entered`]). Wakers are integers too; a wake from anywhere but the poll of its own
//! run goes to the run's inbox and is carried out before its next step.

mod context;
mod inbox;
mod join;
mod node_state;
mod poll;
mod run_queue;
mod sleep;
mod spawn;
mod task;
mod task_path;
mod teardown;
mod thread;
mod waiter;
mod waker;

pub use context::{Life, enter, entered, is_entered, try_entered};
pub use join::{Join, JoinError};
pub use sleep::Sleep;
pub use spawn::{Spawn, select_start};
pub(crate) use task::Tasks;
pub use task::{ChannelWait, TaskId, Waiting};
pub use task_path::{TaskName, WaitingTask};
pub(crate) use teardown::{drop_node_state, drop_tasks};
pub(crate) use thread::is_unwinding;
pub use waiter::Waiter;
