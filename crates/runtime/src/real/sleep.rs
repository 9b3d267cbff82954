//! Sleeps on tokio's timers.
//!
//! As in a simulation, a sleep is pending at least once before it is ready: one whose deadline has passed yields.

use std::pin::Pin;
use std::task::{Context, Poll};

use cluster_sim_types::LocalInstant;
use tokio::task::coop;

use super::life::TokioLife;

/// Completes when the clock of its life reaches the deadline, or up to some milliseconds later.
#[derive(Debug)]
#[must_use = "a sleep waits only while it is polled"]
pub struct TokioSleep {
    life: TokioLife,
    deadline: LocalInstant,
    sleep: Pin<Box<tokio::time::Sleep>>,
    /// Whether it was pending since it was last ready.
    gave_way: bool,
}

impl TokioSleep {
    /// Creates a sleep until the monotonic clock of `life` reads `deadline`.
    pub fn until(life: TokioLife, deadline: LocalInstant) -> Self {
        let sleep = life.sleep_until(deadline);
        Self { life, deadline, sleep, gave_way: false }
    }

    /// Returns the deadline.
    pub fn deadline(&self) -> LocalInstant {
        self.deadline
    }

    /// Moves the deadline, even after the sleep completed.
    pub fn reset(&mut self, deadline: LocalInstant) {
        self.deadline = deadline;
        self.sleep.as_mut().reset(self.life.instant(deadline));
    }
}

impl TokioSleep {
    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.sleep.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        if coop::has_budget_remaining() {
            return Poll::Pending;
        }
        // Other futures in this task may use up tokio's budget at every poll: a deadline must not starve behind them.
        Pin::new(&mut coop::unconstrained(self.sleep.as_mut())).poll(context)
    }
}

impl Future for TokioSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let is_over = self.poll_timer(context).is_ready();
        if is_over && self.gave_way {
            self.gave_way = false;
            return Poll::Ready(());
        }
        self.gave_way = true;
        if is_over {
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }
}
