//! Polling tasks.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::{Context, Poll};

use cluster_sim_types::{Health, NodeId};

use super::context::enter_as;
use super::task::{BoxedFuture, TaskId};
use super::teardown::{End, Panic, drop_guarded, drop_tasks};
use super::thread::here;
use super::waker::WakerId;
use crate::engine::{Core, Engine, Kernel, Record, RecordKind};

impl Kernel {
    /// Puts the tasks that were woken from outside among the ready ones.
    fn open_mail(&mut self) {
        let Some(mailbox) = self.tasks.mailbox.as_ref().filter(|mailbox| mailbox.has_mail()) else { return };
        let here = here();
        for mail in mailbox.empty() {
            // One that comes too late reaches nobody, and moves nothing in the run.
            let reaches_one = self.tasks.get(mail.word.task).is_some_and(|task| !task.has_ended);
            self.foreign_wakes += u64::from(reaches_one && mail.from != here);
            self.make_ready(mail.word.task);
        }
    }

    /// The next task to poll: one that has not ended, of a node that is up.
    #[inline]
    fn next_ready(&mut self) -> Option<TaskId> {
        self.open_mail();
        loop {
            let id = self.tasks.ready.pop()?;
            let Some(task) = self.tasks.get(id).filter(|task| !task.has_ended) else { continue };
            match self.health(task.node) {
                Health::Up => return Some(id),
                // It stays marked as ready, and goes on with its node.
                Health::Paused => self.tasks.held.push(id),
                Health::Down | Health::Killed => {}
            }
        }
    }

    /// Lets the tasks go on that were woken while the node was paused.
    pub(crate) fn resume_tasks(&mut self, node: NodeId) {
        for id in std::mem::take(&mut self.tasks.held) {
            match self.tasks.get_mut(id) {
                Some(task) if task.node == node => {
                    task.is_ready = false;
                    self.make_ready(id);
                }
                Some(_) => self.tasks.held.push(id),
                None => {}
            }
        }
    }
}

impl Engine {
    /// Polls the next task that is ready; answers with its node.
    pub(crate) fn poll_ready(&mut self) -> Option<NodeId> {
        let id = self.core.kernel.next_ready()?;
        let kernel = &mut self.core.kernel;
        let node = kernel.tasks.get(id).expect("a ready task has its place").node;
        kernel.count_step(node, Some(id));
        let task = kernel.tasks.get_mut(id).expect("a ready task has its place");
        let future = task.future.take().expect("a task that is not polled has its future");
        task.is_ready = false;
        if task.is_aborted {
            self.running = Some(node);
            self.finish_task(id, node, End::Aborted, Some(future), None);
            self.running = None;
            return Some(node);
        }
        task.polls += 1;
        task.waits.clear();
        let (path, polls) = (task.path, task.polls);
        kernel.record(Record { label: path.key(), detail: polls as u32, ..Record::of(kernel.now(), RecordKind::Poll, node) });
        self.running = Some(node);
        self.poll_task(id, node, future);
        self.running = None;
        Some(node)
    }

    fn poll_task(&mut self, id: TaskId, node: NodeId, mut future: BoxedFuture) {
        let slot = self.core.kernel.tasks.mailbox.as_ref().expect("a simulation with tasks has an inbox").slot;
        let waker = WakerId { slot, task: id }.waker();
        let mut context = Context::from_waker(&waker);
        let core = &mut self.core;
        let polled = catch_unwind(AssertUnwindSafe(|| enter_as(core, node, Some(id), || future.as_mut().poll(&mut context))));
        match polled {
            Ok(Poll::Pending) => {
                let task = self.core.kernel.tasks.get_mut(id).expect("a task keeps its place while it is polled");
                task.future = Some(future);
            }
            Ok(Poll::Ready(())) => self.finish_task(id, node, End::Finished, Some(future), None),
            Err(panic) => {
                self.core.kernel.panicked = self.core.kernel.tasks.name_of(id);
                self.finish_task(id, node, End::Dropped, Some(future), Some(panic));
            }
        }
    }

    /// Ends a task and drops what it holds; the whole node with it if it is the main task. Lets the first panic go on.
    fn finish_task(&mut self, id: TaskId, node: NodeId, end: End, future: Option<BoxedFuture>, panic: Option<Panic>) {
        let core: &mut Box<Core> = &mut self.core;
        let is_root = core.kernel.tasks.node_state(node).root == Some(id);
        let name = core.kernel.tasks.name_of(id);
        let result = core.kernel.end_task(id, end);
        if is_root {
            // Before anything is dropped: whatever does so must not begin anew what ends here.
            core.kernel.main_returned(node);
        }
        let dropped = drop_guarded(core, node, (future, result));
        if panic.is_none() && dropped.is_some() {
            core.kernel.panicked = name;
        }
        let mut first = panic.or(dropped);
        if is_root {
            let others = drop_tasks(core, Some(node));
            first = first.or(others);
            let Core { kernel, devices } = &mut **core;
            devices.each().for_each(|device| device.node_ended(kernel, node));
        }
        if let Some(panic) = first {
            // Sets the panic's site for whoever turns it into a finding.
            self.running = Some(node);
            resume_unwind(panic);
        }
    }
}
