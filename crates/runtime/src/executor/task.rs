//! Tasks in their slab.

use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;

use cluster_sim_types::{NodeId, VirtualInstant};

use super::context::{Life, NO_RUN};
use super::inbox::Mailbox;
use super::run_queue::RunQueue;
use super::task_path::{KeptNames, Lineage};
use super::waiter::Waiter;
use crate::engine::{DeviceId, Kernel, TimerKey};
use crate::random::Address;

/// One task of a simulation: a place in the slab, and which of its tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    pub(super) index: u32,
    pub(super) generation: u32,
}

/// Something that a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// The instant at which a sleep of its ends.
    Sleep(VirtualInstant),
    /// The end of another task.
    Join(TaskId),
    /// Something of a device, which can describe it.
    Device(DeviceId, u64),
    /// Something of a channel with a name, which was made at this place in the code.
    Channel(ChannelWait, &'static str, &'static Location<'static>),
}

/// What of a channel a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelWait {
    /// A message in it.
    Message,
    /// Room for one more.
    Room,
    /// The one value that it carries.
    Value,
}

impl fmt::Display for ChannelWait {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Message => "a message in channel",
            Self::Room => "room in channel",
            Self::Value => "the value of oneshot",
        })
    }
}

/// What a task said in its last poll that it waits for: what it said first and last, and how much more between. What it holds from an earlier
/// poll and did not look at again is not there, and neither is what is none of ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waits {
    count: u32,
    first: Waiting,
    last: Waiting,
}

impl Waits {
    pub(super) const NONE: Self =
        Self { count: 0, first: Waiting::Sleep(VirtualInstant::ZERO), last: Waiting::Sleep(VirtualInstant::ZERO) };

    #[inline]
    pub(super) fn clear(&mut self) {
        self.count = 0;
    }

    #[inline]
    pub(super) fn add(&mut self, waiting: Waiting) {
        if self.count == 0 {
            self.first = waiting;
        } else if self.last_said() == waiting {
            return;
        } else {
            self.last = waiting;
        }
        self.count = self.count.saturating_add(1);
    }

    fn last_said(&self) -> Waiting {
        if self.count == 1 { self.first } else { self.last }
    }

    /// What was said first, what last, and how many between.
    pub(super) fn said(&self) -> (Option<Waiting>, Option<Waiting>, u32) {
        match self.count {
            0 => (None, None, 0),
            1 => (Some(self.first), None, 0),
            count => (Some(self.first), Some(self.last), count - 2),
        }
    }
}

/// How many children a task has, so that each gets a number: those without a name together, and those of each name.
#[derive(Debug, Default)]
pub(super) struct Children {
    nameless: u64,
    named: Vec<(&'static str, u64)>,
}

impl Children {
    /// The number of the next one of that name.
    pub(super) fn next(&mut self, name: Option<&'static str>) -> u64 {
        let count = match name {
            None => &mut self.nameless,
            Some(name) => {
                let known = self.named.iter().position(|(known, _)| *known == name);
                let index = known.unwrap_or_else(|| {
                    self.named.push((name, 0));
                    self.named.len() - 1
                });
                &mut self.named[index].1
            }
        };
        *count += 1;
        *count - 1
    }
}

pub(super) type BoxedFuture = Pin<Box<dyn Future<Output = ()>>>;

/// One task, or a free place.
pub(super) struct Task {
    /// Counts the tenants of this place; a waker or handle of an earlier one reaches nobody.
    pub(super) generation: u32,
    pub(super) node: NodeId,
    /// Taken out while it is polled, gone when the task ended.
    pub(super) future: Option<BoxedFuture>,
    pub(super) is_ready: bool,
    pub(super) is_aborted: bool,
    pub(super) has_ended: bool,
    /// Somebody holds a handle and may ask for the result.
    pub(super) has_handle: bool,
    /// Node name, life, and which child of which child: what chance about this task is addressed by.
    pub(super) path: Address,
    pub(super) polls: u64,
    pub(super) children: Children,
    pub(super) draws: u64,
    pub(super) waits: Waits,
    /// A timer that was dropped before it was due, for the next sleep to take over.
    pub(super) parked: Option<TimerKey>,
    pub(super) joiner: Option<Waiter>,
    pub(super) result: Option<Box<dyn Any>>,
    pub(super) lineage: Rc<Lineage>,
}

/// What a node holds of its present life beside its tasks.
#[derive(Default)]
pub(super) struct NodeState {
    pub(super) root: Option<TaskId>,
    pub(super) view: Option<Box<dyn Any>>,
    pub(super) exposed: Option<Box<dyn Any>>,
    /// Tasks spawned and chances drawn by calls from outside, which belong to no task.
    pub(super) children: Children,
    pub(super) draws: u64,
}

/// All tasks of a simulation.
pub(crate) struct Tasks {
    pub(super) slots: Vec<Task>,
    pub(super) free: Vec<u32>,
    pub(super) ready: RunQueue,
    /// Tasks that were woken while their node was paused.
    pub(super) held: Vec<TaskId>,
    /// The task that is being polled.
    pub(super) current: Option<TaskId>,
    /// The life whose code runs, and goes on: the handles of most calls are of it.
    pub(super) acting: Life,
    /// The slot of the mailbox and the first generation of tasks, as one number.
    pub(super) run: u64,
    pub(super) node_state: Vec<NodeState>,
    /// The node whose code panicked while what it held was dropped.
    pub(crate) failed: Option<NodeId>,
    /// Where wakes from outside come in; nothing in a simulation without async nodes.
    pub(super) mailbox: Option<Mailbox>,
    /// Only while records are kept.
    pub(super) kept_names: Option<KeptNames>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            ready: RunQueue::default(),
            held: Vec::new(),
            current: None,
            acting: Life::NONE,
            run: NO_RUN,
            node_state: Vec::new(),
            failed: None,
            mailbox: None,
            kept_names: None,
        }
    }
}

