//! Readable names of tasks.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::rc::Rc;

use cluster_sim_types::NodeId;
use rustc_hash::FxHashMap;

use super::task::{Task, TaskId, Tasks, Waiting, Waits};
use crate::engine::{Core, Kernel};
use crate::random::Address;

/// The name of a task, from the node's main task down, and the place of its spawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskName {
    /// `main`, `main/heartbeat`, `main/0`: a child without a name has its number.
    pub name: String,
    /// File, line and column of the spawn.
    pub site: String,
}

impl fmt::Display for TaskName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, spawned at {}", self.name, self.site)
    }
}

/// The names of a task and its ancestors.
#[derive(Debug)]
pub(super) struct Lineage {
    pub(super) parent: Option<Rc<Lineage>>,
    pub(super) name: Option<&'static str>,
    pub(super) child: u64,
    pub(super) site: &'static Location<'static>,
    /// The number of all ancestors, including those left out.
    pub(super) depth: u32,
}

/// Depth from which ancestors are left out.
///
/// Otherwise a chain of tasks that each spawn the next would retain all names.
const ANCESTORS_MAX: u32 = 64;

/// Takes the place of a parent task in calls from outside.
pub(super) const CALL: &str = "call";

impl Lineage {
    /// Names a task without a parent.
    pub(super) fn root(name: &'static str, site: &'static Location<'static>) -> Self {
        Self { parent: None, name: Some(name), child: 0, site, depth: 0 }
    }

    /// Names a child task.
    pub(super) fn child(parent: Rc<Self>, name: Option<&'static str>, child: u64, site: &'static Location<'static>) -> Self {
        let depth = parent.depth.saturating_add(1);
        Self { parent: (depth < ANCESTORS_MAX).then_some(parent), name, child, site, depth }
    }

    /// Returns the path that a task of this lineage has in the life with that address.
    pub(super) fn path_under(&self, life: Address) -> Address {
        let parent = match &self.parent {
            Some(parent) => parent.path_under(life),
            None if self.depth == 0 => return if self.name == Some(CALL) { life.name(CALL) } else { life },
            // The oldest ancestor whose name is known.
            None => life.number(u64::from(self.depth)),
        };
        self.name.map_or(parent, |name| parent.name(name)).number(self.child)
    }

    pub(super) fn task_name(&self) -> TaskName {
        TaskName { name: self.to_string(), site: self.site.to_string() }
    }
}

impl fmt::Display for Lineage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = &self.parent {
            write!(formatter, "{parent}/")?;
        } else if self.depth > 0 {
            write!(formatter, "…/")?;
        }
        match self.name {
            Some(name) if self.child == 0 => write!(formatter, "{name}"),
            Some(name) => write!(formatter, "{name}#{}", self.child),
            None => write!(formatter, "{}", self.child),
        }
    }
}

/// Names of all tasks so far, by path.
pub(super) type KeptNames = FxHashMap<u64, Rc<Lineage>>;

/// A task that has not ended, with what it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingTask {
    /// The node of the task.
    pub node: NodeId,
    /// Its name.
    pub task: TaskName,
    /// Its waits, as text.
    pub waits_for: String,
}

impl Tasks {
    pub(crate) fn name_of(&self, id: TaskId) -> Option<TaskName> {
        self.get(id).map(|task| task.lineage.task_name())
    }

    /// Returns the place of a task's spawn.
    pub(crate) fn site_of(&self, id: TaskId) -> Option<&'static Location<'static>> {
        self.get(id).map(|task| task.lineage.site)
    }
}

impl Kernel {
    /// Keeps the names of all tasks from here on, ended ones too; memory grows with every spawn.
    pub(crate) fn keep_task_names(&mut self) {
        let names = self.tasks.slots.iter().map(|task| (task.path.key(), Rc::clone(&task.lineage))).collect();
        self.tasks.kept_names.get_or_insert(names);
    }

