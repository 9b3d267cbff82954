//! Waiting for an instant, over tokio's timers.

use std::pin::Pin;
use std::task::{Context, Poll};

use cluster_sim_types::LocalInstant;
use tokio::task::coop;

use super::life::TokioLife;

/// Ends once the clock of its life says so: never before, and up to some milliseconds after.
#[derive(Debug)]
#[must_use = "a sleep waits only while it is polled"]
pub struct TokioSleep {
    life: TokioLife,
    deadline: LocalInstant,
    sleep: Pin<Box<tokio::time::Sleep>>,
}

impl TokioSleep {
    /// A sleep until the monotonic clock of that life says `deadline`.
    pub fn until(life: TokioLife, deadline: LocalInstant) -> Self {
        let sleep = life.sleep_until(deadline);
        Self { life, deadline, sleep }
    }

    /// When it ends.
    pub fn deadline(&self) -> LocalInstant {
        self.deadline
    }

    /// Lets it end at another instant, also if it ended already.
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
        // Whoever it is waited with used tokio's budget up, and may do so at every poll: a deadline must not starve behind that.
        Pin::new(&mut coop::unconstrained(self.sleep.as_mut())).poll(context)
    }
}