impl Tasks {
    /// The task, unless its place has another tenant by now.
    #[inline]
    pub(super) fn get(&self, id: TaskId) -> Option<&Task> {
        self.slots.get(id.index as usize).filter(|task| task.generation == id.generation)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        self.slots.get_mut(id.index as usize).filter(|task| task.generation == id.generation)
    }

    /// Puts a task into a free place.
    pub(super) fn insert(&mut self, task: Task) -> TaskId {
        if let Some(index) = self.free.pop() {
            let place = &mut self.slots[index as usize];
            let generation = place.generation;
            *place = Task { generation, ..task };
            return TaskId { index, generation };
        }
        let index = u32::try_from(self.slots.len()).ok().filter(|index| *index < super::waker::TASKS_MAX);
        let index = index.unwrap_or_else(|| panic!("more than {} tasks live at once", super::waker::TASKS_MAX));
        let generation = self.mailbox.as_ref().map_or(0, |mailbox| mailbox.first_generation);
        self.slots.push(Task { generation, ..task });
        TaskId { index, generation }
    }

    /// Makes the place of an ended task free, once nobody can ask for its result any more.
    pub(super) fn release(&mut self, id: TaskId) {
        if let Some(task) = self.get_mut(id)
            && task.has_ended
            && !task.has_handle
        {
            task.generation = task.generation.wrapping_add(1);
            task.joiner = None;
            self.free.push(id.index);
        }
    }

    /// What the node holds beside its tasks.
    pub(super) fn node_state(&mut self, node: NodeId) -> &mut NodeState {
        if self.node_state.len() <= node.index() {
            self.node_state.resize_with(node.index() + 1, NodeState::default);
        }
        &mut self.node_state[node.index()]
    }

    /// Whether there are async nodes.
    pub(crate) fn is_used(&self) -> bool {
        self.mailbox.is_some()
    }

    /// Whether any task is ready or was woken from outside.
    #[inline]
    pub(crate) fn has_work(&self) -> bool {
        !self.ready.is_empty() || self.mailbox.as_ref().is_some_and(Mailbox::has_mail)
    }
}

impl Kernel {
    /// What the chances about a task are addressed by.
    pub(crate) fn path_of(&self, id: TaskId) -> u64 {
        self.tasks.get(id).map_or(0, |task| task.path.key())
    }

    /// The timer that a task let go of before it was due.
    #[inline]
    pub(crate) fn unpark(&mut self, id: TaskId) -> Option<TimerKey> {
        self.tasks.get_mut(id)?.parked.take()
    }

    /// Keeps a timer for the next sleep of a task. One it has parked already is left to come to nothing.
    #[inline]
    pub(crate) fn keep_parked(&mut self, id: TaskId, timer: TimerKey) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.parked = Some(timer);
        }
    }
}
