//! [`Meter`]: sums the real time of calls.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Returns the real time since any fixed instant. Handed in from outside: nothing in a run reads a clock by itself.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// Sums the real time of calls, and counts them. Clones share one sum.
#[derive(Clone)]
pub(crate) struct Meter {
    clock: Clock,
    sums: Arc<Sums>,
}

/// Atomic because rules are shared by all runs of a scenario. Only one run at a time uses them, so load and store need not be one
/// operation.
#[derive(Debug, Default)]
struct Sums {
    nanoseconds: AtomicU64,
    calls: AtomicU64,
}

impl Meter {
    pub(crate) fn new(clock: &Clock) -> Self {
        Self { clock: Arc::clone(clock), sums: Arc::default() }
    }

    /// Makes a call, adds its time, and counts it.
    pub(crate) fn time<T>(&self, call: impl FnOnce() -> T) -> T {
        self.count(true);
        self.time_uncounted(call)
    }

    /// Counts a call whose time was added already, if it was one.
    pub(crate) fn count(&self, was_called: bool) {
        add(&self.sums.calls, u64::from(was_called));
    }

    /// Makes a call and adds its time. A panic goes through, and adds nothing.
    pub(crate) fn time_uncounted<T>(&self, call: impl FnOnce() -> T) -> T {
        let began = (self.clock)();
        let result = call();
        let took = (self.clock)().saturating_sub(began);
        add(&self.sums.nanoseconds, u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        result
    }

    /// Takes the sums: time and calls since the last call of this method.
    pub(crate) fn take(&self) -> (Duration, u64) {
        let Sums { nanoseconds, calls } = &*self.sums;
        (Duration::from_nanos(nanoseconds.swap(0, Ordering::Relaxed)), calls.swap(0, Ordering::Relaxed))
    }
}

fn add(sum: &AtomicU64, more: u64) {
    sum.store(sum.load(Ordering::Relaxed).saturating_add(more), Ordering::Relaxed);
}

impl fmt::Debug for Meter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sums.fmt(formatter)
    }
}
