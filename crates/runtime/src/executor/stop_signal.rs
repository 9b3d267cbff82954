//! The wait of a task for the request that its node stops.

use std::pin::Pin;
use std::task::{Context, Poll};

use cluster_sim_types::LocalInstant;

use super::context::{Life, try_entered};
use super::task::Waiting;
use super::waiter::Waiter;
use crate::engine::Core;

/// Completes when its node is asked to stop, with the deadline; never after the end of the node's life.
#[derive(Debug)]
#[must_use = "a signal is waited for only while it is polled"]
pub struct StopSignal {
    life: Life,
    /// Its number among the waiting ones, since it was first polled.
    number: Option<u64>,
}

impl StopSignal {
    /// Waits for the request to a life.
    pub fn of(life: Life) -> Self {
        Self { life, number: None }
    }

    fn poll_in(&mut self, context: &Context<'_>, core: &mut Core) -> Poll<LocalInstant> {
        let (node, kernel) = (self.life.node(), &mut core.kernel);
        if let Some(deadline) = kernel.stop_deadline(node) {
            return Poll::Ready(deadline);
        }
        let waiter = Waiter::of(context, kernel);
        self.number = Some(kernel.wait_for_stop(node, self.number, waiter));
        kernel.waits_for(Waiting::Stop);
        Poll::Pending
    }
}

impl Future for StopSignal {
    type Output = LocalInstant;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<LocalInstant> {
        let life = self.life;
        life.act(|core| self.poll_in(context, core)).unwrap_or(Poll::Pending)
    }
}

impl Drop for StopSignal {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let life = self.life;
            // The end of the life has removed it already.
            try_entered(|core| {
                if life.goes_on(core) {
                    core.kernel.forget_stop_waiter(number);
                }
            });
        }
    }
}
