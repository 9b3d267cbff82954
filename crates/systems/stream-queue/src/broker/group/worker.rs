//! Work of the disk and the object store beside the events of a replica.

use std::future::{pending, poll_fn};
use std::pin::Pin;

/// Work that goes on while events are handled, at most one at a time; `D` is its result.
pub(super) struct Worker<D> {
    running: Option<Pin<Box<dyn Future<Output = D> + Send>>>,
}

impl<D> Worker<D> {
    pub(super) fn idle() -> Self {
        Self { running: None }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.running.is_none()
    }

    /// Begins work.
    pub(super) fn begin(&mut self, work: impl Future<Output = D> + Send + 'static) {
        debug_assert!(self.running.is_none(), "one work at a time");
        self.running = Some(Box::pin(work));
    }

    /// Waits for the end of the work; for ever if there is none. Cancel safe: the work goes on.
    pub(super) async fn done(&mut self) -> D {
        let Some(running) = &mut self.running else { return pending().await };
        let done = poll_fn(|context| running.as_mut().poll(context)).await;
        self.running = None;
        done
    }
}
