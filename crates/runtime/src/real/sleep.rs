//! Sleeps on tokio's timers.

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
}

impl TokioSleep {
    /// Creates a sleep until the monotonic clock of `life` reads `deadline`.
    pub fn until(life: TokioLife, deadline: LocalInstant) -> Self {
        let sleep = life.sleep_until(deadline);
        Self { life, deadline, sleep }
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

impl Future for TokioSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
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
