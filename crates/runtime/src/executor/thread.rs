//! The thread of the machine that we are in: asked for only to tell a wake from another one, and to keep quiet while it unwinds.

use std::thread;

pub(super) use std::thread::ThreadId;

/// This thread.
pub(super) fn here() -> ThreadId {
    thread::current().id()
}

/// Whether a panic goes through this thread, so that another one would end the process.
pub(crate) fn is_unwinding() -> bool {
    thread::panicking()
}
