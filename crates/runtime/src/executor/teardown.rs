//! How tasks end: by their own result, by an abort, with the life of their node.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use cluster_sim_types::NodeId;

use super::context::enter_as;
use super::task::TaskId;
use crate::engine::{Core, Kernel, Record, RecordKind};

/// How a task ended, as the detail of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum End {
    /// With a result.
    Finished,
    /// Stopped by a handle.
    Aborted,
    /// With the life of its node, or with the node's main task.
    Dropped,
}

/// What a panic carries.
pub(super) type Panic = Box<dyn Any + Send>;

impl Kernel {
    /// Stops a task at its next poll.
    pub(super) fn abort(&mut self, id: TaskId) {
        if let Some(task) = self.tasks.get_mut(id)
            && !task.has_ended
        {
            task.is_aborted = true;
            self.make_ready(id);
        }
    }

    /// Keeps the result of the task that is polled now, if anybody may ask for it.
    pub(super) fn keep_result(&mut self, result: Box<dyn Any>) {
        if let Some(current) = self.tasks.current
            && let Some(task) = self.tasks.get_mut(current)
        {
            task.result = Some(result);
        }
    }

    /// Nobody asks for the task's result any more; hands out one that is there.
    pub(super) fn let_go(&mut self, id: TaskId) -> Option<Box<dyn Any>> {
        let task = self.tasks.get_mut(id)?;
        task.has_handle = false;
        let result = task.result.take();
        self.tasks.release(id);
        result
    }

    /// Marks a task as ended and wakes who waits for that; hands out a result that nobody will ask for.
    pub(super) fn end_task(&mut self, id: TaskId, end: End) -> Option<Box<dyn Any>> {
        let task = self.tasks.get_mut(id)?;
        task.has_ended = true;
        let (node, path, joiner) = (task.node, task.path, task.joiner.take());
        let unasked = if task.has_handle { None } else { task.result.take() };
        self.record(Record { label: path.key(), detail: end as u32, ..Record::of(self.now(), RecordKind::TaskEnd, node) });
        if let Some(joiner) = joiner {
            self.wake(joiner);
        }
        self.tasks.release(id);
        unasked
    }

    /// The tasks that have not ended, of one node or of all: by node, main task first, then by depth and path.
    fn living_tasks(&self, node: Option<NodeId>) -> Vec<(NodeId, TaskId)> {
        let mut living: Vec<(NodeId, u32, u64, TaskId)> = (0..)
            .zip(&self.tasks.slots)
            .filter(|(_, task)| !task.has_ended && node.is_none_or(|node| node == task.node))
            .map(|(index, task)| (task.node, task.lineage.depth, task.path.key(), TaskId { index, generation: task.generation }))
            .collect();
        living.sort_unstable();
        living.into_iter().map(|(node, .., id)| (node, id)).collect()
    }
}

impl Kernel {
    /// Makes the places of a node's ended tasks free, or those of all, also where a handle may still ask: its life is over. Hands out the
    /// results that nobody asked for, by node.
    fn forget_handles(&mut self, node: Option<NodeId>) -> Vec<(NodeId, Box<dyn Any>)> {
        let held = |task: &super::task::Task| task.has_ended && task.has_handle && node.is_none_or(|node| node == task.node);
        let ids: Vec<(NodeId, TaskId)> = (0..)
            .zip(&self.tasks.slots)
            .filter(|(_, task)| held(task))
            .map(|(index, task)| (task.node, TaskId { index, generation: task.generation }))
            .collect();
        ids.into_iter().filter_map(|(node, id)| Some((node, self.let_go(id)?))).collect()
    }
}

/// Drops every task of a node, or of all, each guarded from the panics of the others; answers with the first panic.
///
/// Their node's code runs while they are dropped, so the core is entered.
pub(crate) fn drop_tasks(core: &mut Box<Core>, node: Option<NodeId>) -> Option<Panic> {
    let mut first = None;
    for (node, id) in core.kernel.living_tasks(node) {
        let task = core.kernel.tasks.get_mut(id).expect("a living task has its place");
        let (future, lineage) = (task.future.take(), Rc::clone(&task.lineage));
        let result = core.kernel.end_task(id, End::Dropped);
        let panic = drop_guarded(core, node, (future, result));
        if panic.is_some() {
            core.kernel.panicked.get_or_insert_with(|| lineage.task_name());
        }
        first = first.or(panic);
    }
    for (node, result) in core.kernel.forget_handles(node) {
        let panic = drop_guarded(core, node, result);
        first = first.or(panic);
    }
    first
}

/// Drops the view and the handle that a node showed in its life.
pub(crate) fn drop_node_state(core: &mut Box<Core>, node: NodeId) -> Option<Panic> {
    let belongings = std::mem::take(core.kernel.tasks.node_state.get_mut(node.index())?);
    drop_guarded(core, node, (belongings.view, belongings.exposed))
}

/// Drops what code of a node's made, with the simulation entered; answers with its panic.
pub(super) fn drop_guarded<T>(core: &mut Box<Core>, node: NodeId, held: T) -> Option<Panic> {
    let panic = catch_unwind(AssertUnwindSafe(|| enter_as(core, node, None, || drop(held)))).err();
    if panic.is_some() {
        core.kernel.tasks.failed.get_or_insert(node);
    }
    panic
}
