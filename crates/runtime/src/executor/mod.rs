//! The executor: runs the async code of all nodes of one simulation, in one thread, on virtual time.
//!
//! A task is a place in a slab ([`TaskId`]). While one is polled the simulation's [`Core`](crate::Core) is *entered*: the handles that
//! node code holds are integers and find it there ([`entered`]). Wakers are integers too; a wake from anywhere but the poll of its own
//! run goes to the run's inbox and is carried out before its next step.

mod belongings;
mod ending;
mod entered;
mod inbox;
mod join;
mod names;
mod polling;
mod ready;
mod sleep;
mod spawning;
mod task;
mod thread;
mod waiter;
mod waker;

pub(crate) use ending::{drop_belongings, drop_tasks};
pub use entered::{Life, enter, entered, is_entered, try_entered};
pub use join::{Aborted, Join};
pub use names::{TaskName, WaitingTask};
pub use sleep::Sleep;
pub use spawning::{Spawn, select_start};
pub(crate) use task::Tasks;
pub use task::{ChannelWait, TaskId, Waiting};
pub(crate) use thread::is_unwinding;
pub use waiter::Waiter;
