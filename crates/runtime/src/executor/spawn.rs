//! Spawns tasks, and addresses their random choices.

use std::panic::Location;
use std::rc::Rc;

use cluster_sim_types::NodeId;

use super::context::Life;
use super::inbox::Mailbox;
use super::task::{BoxedFuture, Children, Task, TaskId, Waits, WrapTask};
use super::task_path::{CALL, Lineage};
use crate::engine::{Choice, Exhausted, Kernel, Record, RecordKind, Site};
use crate::random::{Address, Roll, Stream};

const DRAW: Stream = Stream::named("draw");
const SELECT: Stream = Stream::named("select");

/// Parameters of a new task.
#[derive(Debug, Clone, Copy)]
pub struct Spawn {
    /// The node of the task.
    pub node: NodeId,
    /// Its name; without one, its number among its siblings.
    pub name: Option<&'static str>,
    /// The place of the spawn in the code.
    pub site: &'static Location<'static>,
    /// Whether a handle may ask for the result.
    pub has_handle: bool,
}

impl Kernel {
    /// Prepares for async nodes; must be called before the first of them boots.
    pub fn expect_tasks(&mut self) {
        let mailbox = self.tasks.mailbox.get_or_insert_with(Mailbox::take);
        self.tasks.run = u64::from(mailbox.slot) << 32 | u64::from(mailbox.first_generation);
    }

    /// Wraps the future of every task that is spawned from now on, to measure it. The wrapper must poll what it was given.
    pub fn wrap_tasks(&mut self, wrap: WrapTask) {
        self.tasks.wrap = Some(wrap);
    }

    /// Spawns the main task of a node's life.
    pub fn spawn_root(&mut self, node: NodeId, site: &'static Location<'static>, future: BoxedFuture) {
        let path = self.address(node).number(u64::from(self.incarnation(node).0));
        let lineage = Lineage::root("main", site);
        let id = self.insert_task(node, lineage, path, false, future);
        self.tasks.node_state(node).root = Some(id);
    }

    /// Spawns a child of the present task, or of the node in a call from outside.
    pub fn spawn(&mut self, spawn: Spawn, future: BoxedFuture) -> TaskId {
        let Spawn { node, name, site, has_handle } = spawn;
        let (parent, ancestor, child) = match self.tasks.current.and_then(|current| self.tasks.get_mut(current)) {
            Some(task) => (task.path, Rc::clone(&task.lineage), task.children.next(name)),
            None => {
                let path = self.call_path(node);
                let child = self.tasks.node_state(node).children.next(name);
                (path, Rc::new(Lineage::root(CALL, site)), child)
            }
        };
        let path = name.map_or(parent, |name| parent.name(name)).number(child);
        self.insert_task(node, Lineage::child(ancestor, name, child, site), path, has_handle, future)
    }

    /// The path that takes the place of a parent task in calls from outside.
    fn call_path(&self, node: NodeId) -> Address {
        self.address(node).number(u64::from(self.incarnation(node).0)).name(CALL)
    }

    fn insert_task(&mut self, node: NodeId, lineage: Lineage, path: Address, has_handle: bool, future: BoxedFuture) -> TaskId {
        let lineage = Rc::new(lineage);
        if let Some(names) = &mut self.tasks.kept_names {
            names.insert(path.key(), Rc::clone(&lineage));
        }
        let future = match &self.tasks.wrap {
            None => future,
            Some(wrap) => wrap(node, future),
        };
        let task = Task {
            generation: 0,
            node,
            life: Life::in_kernel(self, node),
            waker: 0,
            future: Some(future),
            is_ready: false,
            is_aborted: false,
            has_ended: false,
            has_handle,
            path,
            polls: 0,
            children: Children::default(),
            draws: 0,
            waits: Waits::NONE,
            parked: None,
            joiner: None,
            result: None,
            lineage,
        };
        let id = self.tasks.insert(task);
        if u64::from(id.index) >= self.limits().live_tasks {
            self.exhaust_tasks(id);
        }
        if let Some(mailbox) = &mut self.tasks.mailbox {
            mailbox.next_generation = mailbox.next_generation.max(id.generation.wrapping_add(1));
        }
        self.record(Record { label: path.key(), ..Record::of(self.now(), RecordKind::Spawn, node) });
        self.make_ready(id);
        id
    }

    /// Ends the run after this step: more tasks are alive than its budget.
    ///
    /// # Panics
    /// At twice the budget: the step may never end, and the panic names its node.
    #[cold]
    fn exhaust_tasks(&mut self, id: TaskId) {
        let limit = self.limits().live_tasks;
        self.exhaust(Exhausted::LiveTasks(limit));
        let twice = limit.saturating_mul(2);
        assert!(u64::from(id.index) < twice, "it spawns tasks without end in one step: more than {twice} are alive");
    }

    /// Returns the task that is being polled.
    pub fn current_task(&self) -> Option<TaskId> {
        self.tasks.current
    }

    /// Rolls for the present task, or for calls from outside; successive calls give different rolls.
    pub fn random(&mut self, node: NodeId) -> Roll {
        let address = self.next_draw(node);
        let address = match self.shared_entropy.source_of(node) {
            None => address,
            Some(source) => self.draw_of(source, node),
        };
        self.roll(DRAW, address)
    }

    /// The address of the present draw if it were one of that life.
    #[cold]
    fn draw_of(&mut self, source: Address, node: NodeId) -> Address {
        match self.tasks.current.and_then(|current| self.tasks.get(current)) {
            Some(task) => task.lineage.path_under(source).number(task.draws),
            None => source.name(CALL).number(self.tasks.node_state(node).draws),
        }
    }

    /// Returns the address of the next poll of a task, if it is spawned and was polled before.
    pub(crate) fn poll_after_await(&mut self, node: NodeId, id: TaskId) -> Option<Address> {
        let is_main = self.tasks.node_state(node).root == Some(id);
        let task = self.tasks.get(id)?;
        (!is_main && task.polls > 0 && !task.is_aborted).then(|| task.path.number(task.polls))
    }

    fn next_draw(&mut self, node: NodeId) -> Address {
        match self.tasks.current.and_then(|current| self.tasks.get_mut(current)) {
            Some(task) => {
                task.draws += 1;
                task.path.number(task.draws)
            }
            None => {
                let path = self.call_path(node);
                let state = self.tasks.node_state(node);
                state.draws += 1;
                path.number(state.draws)
            }
        }
    }
}

/// Returns the branch that a `select!` polls first; `None` if no code of a simulated node runs.
///
/// The address is the task and its draw, or the node in a call from outside.
///
/// # Panics
/// If `branches` is 0.
pub fn select_start(branches: u32) -> Option<u32> {
    super::try_entered(|core| {
        let active_life = core.kernel.tasks.active_life;
        let node = (active_life != Life::NONE).then(|| active_life.node())?;
        let address = core.kernel.next_draw(node);
        let site = Site { choice: Choice::Select, stream: SELECT, address, node, peer: node };
        Some(core.kernel.choose(site, |roll| roll.below(u64::from(branches))) as u32)
    })?
}
