//! Tasks, and the slab that holds them.

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
use super::waker::WakerId;
use crate::engine::{DeviceId, Kernel, TimerKey};
use crate::random::Address;

/// A task of a simulation: its slot in the slab, and the generation of the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    pub(super) index: u32,
    pub(super) generation: u32,
}

impl TaskId {
    /// Packs the id into one word.
    #[inline]
    pub const fn to_bits(self) -> u64 {
        (self.index as u64) << 32 | self.generation as u64
    }

    /// Returns the id that was packed into `bits`.
    #[inline]
    pub const fn from_bits(bits: u64) -> Self {
        Self { index: (bits >> 32) as u32, generation: bits as u32 }
    }
}

/// A cause for a task to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// The deadline of a sleep.
    Sleep(VirtualInstant),
    /// The end of another task.
    Join(TaskId),
    /// The request that the node stops.
    Stop,
    /// A wait at a device; the number is passed to `Device::describe`.
    Device(DeviceId, u64),
    /// A named channel, with its name and the place of its creation.
    Channel(ChannelWait, &'static str, &'static Location<'static>),
}

/// The reason for waiting at a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelWait {
    /// A message to receive.
    Message,
    /// Room for one more message.
    Room,
    /// The value of a oneshot.
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

/// The waits that a task named in its last poll: the first, the last, and the number between.
///
/// Futures that it holds but did not poll again are missing, and so are those that do not name their wait. Devices list the waits
/// that they know themselves ([`Device::waits`](crate::Device::waits)), so that their polls need not name them.
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

    #[inline(always)]
    pub(super) fn add(&mut self, waiting: Waiting) {
        if self.count == 0 {
            (self.first, self.count) = (waiting, 1);
        } else {
            self.add_further(waiting);
        }
    }

    #[inline(never)]
    fn add_further(&mut self, waiting: Waiting) {
        let latest = if self.count == 1 { &self.first } else { &self.last };
        let is_known = match (latest, &waiting) {
            // The common cases, without the comparison of texts.
            (Waiting::Sleep(known), Waiting::Sleep(until)) => known == until,
            (Waiting::Device(..), Waiting::Sleep(_)) | (Waiting::Sleep(_), Waiting::Device(..)) => false,
            _ => *latest == waiting,
        };
        if !is_known {
            self.last = waiting;
            self.count = self.count.saturating_add(1);
        }
    }

    /// Returns the first wait and the last; of two or more, those between are not kept.
    pub(super) fn named(&self) -> [Option<Waiting>; 2] {
        [(self.count > 0).then_some(self.first), (self.count > 1).then_some(self.last)]
    }

    /// Returns the first wait, the last, and the number of those between; `others` are waits beside these.
    pub(super) fn summary(&self, others: &[Waiting]) -> (Option<Waiting>, Option<Waiting>, u32) {
        let own = || self.named().into_iter().flatten();
        // A task that waits twice for one thing may have told the kernel of one wait only.
        let others = || others.iter().copied().filter(|other| own().all(|own| own != *other));
        let count = others().count() as u32 + self.count;
        let last = own().next_back().or_else(|| others().next_back()).filter(|_| count > 1);
        (others().chain(own()).next(), last, count.saturating_sub(2))
    }
}

/// Counts children: those without a name together, and those of each name.
#[derive(Debug, Default)]
pub(super) struct Children {
    unnamed: u64,
    named: Vec<(&'static str, u64)>,
}

impl Children {
    /// Returns the number of the next child called `name`.
    pub(super) fn next(&mut self, name: Option<&'static str>) -> u64 {
        let count = match name {
            None => &mut self.unnamed,
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

/// The future of a task.
pub type BoxedFuture = Pin<Box<dyn Future<Output = ()>>>;

/// Takes the future of a new task of a node, and returns the one that is polled in its place.
pub type WrapTask = Rc<dyn Fn(NodeId, BoxedFuture) -> BoxedFuture>;

/// A task, or a free slot.
pub(super) struct Task {
    /// Incremented each time the slot is reused; older wakers and handles then match no task.
    pub(super) generation: u32,
    pub(super) node: NodeId,
    /// The life of the node that it belongs to; it has ended before that life does.
    pub(super) life: Life,
    /// The packed [`WakerId`](super::waker::WakerId) of the task.
    pub(super) waker: usize,
    /// Taken out during a poll; `None` after the end.
    pub(super) future: Option<BoxedFuture>,
    pub(super) is_ready: bool,
    pub(super) is_aborted: bool,
    pub(super) has_ended: bool,
    /// Whether a handle may ask for the result.
    pub(super) has_handle: bool,
    /// Node name, life, and position in the tree of tasks: addresses random choices about this task.
    pub(super) path: Address,
    pub(super) polls: u64,
    pub(super) children: Children,
    pub(super) draws: u64,
    pub(super) waits: Waits,
    /// The timer of a dropped sleep, for the next sleep.
    pub(super) parked: Option<TimerKey>,
    pub(super) joiner: Option<Waiter>,
    pub(super) result: Option<Box<dyn Any>>,
    pub(super) lineage: Rc<Lineage>,
}

/// State of a node's present life beside its tasks.
#[derive(Default)]
pub(super) struct NodeState {
    pub(super) root: Option<TaskId>,
    pub(super) view: Option<Box<dyn Any>>,
    /// The name of the view's type, for reports.
    pub(super) view_type: Option<&'static str>,
    pub(super) exposed: Option<Box<dyn Any>>,
    /// Children and draws of calls from outside, which belong to no task.
    pub(super) children: Children,
    pub(super) draws: u64,
}

/// All tasks of a simulation.
pub(crate) struct Tasks {
    pub(super) slots: Vec<Task>,
    pub(super) free: Vec<u32>,
    pub(super) ready: RunQueue,
    /// Tasks woken while their node was paused.
    pub(super) paused: Vec<TaskId>,
    /// The task that is being polled.
    pub(super) current: Option<TaskId>,
    /// The life whose code runs, if it continues: most handle calls are of this life.
    pub(super) active_life: Life,
    /// The slot of the mailbox and the first generation of tasks, as one number.
    pub(super) run: u64,
    pub(super) node_state: Vec<NodeState>,
    /// The node whose destructors panicked first.
    pub(crate) panicked_node: Option<NodeId>,
    /// Receives wakes from outside; `None` without async nodes.
    pub(super) mailbox: Option<Mailbox>,
    /// `Some` while records are kept.
    pub(super) kept_names: Option<KeptNames>,
    /// Wraps the future of each new task, if set.
    pub(super) wrap: Option<WrapTask>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            ready: RunQueue::default(),
            paused: Vec::new(),
            current: None,
            active_life: Life::NONE,
            run: NO_RUN,
            node_state: Vec::new(),
            panicked_node: None,
            mailbox: None,
            kept_names: None,
            wrap: None,
        }
    }
}

impl Tasks {
    /// Lets the handles of the life whose code runs find that it is over.
    pub(crate) fn leave_life(&mut self) {
        self.active_life = Life::NONE;
    }

