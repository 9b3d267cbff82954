//! Clocks of a node, and futures that wait for an instant.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

#[cfg(feature = "tokio")]
use cluster_sim_runtime::TokioSleep;
use cluster_sim_types::{LocalInstant, WallTime};

#[cfg(feature = "tokio")]
use super::cold;
use super::{Node, Twin};

impl Node {
    /// Returns the monotonic clock: the time since the node booted. Never runs backwards within a life.
    ///
    /// Clock faults let it run faster or slower than simulated time, and timers with it: a sleep is exact by this clock.
    pub fn now(&self) -> LocalInstant {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref sim) => sim.life.read(|core| core.kernel.local_now(sim.life.node())).unwrap_or_default(),
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => cold(|| context.life.now()),
        }
    }

    /// Returns the wall clock. It may be wrong and may jump; measure durations by [`now`](Self::now).
    ///
    /// A simulation shows the virtual time since the run started, from the epoch of the scenario on. Clock faults step it back and
    /// forth, let it drift or freeze it; what they do to it outlives a crash. The real twin shows the system clock as the time
    /// since 1970, zero before that.
    pub fn wall(&self) -> WallTime {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref sim) => sim.life.read(|core| core.kernel.wall_now(sim.life.node())).unwrap_or_default(),
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => context.life.wall(),
        }
    }

    /// Waits for `after` on the monotonic clock, counted from this call rather than from the first poll.
    pub fn sleep(&self, after: Duration) -> Sleep {
        self.sleep_until(self.now() + after)
    }

    /// Waits until the monotonic clock reads `deadline`.
    ///
    /// If that has passed, other tasks that are ready, and events that are due at this instant, run first: a loop of such waits
    /// does not keep them from running, whether by this function, `sleep`, `timeout`, an [`Interval`] or [`Sleep::reset`].
    ///
    /// Exact to the nanosecond in a simulation. On tokio it never resolves early and may be some milliseconds late.
    pub fn sleep_until(&self, deadline: LocalInstant) -> Sleep {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref sim) => Sleep { twin: SleepTwin::Simulated(cluster_sim_runtime::Sleep::until(sim.life, deadline)) },
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => cold(|| Sleep { twin: SleepTwin::Real(TokioSleep::until(context.life.clone(), deadline)) }),
        }
    }

    /// Waits for `future` for at most `after`, counted from this call.
    ///
    /// Polls the future before the clock, so an output that is ready is returned even if the deadline has passed. On a timeout
    /// the future is dropped.
    pub fn timeout<F: Future>(&self, after: Duration, future: F) -> impl Future<Output = Result<F::Output, Elapsed>> + use<F> {
        let mut sleep = self.sleep(after);
        async move {
            let mut future = pin!(future);
            poll_fn(|context| match future.as_mut().poll(context) {
                Poll::Ready(output) => Poll::Ready(Ok(output)),
                Poll::Pending => Pin::new(&mut sleep).poll(context).map(|()| Err(Elapsed { after })),
            })
            .await
        }
    }

    /// Creates an interval that ticks every `period`, the first time one period from now.
    ///
    /// # Panics
    /// If `period` is zero, because it would tick forever at one instant.
    #[track_caller]
    pub fn interval(&self, period: Duration) -> Interval {
        assert!(
            !period.is_zero(),
            "an interval of zero would tick forever at one instant; give it a period, or let others run with `yield_now`"
        );
        let missed = MissedTickBehavior::Burst;
        Interval { node: self.clone(), period, missed, sleep: self.sleep(period) }
    }
}

/// A future that resolves at an instant of the node's monotonic clock, created by [`Node::sleep`].
///
/// Cancel safe: poll it by `&mut` to keep the deadline.
#[must_use = "a sleep waits only while it is polled"]
pub struct Sleep {
    twin: SleepTwin,
}

