//! Ends tasks: with a result, by an abort, or with the life of their node.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use cluster_sim_types::NodeId;

use super::context::enter_as;
use super::task::TaskId;
use crate::engine::{Core, Kernel, Record, RecordKind};

/// The end of a task, as the detail of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum End {
    /// Returned a result.
    Finished,
    /// Aborted through a handle.
    Aborted,
    /// Dropped with the life of its node.
    Dropped,
}

/// The payload of a panic.
pub(super) type Panic = Box<dyn Any + Send>;

impl Kernel {
    /// Stops a task at its next poll.
    pub(crate) fn abort(&mut self, id: TaskId) {
        if let Some(task) = self.tasks.get_mut(id)
            && !task.has_ended
        {
            task.is_aborted = true;
            self.make_ready(id);
        }
    }

    /// Stores the result of the present task.
    pub(super) fn keep_result(&mut self, result: Box<dyn Any>) {
        if let Some(current) = self.tasks.current
            && let Some(task) = self.tasks.get_mut(current)
        {
            task.result = Some(result);
        }
    }

    /// Records that no handle can ask for the task's result; returns an existing result for dropping.
    pub(super) fn detach(&mut self, id: TaskId) -> Option<Box<dyn Any>> {
        let task = self.tasks.get_mut(id)?;
        task.has_handle = false;
        let result = task.result.take();
        self.tasks.release(id);
        result
    }

    /// Marks a task as ended and wakes its joiner; returns a result without a handle, for dropping.
    pub(super) fn end_task(&mut self, id: TaskId, end: End) -> Option<Box<dyn Any>> {
        let task = self.tasks.get_mut(id)?;
        task.has_ended = true;
        let (node, path, joiner) = (task.node, task.path, task.joiner.take());
        let unclaimed = if task.has_handle { None } else { task.result.take() };
        self.record(Record { label: path.key(), detail: end as u32, ..Record::of(self.now(), RecordKind::TaskEnd, node) });
        if let Some(joiner) = joiner {
            self.wake(joiner);
        }
        self.tasks.release(id);
        unclaimed
    }

    /// Lists the tasks of one node or of all that have not ended: by node, depth and path.
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
    /// Detaches the handles of ended tasks, of one node or of all, since their life has ended.
    ///
    /// Returns unclaimed results with their nodes, for dropping.
    fn detach_ended(&mut self, node: Option<NodeId>) -> Vec<(NodeId, Box<dyn Any>)> {
        let has_handle = |task: &super::task::Task| task.has_ended && task.has_handle && node.is_none_or(|node| node == task.node);
        let ids: Vec<(NodeId, TaskId)> = (0..)
            .zip(&self.tasks.slots)
            .filter(|(_, task)| has_handle(task))
            .map(|(index, task)| (task.node, TaskId { index, generation: task.generation }))
            .collect();
        ids.into_iter().filter_map(|(node, id)| Some((node, self.detach(id)?))).collect()
    }
}

/// Drops every task of a node, or of all; returns the first panic.
///
/// Each drop is guarded from the panics of others. Destructors are node code, so the core is entered.
pub(crate) fn drop_tasks(core: &mut Box<Core>, node: Option<NodeId>) -> Option<Panic> {
    let mut first = None;
    for (node, id) in core.kernel.living_tasks(node) {
        let task = core.kernel.tasks.get_mut(id).expect("a living task is in the slab");
        let (future, lineage) = (task.future.take(), Rc::clone(&task.lineage));
        let result = core.kernel.end_task(id, End::Dropped);
        let panic = drop_guarded(core, node, (future, result));
        if panic.is_some() {
            core.kernel.panicked.get_or_insert_with(|| lineage.task_name());
        }
        first = first.or(panic);
    }
    for (node, result) in core.kernel.detach_ended(node) {
        let panic = drop_guarded(core, node, result);
        first = first.or(panic);
    }
    first
}

/// Drops the view and the exposed value of a node's life; returns a panic.
pub(crate) fn drop_node_state(core: &mut Box<Core>, node: NodeId) -> Option<Panic> {
    let state = std::mem::take(core.kernel.tasks.node_state.get_mut(node.index())?);
    drop_guarded(core, node, (state.view, state.exposed))
}

/// Drops a value with the simulation entered; returns a panic.
pub(super) fn drop_guarded<T>(core: &mut Box<Core>, node: NodeId, value: T) -> Option<Panic> {
    let panic = catch_unwind(AssertUnwindSafe(|| enter_as(core, node, || drop(value)))).err();
    if panic.is_some() {
        core.kernel.keep_panic_place();
        core.kernel.tasks.panicked_node.get_or_insert(node);
    }
    panic
}
