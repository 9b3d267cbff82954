//! The processor time of this thread, which other programs on the machine affect least.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The processor time that this thread has used.
fn used() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().expect("it is not negative"), time.tv_nsec.try_into().expect("it is below a second"))
}

/// Does `work`; returns its result and its processor time.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let before = used();
    let done = work();
    (done, used() - before)
}
