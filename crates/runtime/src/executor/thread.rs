//! The current thread of the operating system.
//!
//! Used only to recognise wakes from another thread, to avoid a second panic during unwinding, and to move a whole run to a thread
//! of its own; none of it reaches a decision.

use std::panic::resume_unwind;
use std::thread;

pub(super) use std::thread::ThreadId;

pub(super) fn current_thread() -> ThreadId {
    thread::current().id()
}

/// Whether this thread unwinds, so that another panic would abort the process.
pub(crate) fn is_unwinding() -> bool {
    thread::panicking()
}

/// The stack of a thread that a whole run moves to: that of most main threads.
const STACK_BYTES: usize = 8 << 20;

/// Runs `run` in a thread of its own, under the name of this one, and waits for it. A panic goes through.
///
/// # Panics
/// If the machine has no room for one thread more.
pub fn in_fresh_thread<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    let builder = thread::Builder::new().stack_size(STACK_BYTES);
    // Child processes find a test by the name of its thread.
    let builder = match thread::current().name() {
        Some(name) => builder.name(name.to_owned()),
        None => builder,
    };
    thread::scope(|scope| {
        let thread = builder.spawn_scoped(scope, run).expect("the machine has room for one thread more");
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}
