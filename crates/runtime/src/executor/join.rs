//! Handles that wait for the result of a task.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::context::{Life, entered, try_entered};
use super::spawn::Spawn;
use super::task::{TaskId, Waiting};
use super::waiter::Waiter;
use crate::engine::Core;

/// A handle of a task: waits for its result, or aborts it. Dropping it detaches the task.
pub struct Join<T> {
    life: Life,
    /// `None` if the node's life had ended before the spawn.
    task: Option<TaskId>,
    result: PhantomData<fn() -> T>,
}

/// Reports that a task was aborted before it had a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JoinError;

impl fmt::Display for JoinError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the task was aborted before it had a result")
    }
}

impl std::error::Error for JoinError {}

impl<T: 'static> Join<T> {
    /// Spawns a task and keeps its result for the handle.
    pub fn spawn(life: Life, spawn: Spawn, future: impl Future<Output = T> + 'static) -> Self {
        let future = Box::pin(async move {
            let result = future.await;
            entered(|core| core.kernel.keep_result(Box::new(result)));
        });
        let spawn = Spawn { has_handle: true, ..spawn };
        // If the life has ended, the future is dropped outside of the access: its destructors may use handles.
        let mut future = Some(future);
        let task = life.act(|core| core.kernel.spawn(spawn, future.take().expect("one task is spawned")));
        Self { life, task, result: PhantomData }
    }

    fn poll_in(&self, context: &Context<'_>, core: &mut Core) -> Poll<Result<T, JoinError>> {
        let Some(id) = self.task else { return Poll::Ready(Err(JoinError)) };
        let waiter = Waiter::of(context, &core.kernel);
        let Some(task) = core.kernel.tasks.get_mut(id) else { return Poll::Ready(Err(JoinError)) };
        if !task.has_ended {
            task.joiner = Some(waiter);
            core.kernel.waits_for(Waiting::Join(id));
            return Poll::Pending;
        }
        let result = task.result.take().map(|result| *result.downcast().expect("a task's handle knows the type of its result"));
        Poll::Ready(result.ok_or(JoinError))
    }
}

impl<T> Join<T> {
    /// Stops the task at its next poll, which drops it. Does nothing if the task has ended.
    pub fn abort(&self) {
        if let Some(task) = self.task {
            self.life.act(|core| core.kernel.abort(task));
        }
    }

    /// Whether the task has ended, with a result or without.
    pub fn is_finished(&self) -> bool {
        let ended = self.life.act(|core| self.task.and_then(|task| core.kernel.tasks.get(task)).is_none_or(|task| task.has_ended));
        ended.unwrap_or(true)
    }
}

impl<T: 'static> Future for Join<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // A caller in another node or a later life: the task has ended with its own life.
        self.life.act(|core| self.poll_in(context, core)).unwrap_or(Poll::Ready(Err(JoinError)))
    }
}

impl<T> Drop for Join<T> {
    fn drop(&mut self) {
        let (life, task) = (self.life, self.task);
        // Dropped outside of the access: the destructor of the result may use handles.
        let result = try_entered(|core| {
            let task = task.filter(|_| life.goes_on(core))?;
            core.kernel.detach(task)
        });
        drop(result);
    }
}

impl<T> fmt::Debug for Join<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Join").field("task", &self.task).finish_non_exhaustive()
    }
}
