//! The current thread of the operating system.
//!
//! Used only to recognise wakes from another thread, and to avoid a second panic during unwinding; neither reaches a decision.

use std::thread;

pub(super) use std::thread::ThreadId;

pub(super) fn current_thread() -> ThreadId {
    thread::current().id()
}

/// Whether this thread unwinds, so that another panic would abort the process.
pub(crate) fn is_unwinding() -> bool {
    thread::panicking()
}
