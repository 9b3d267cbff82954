//! Waiting for an instant.

use std::pin::Pin;
use std::task::{Context, Poll};

use cluster_sim_types::LocalInstant;

use super::context::{Life, try_entered};
use super::task::Waiting;
use super::waiter::Waiter;
use crate::engine::{Core, Kernel, TimerKey};

/// Ends when the clock of its node says so; never once the node's life is over.
#[derive(Debug)]
#[must_use = "a sleep waits only while it is polled"]
pub struct Sleep {
    life: Life,
    deadline: LocalInstant,
    armed: Option<TimerKey>,
}

impl Sleep {
    /// A sleep until the node's monotonic clock says `deadline`.
    pub fn until(life: Life, deadline: LocalInstant) -> Self {
        Self { life, deadline, armed: None }
    }

    /// When it ends.
    pub fn deadline(&self) -> LocalInstant {
        self.deadline
    }

    /// Lets it end at another instant.
    pub fn reset(&mut self, deadline: LocalInstant) {
        self.deadline = deadline;
        if self.armed.is_some() {
            self.park();
        }
    }

    fn poll_in(&mut self, context: &Context<'_>, core: &mut Core) -> Poll<()> {
        let now = core.kernel.local_now(self.life.node());
        if now >= self.deadline {
            return Poll::Ready(());
        }
        let waiter = Waiter::of(context, &core.kernel);
        let after = self.deadline - now;
        let key = core.kernel.arm_sleep(self.armed, self.life.node(), waiter, after);
        self.armed = Some(key);
        core.kernel.waits_for(Waiting::Sleep(core.kernel.now() + after));
        Poll::Pending
    }

    /// Lets go of the timer, for the next sleep of the task to take over.
    fn park(&mut self) {
        if let Some(key) = self.armed.take() {
            let life = self.life;
            // Where it cannot be reached the timer comes due and wakes nobody, or somebody in vain.
            try_entered(|core| {
                if life.goes_on(core) {
                    core.kernel.park(key)
                }
            });
        }
    }
}

impl Future for Sleep {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let life = self.life;
        life.act(|core| self.poll_in(context, core)).unwrap_or(Poll::Pending)
    }
}

impl Drop for Sleep {
    #[inline]
    fn drop(&mut self) {
        if self.armed.is_some() {
            self.park();
        }
    }
}

impl Kernel {
    /// Says something that the task which is polled now waits for, should it be asked.
    #[inline(always)]
    pub fn waits_for(&mut self, waiting: Waiting) {
        if let Some(current) = self.tasks.current
            && let Some(task) = self.tasks.get_mut(current)
        {
            task.waits.add(waiting);
        }
    }
}