enum SleepTwin {
    #[cfg(feature = "test-utils")]
    Simulated(cluster_sim_runtime::Sleep),
    #[cfg(feature = "tokio")]
    Real(TokioSleep),
}

impl Sleep {
    /// Returns the instant at which it resolves.
    pub fn deadline(&self) -> LocalInstant {
        match self.twin {
            #[cfg(feature = "test-utils")]
            SleepTwin::Simulated(ref sleep) => sleep.deadline(),
            #[cfg(feature = "tokio")]
            SleepTwin::Real(ref sleep) => sleep.deadline(),
        }
    }

    /// Moves the deadline. A sleep that has already resolved can be awaited again.
    pub fn reset(&mut self, deadline: LocalInstant) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            SleepTwin::Simulated(ref mut sleep) => sleep.reset(deadline),
            #[cfg(feature = "tokio")]
            SleepTwin::Real(ref mut sleep) => sleep.reset(deadline),
        }
    }
}

impl Future for Sleep {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.twin {
            #[cfg(feature = "test-utils")]
            SleepTwin::Simulated(ref mut sleep) => Pin::new(sleep).poll(context),
            #[cfg(feature = "tokio")]
            SleepTwin::Real(ref mut sleep) => cold(|| Pin::new(sleep).poll(context)),
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sleep").field("deadline", &self.deadline()).finish_non_exhaustive()
    }
}

/// A [`Node::timeout`] ended before its future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed {
    /// The limit that was given.
    pub after: Duration,
}

impl fmt::Display for Elapsed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "timed out after {:?}", self.after)
    }
}

impl std::error::Error for Elapsed {}

/// How an [`Interval`] goes on after a tick that was taken more than 5 ms late.
///
/// As tokio's type of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissedTickBehavior {
    /// Ticks are due as if none was late: missed ones follow each other at one instant.
    #[default]
    Burst,
    /// The next tick is due one period after the late one was taken.
    Delay,
    /// The next tick is due at the next multiple of the period: missed ones are left out.
    Skip,
}

/// How late a tick may be taken before it counts as late: timers of tokio are some milliseconds late.
const TOLERANCE: Duration = Duration::from_millis(5);

impl MissedTickBehavior {
    /// Returns when the tick after the one of `due` is due, which is taken at `now`.
    fn next(self, due: LocalInstant, now: impl FnOnce() -> LocalInstant, period: Duration) -> LocalInstant {
        if self == Self::Burst {
            return due + period;
        }
        let now = now();
        let late = now.saturating_since(due);
        if late <= TOLERANCE {
            return due + period;
        }
        match self {
            Self::Burst => due + period,
            Self::Delay => now + period,
            Self::Skip => now + (period - Duration::from_nanos((late.as_nanos() % period.as_nanos()) as u64)),
        }
    }
}

/// A source of periodic ticks, created by [`Node::interval`].
#[derive(Debug)]
pub struct Interval {
    node: Node,
    period: Duration,
    missed: MissedTickBehavior,
    sleep: Sleep,
}

impl Interval {
    /// Waits for the next tick and returns the instant at which it was due.
    ///
    /// A missed tick is delivered late; [`set_missed_tick_behavior`](Self::set_missed_tick_behavior) says when the next one is due.
    /// Cancel safe: a tick that was not returned is not lost.
    pub async fn tick(&mut self) -> LocalInstant {
        (&mut self.sleep).await;
        let due = self.sleep.deadline();
        self.sleep.reset(self.missed.next(due, || self.node.now(), self.period));
        due
    }

    /// Restarts the interval: the next tick is one period from now.
    pub fn reset(&mut self) {
        self.sleep.reset(self.node.now() + self.period);
    }

    /// Sets what becomes of ticks that are missed; at first [`MissedTickBehavior::Burst`].
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed = behavior;
    }

    /// Returns what becomes of ticks that are missed.
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.missed
    }

    /// Returns the time between two ticks.
    pub fn period(&self) -> Duration {
        self.period
    }
}
