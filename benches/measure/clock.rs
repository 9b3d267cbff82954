//! The processor time of this thread: what other programs on the machine do shows least in it.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The processor time that this thread has used so far.
fn used() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().expect("it counts from zero"), time.tv_nsec.try_into().expect("it is below a second"))
}

/// What `work` gives, and the processor time that it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let before = used();
    let done = work();
    (done, used() - before)
}