    /// Removes the kept name of an ended task.
    pub fn forget_task_name(&mut self, path: u64) {
        if let Some(names) = &mut self.tasks.kept_names {
            names.remove(&path);
        }
    }

    /// Returns the name of the task that is being polled.
    pub fn current_task_name(&self) -> Option<TaskName> {
        self.tasks.name_of(self.tasks.current?)
    }

    /// Returns the name of the task with this path; `None` if it ended before names were kept.
    ///
    /// The path is the label of the task's records.
    pub fn task_named(&self, path: u64) -> Option<TaskName> {
        let kept = self.tasks.kept_names.as_ref().and_then(|names| names.get(&path)).map(|lineage| lineage.task_name());
        kept.or_else(|| Some(self.tasks.slots.iter().find(|task| task.path == Address::from_key(path))?.lineage.task_name()))
    }
}

/// The live tasks of a node that were spawned at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveTasks {
    /// The node.
    pub node: NodeId,
    /// The first of them.
    pub task: TaskName,
    /// Their number.
    pub count: usize,
}

impl Kernel {
    /// Lists the live tasks by node and place of spawn, most first, with their number in all.
    pub fn live_tasks(&self) -> (usize, Vec<LiveTasks>) {
        let mut places: BTreeMap<(NodeId, &Location<'_>), (usize, &Task)> = BTreeMap::new();
        for task in self.tasks.slots.iter().filter(|task| !task.has_ended) {
            places.entry((task.node, task.lineage.site)).or_insert((0, task)).0 += 1;
        }
        let live = |((node, _), (count, task)): (_, (usize, &Task))| LiveTasks { node, task: task.lineage.task_name(), count };
        let mut live: Vec<LiveTasks> = places.into_iter().map(live).collect();
        live.sort_by_key(|live| Reverse(live.count));
        (live.iter().map(|live| live.count).sum(), live)
    }
}

impl Core {
    /// Lists every task that has not ended, with its waits, by node and then by name.
    pub fn waiting_tasks(&self) -> Vec<WaitingTask> {
        let mut living: Vec<(u32, &Task)> = (0..).zip(&self.kernel.tasks.slots).filter(|(_, task)| !task.has_ended).collect();
        living.sort_by_key(|(_, task)| (task.node, task.lineage.to_string()));
        let mut others: FxHashMap<TaskId, Vec<Waiting>> = FxHashMap::default();
        for (task, device, what) in self.devices.waits() {
            others.entry(task).or_default().push(Waiting::Device(device, what));
        }
        let others = |id| others.get(&id).map_or(&[][..], Vec::as_slice);
        let waiting = |(index, task): (u32, &Task)| WaitingTask {
            node: task.node,
            task: task.lineage.task_name(),
            waits_for: self.describe_waits(&task.waits, others(TaskId { index, generation: task.generation })),
        };
        living.into_iter().map(waiting).collect()
    }

    fn describe_waits(&self, waits: &Waits, others: &[Waiting]) -> String {
        match waits.summary(others) {
            (None, ..) => "an unknown event: other code holds its waker, or no code does".to_owned(),
            (Some(only), None, _) => self.in_words(only),
            (Some(first), Some(last), 0) => format!("{}, or {}", self.in_words(first), self.in_words(last)),
            (Some(first), Some(last), more) => {
                format!("{}, {}, or one of {more} more", self.in_words(first), self.in_words(last))
            }
        }
    }

    fn in_words(&self, waiting: Waiting) -> String {
        match waiting {
            Waiting::Sleep(until) => format!("the end of a sleep at {until}"),
            Waiting::Join(task) => match self.kernel.tasks.name_of(task) {
                Some(name) => format!("the end of task {name}"),
                None => "the end of a task that is gone".to_owned(),
            },
            Waiting::Stop => "a request to stop".to_owned(),
            Waiting::Device(device, what) => self.devices.describe(device, &self.kernel, what),
            Waiting::Channel(what, name, site) => format!("{what} {name:?}, made at {site}"),
        }
    }
}