    /// Leaves the code that panicked: no task is being polled.
    pub(crate) fn leave_panicked(&mut self) {
        (self.current, self.active_life, self.panicked_node) = (None, Life::NONE, None);
    }

    /// Returns the task, unless its slot was reused.
    #[inline]
    pub(super) fn get(&self, id: TaskId) -> Option<&Task> {
        self.slots.get(id.index as usize).filter(|task| task.generation == id.generation)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        self.slots.get_mut(id.index as usize).filter(|task| task.generation == id.generation)
    }

    /// Returns a task that has not been released.
    #[inline(always)]
    pub(super) fn at(&mut self, id: TaskId) -> &mut Task {
        let task = &mut self.slots[id.index as usize];
        debug_assert_eq!(task.generation, id.generation, "its slot was reused");
        task
    }

    /// Stores a task in a free slot.
    pub(super) fn insert(&mut self, task: Task) -> TaskId {
        if let Some(index) = self.free.pop() {
            let free = &mut self.slots[index as usize];
            let id = TaskId { index, generation: free.generation };
            *free = Task { generation: id.generation, waker: WakerId { slot: task.life.slot(), task: id }.pack(), ..task };
            return id;
        }
        let index = u32::try_from(self.slots.len()).ok().filter(|index| *index < super::waker::TASKS_MAX);
        let index = index.unwrap_or_else(|| panic!("more than {} tasks live at once", super::waker::TASKS_MAX));
        let generation = self.mailbox.as_ref().map_or(0, |mailbox| mailbox.first_generation);
        let id = TaskId { index, generation };
        self.slots.push(Task { generation, waker: WakerId { slot: task.life.slot(), task: id }.pack(), ..task });
        id
    }

    /// Frees the slot of an ended task once no handle can ask for its result.
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

    pub(super) fn node_state(&mut self, node: NodeId) -> &mut NodeState {
        if self.node_state.len() <= node.index() {
            self.node_state.resize_with(node.index() + 1, NodeState::default);
        }
        &mut self.node_state[node.index()]
    }

    /// Whether the present life of the node is a main task and its children.
    pub(crate) fn runs_on(&self, node: NodeId) -> bool {
        self.node_state.get(node.index()).is_some_and(|state| state.root.is_some())
    }

    /// Whether the simulation has async nodes.
    #[inline(always)]
    pub(crate) fn is_used(&self) -> bool {
        self.mailbox.is_some()
    }

    /// Whether a task is ready or was woken from outside.
    #[inline]
    pub(crate) fn has_work(&self) -> bool {
        !self.ready.is_empty() || self.has_outside_wakes()
    }

    /// Whether a task was woken from outside.
    #[inline(always)]
    pub(super) fn has_outside_wakes(&self) -> bool {
        self.mailbox.as_ref().is_some_and(Mailbox::has_wakes)
    }
}

impl Kernel {
    /// Returns the address of random choices about a task, as one word.
    pub(crate) fn path_of(&self, id: TaskId) -> u64 {
        self.tasks.get(id).map_or(0, |task| task.path.key())
    }

    /// Takes the parked timer of a task.
    #[inline]
    pub(crate) fn unpark(&mut self, id: TaskId) -> Option<TimerKey> {
        self.tasks.get_mut(id)?.parked.take()
    }

    /// Parks a timer for the next sleep of a task. A timer parked earlier surfaces without effect.
    #[inline]
    pub(crate) fn keep_parked(&mut self, id: TaskId, timer: TimerKey) {
        if let Some(task) = self.tasks.get_mut(id) {
            task.parked = Some(timer);
        }
    }
}
