//! Sleeps in local time.
//!
//! A sleep is pending at least once before it is ready. If its deadline has passed at its first poll, it ends at this instant, after
//! all tasks that are ready and all events that are due: code that waits for no time in a loop lets others run.

use std::pin::Pin;
use std::task::{Context, Poll};

use cluster_sim_types::{LocalInstant, VirtualInstant};

use super::context::{Life, try_entered};
use super::task::{TaskId, Waiting};
use super::waiter::Waiter;
use crate::engine::{Core, Kernel, TimerKey};

/// Completes when its node's clock reaches the deadline; never after the end of the node's life.
#[derive(Debug)]
#[must_use = "a sleep waits only while it is polled"]
pub struct Sleep {
    life: Life,
    deadline: LocalInstant,
    armed: Option<Armed>,
    /// It was pending since it was last ready. A new deadline leaves that as it is, so one that is set at every poll is reached.
    gave_way: bool,
}

/// The timer of a sleep, since the last poll that moved it.
#[derive(Debug, Clone, Copy)]
struct Armed {
    key: TimerKey,
    /// The task that it wakes; `None` for a foreign waker.
    task: Option<TaskId>,
    due: VirtualInstant,
}

impl Sleep {
    /// Creates a sleep until the node's monotonic clock reads `deadline`.
    pub fn until(life: Life, deadline: LocalInstant) -> Self {
        Self { life, deadline, armed: None, gave_way: false }
    }

    /// Returns the deadline.
    pub fn deadline(&self) -> LocalInstant {
        self.deadline
    }

    /// Moves the deadline.
    pub fn reset(&mut self, deadline: LocalInstant) {
        self.deadline = deadline;
        if self.armed.is_some() {
            self.park();
        }
    }

    fn poll_in(&mut self, context: &Context<'_>, core: &mut Core) -> Poll<()> {
        let Some((now, _)) = core.kernel.true_clocks(self.life.node()) else { return self.poll_skewed(context, core) };
        if now >= self.deadline {
            return self.poll_over(context, core);
        }
        self.gave_way = true;
        let due = match (self.armed, Waiter::task_of(context, &core.kernel)) {
            // The deadline has not moved since, so the timer is right.
            (Some(armed), Some(task)) if armed.task == Some(task) => armed.due,
            (_, task) => self.arm(task, context, core, now),
        };
        core.kernel.waits_for(Waiting::Sleep(due));
        Poll::Pending
    }

    /// Polls a sleep of a node whose clock is skewed. It is over once its timer has fired: that may be later than the deadline.
    #[cold]
    #[inline(never)]
    fn poll_skewed(&mut self, context: &Context<'_>, core: &mut Core) -> Poll<()> {
        let task = Waiter::task_of(context, &core.kernel);
        let (now, _) = core.kernel.clocks_of(self.life.node());
        let is_ahead = self.armed.is_some_and(|armed| core.kernel.is_ahead(armed.key));
        if now >= self.deadline && !is_ahead {
            return self.poll_over(context, core);
        }
        self.gave_way = true;
        let waiter = Waiter::of(context, &core.kernel);
        let key = match self.armed {
            Some(Armed { key, .. }) if is_ahead => {
                core.kernel.hand_over(key, waiter);
                key
            }
            armed => {
                let after = self.deadline.saturating_since(now);
                core.kernel.arm_skewed_sleep(armed.map(|armed| armed.key), self.life.node(), waiter, after)
            }
        };
        let due = core.kernel.due_of(key).unwrap_or(core.kernel.now());
        self.armed = Some(Armed { key, task, due });
        core.kernel.waits_for(Waiting::Sleep(due));
        Poll::Pending
    }

    /// Polls a sleep whose deadline has passed.
    #[inline(always)]
    fn poll_over(&mut self, context: &Context<'_>, core: &mut Core) -> Poll<()> {
        if std::mem::replace(&mut self.gave_way, false) {
            return Poll::Ready(());
        }
        self.gave_way = true;
        let (key, task) = core.kernel.arm_turn(self.life.node(), Waiter::of(context, &core.kernel));
        let due = core.kernel.now();
        self.armed = Some(Armed { key, task, due });
        core.kernel.waits_for(Waiting::Sleep(due));
        Poll::Pending
    }

    /// Sets the timer for the waiter that polls. Returns when it is due.
    #[inline(never)]
    fn arm(&mut self, task: Option<TaskId>, context: &Context<'_>, core: &mut Core, now: LocalInstant) -> VirtualInstant {
        let (node, armed, after) = (self.life.node(), self.armed.map(|armed| armed.key), self.deadline - now);
        let key = match task {
            Some(task) => core.kernel.arm_sleep_of_task(armed, node, task, after),
            None => core.kernel.arm_sleep(armed, node, Waiter::of(context, &core.kernel), after),
        };
        let due = core.kernel.now() + after;
        self.armed = Some(Armed { key, task, due });
        due
    }

    /// Hands the timer to the next sleep of the task.
    fn park(&mut self) {
        if let Some(Armed { key, .. }) = self.armed.take() {
            let life = self.life;
            // Where the simulation is not accessible, the timer comes due and wakes the task spuriously, or nothing.
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
    /// Records what the present task waits for, for reports of a stall.
    #[inline(always)]
    pub fn waits_for(&mut self, waiting: Waiting) {
        if let Some(current) = self.tasks.current
            && let Some(task) = self.tasks.get_mut(current)
        {
            task.waits.add(waiting);
        }
    }
}
