//! Polls ready tasks.

use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::{Context, Poll};

use cluster_sim_types::NodeId;

use super::context::{Life, enter_in};
use super::task::{BoxedFuture, TaskId};
use super::teardown::{End, Panic, drop_guarded, drop_tasks};
use super::thread::current_thread;
use super::waker::WakerId;
use crate::engine::{Condition, Core, Engine, Kernel, LifeEnd, Record, RecordKind};

impl Kernel {
    /// Makes tasks ready that were woken through the inbox.
    #[cold]
    fn drain_inbox(&mut self) {
        let Some(mailbox) = &self.tasks.mailbox else { return };
        let thread = current_thread();
        for wake in mailbox.drain() {
            // A wake of an ended task has no effect, so its thread does not matter.
            let is_alive = self.tasks.get(wake.waker.task).is_some_and(|task| !task.has_ended);
            self.foreign_wakes += u64::from(is_alive && wake.thread != thread);
            self.make_ready(wake.waker.task);
        }
    }

    /// Takes the next ready task that has not ended, of a node that is up; returns both.
    #[inline(always)]
    fn next_ready(&mut self) -> Option<(TaskId, NodeId)> {
        if self.tasks.has_outside_wakes() {
            self.drain_inbox();
        }
        match self.tasks.ready.pop_lone() {
            Some(id) => self.node_to_poll(id).map(|node| (id, node)),
            None => self.next_rolled(),
        }
    }

    #[inline(never)]
    fn next_rolled(&mut self) -> Option<(TaskId, NodeId)> {
        loop {
            let id = self.tasks.ready.pop_rolled()?;
            if let Some(node) = self.node_to_poll(id) {
                return Some((id, node));
            }
        }
    }

    /// Returns the node of a ready task; `None` if the task has ended or the node is not up.
    #[inline(always)]
    fn node_to_poll(&mut self, id: TaskId) -> Option<NodeId> {
        let task = self.tasks.get(id).filter(|task| !task.has_ended)?;
        let node = task.node;
        match self.condition(node) {
            Condition::Up => Some(node),
            Condition::Gated => self.takes_task(node, id).then_some(node),
            // It stays marked as ready until its node resumes.
            Condition::Paused => {
                self.tasks.paused.push(id);
                None
            }
            _ => None,
        }
    }

    /// Makes tasks ready that were woken while the node was paused.
    pub(crate) fn resume_tasks(&mut self, node: NodeId) {
        for id in std::mem::take(&mut self.tasks.paused) {
            match self.tasks.get_mut(id) {
                Some(task) if task.node == node => {
                    task.is_ready = false;
                    self.make_ready(id);
                }
                Some(_) => self.tasks.paused.push(id),
                None => {}
            }
        }
    }
}

impl Engine {
    /// Polls the next ready task and returns its node.
    pub(crate) fn poll_ready(&mut self) -> Option<NodeId> {
        let kernel = &mut self.core.kernel;
        let (id, node) = kernel.next_ready()?;
        kernel.count_step(node, Some(id));
        let task = kernel.tasks.at(id);
        let future = task.future.take().expect("a task that is not polled has its future");
        task.is_ready = false;
        self.running = Some(node);
        if task.is_aborted {
            self.finish_task(id, node, End::Aborted, Some(future), None);
        } else {
            task.polls += 1;
            task.waits.clear();
            let (path, polls, life, waker) = (task.path, task.polls, task.life, task.waker);
            kernel.record(Record { label: path.key(), detail: polls as u32, ..Record::of(kernel.now(), RecordKind::Poll, node) });
            self.poll_task(id, life, waker, future);
        }
        self.running = None;
        Some(node)
    }

    /// Polls a task that waited while its node was busy. Returns false if it has ended.
    ///
    /// By way of the queue of ready tasks, which is empty while events are handled: a second caller of the poll would make the
    /// common way dearer.
    #[cold]
    pub(crate) fn poll_waiting(&mut self, id: TaskId) -> bool {
        let kernel = &mut self.core.kernel;
        if let Some(task) = kernel.tasks.get_mut(id) {
            // It is marked as ready and in no queue.
            task.is_ready = false;
            kernel.make_ready(id);
        }
        self.poll_ready().is_some()
    }

    #[inline(always)]
    fn poll_task(&mut self, id: TaskId, life: Life, waker: usize, mut future: BoxedFuture) {
        // Dropping a waker of this executor does nothing, by a call.
        let waker = ManuallyDrop::new(WakerId::waker(waker));
        let mut context = Context::from_waker(&waker);
        let core = &mut self.core;
        debug_assert!(life.goes_on(core), "a task ends before its life does");
        match catch_unwind(AssertUnwindSafe(|| enter_in(core, life, Some(id), || future.as_mut().poll(&mut context)))) {
            Ok(Poll::Pending) => self.core.kernel.tasks.at(id).future = Some(future),
            // The task did not return: its life ended at a failpoint, and what it still did is of no account.
            Ok(Poll::Ready(())) | Err(_) if self.core.kernel.failpoints.has_crashed() => {
                self.core.kernel.tasks.at(id).future = Some(future);
            }
            Ok(Poll::Ready(())) => self.finish_task(id, life.node(), End::Finished, Some(future), None),
            Err(panic) => {
                self.core.kernel.keep_panic_place();
                self.core.kernel.panicked = self.core.kernel.tasks.name_of(id);
                self.finish_task(id, life.node(), End::Dropped, Some(future), Some(panic));
            }
        }
    }

    /// Ends a task and drops its future; a main task ends the life of its node. Resumes the first panic.
    #[inline(never)]
    fn finish_task(&mut self, id: TaskId, node: NodeId, end: End, future: Option<BoxedFuture>, panic: Option<Panic>) {
        let core: &mut Box<Core> = &mut self.core;
        let is_main = core.kernel.tasks.node_state(node).root == Some(id);
        let name = core.kernel.tasks.name_of(id);
        let result = core.kernel.end_task(id, end);
        if is_main {
            // End the life before anything is dropped: destructors must not start new tasks in it.
            core.kernel.main_returned(node);
        }
        let dropped = drop_guarded(core, node, (future, result));
        if panic.is_none() && dropped.is_some() {
            core.kernel.panicked = name;
        }
        let mut first = panic.or(dropped);
        if is_main {
            let others = drop_tasks(core, Some(node));
            first = first.or(others);
            let Core { kernel, devices } = &mut **core;
            devices.end_life(kernel, node, LifeEnd::Returned);
            kernel.finish_stop(node);
        }
        if let Some(panic) = first {
            // The caller reads the node of the panic from here.
            self.running = Some(node);
            resume_unwind(panic);
        }
    }
}
