//! The clocks of a node, and waiting by them.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

#[cfg(feature = "tokio")]
use cluster_sim_runtime::TokioSleep;
use cluster_sim_types::{LocalInstant, WallTime};

use super::{Node, Twin};

impl Node {
    /// What its monotonic clock says: the time since it booted. Never runs backwards in one life.
    pub fn now(&self) -> LocalInstant {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref place) => place.life.read(|core| core.kernel.local_now(place.life.node())).unwrap_or_default(),
            #[cfg(feature = "tokio")]
            Twin::Real(ref own) => own.life.now(),
        }
    }

    /// What its wall clock says. It may be wrong, and may jump; measure spans with [`now`](Self::now).
    pub fn wall(&self) -> WallTime {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref place) => place.life.read(|core| core.kernel.wall_now(place.life.node())).unwrap_or_default(),
            #[cfg(feature = "tokio")]
            Twin::Real(ref own) => own.life.wall(),
        }
    }

    /// Ends after so much time on its monotonic clock, counted from this call.
    pub fn sleep(&self, after: Duration) -> Sleep {
        self.sleep_until(self.now() + after)
    }

    /// Ends when its monotonic clock says `deadline`.
    pub fn sleep_until(&self, deadline: LocalInstant) -> Sleep {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref place) => {
                Sleep { twin: SleepTwin::Simulated(cluster_sim_runtime::Sleep::until(place.life, deadline)) }
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref own) => Sleep { twin: SleepTwin::Real(TokioSleep::until(own.life.clone(), deadline)) },
        }
    }

    /// Waits for `future`, but no longer than so much time, counted from this call. The future is asked first: a result that is there is
    /// never thrown away.
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

    /// Ticks every `period`, for the first time after one.
    ///
    /// # Panics
    /// If the period is zero: it would tick without end at one instant.
    #[track_caller]
    pub fn interval(&self, period: Duration) -> Interval {
        assert!(!period.is_zero(), "an interval of zero would tick without end at one instant");
        Interval { node: self.clone(), period, sleep: self.sleep(period) }
    }
}

/// Waits for an instant; [`Node::sleep`] makes one.
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
    /// When it ends.
    pub fn deadline(&self) -> LocalInstant {
        match self.twin {
            #[cfg(feature = "test-utils")]
            SleepTwin::Simulated(ref sleep) => sleep.deadline(),
            #[cfg(feature = "tokio")]
            SleepTwin::Real(ref sleep) => sleep.deadline(),
        }
    }

    /// Lets it end at another instant, also if it ended already.
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
            SleepTwin::Real(ref mut sleep) => Pin::new(sleep).poll(context),
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sleep").field("deadline", &self.deadline()).finish_non_exhaustive()
    }
}

/// What was waited for did not come in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed {
    /// How long it was waited for.
    pub after: Duration,
}

impl fmt::Display for Elapsed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "nothing came within {:?}", self.after)
    }
}

impl std::error::Error for Elapsed {}

/// Ticks at equal spans; [`Node::interval`] makes one.
#[derive(Debug)]
pub struct Interval {
    node: Node,
    period: Duration,
    sleep: Sleep,
}

impl Interval {
    /// Waits for the next tick, and says when it was due.
    ///
    /// Ticks that nobody waited for are made up for, one after the other at once. Cancel safe: a tick that was not returned is not lost.
    pub async fn tick(&mut self) -> LocalInstant {
        (&mut self.sleep).await;
        let due = self.sleep.deadline();
        self.sleep.reset(due + self.period);
        due
    }

    /// Lets the next tick come after one whole period from now.
    pub fn reset(&mut self) {
        self.sleep.reset(self.node.now() + self.period);
    }

    /// The span between two ticks.
    pub fn period(&self) -> Duration {
        self.period
    }
}
