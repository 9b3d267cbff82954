//! Beginning tasks, and the chance they are addressed by.

use std::panic::Location;
use std::rc::Rc;

use cluster_sim_types::NodeId;

use super::context::Life;
use super::inbox::Mailbox;
use super::task::{BoxedFuture, Children, Task, TaskId, Waits};
use super::task_path::Lineage;
use crate::engine::{Choice, Kernel, Record, RecordKind, Site};
use crate::random::{Address, Roll, Stream};

const DRAW: Stream = Stream::named("draw");
const SELECT: Stream = Stream::named("select");

/// How a task is to begin.
#[derive(Debug, Clone, Copy)]
pub struct Spawn {
    /// Whose task it is.
    pub node: NodeId,
    /// Its name; its number among its parent's children where there is none.
    pub name: Option<&'static str>,
    /// Where in the code it was spawned.
    pub site: &'static Location<'static>,
    /// Somebody will ask for its result.
    pub has_handle: bool,
}

impl Kernel {
    /// Makes room for async nodes; must come before the first of them boots.
    pub fn expect_tasks(&mut self) {
        let mailbox = self.tasks.mailbox.get_or_insert_with(Mailbox::take);
        self.tasks.run = u64::from(mailbox.slot) << 32 | u64::from(mailbox.first_generation);
    }

    /// Begins the task that a node's life consists of.
    pub fn spawn_root(&mut self, node: NodeId, site: &'static Location<'static>, future: BoxedFuture) {
        let path = self.address(node).number(u64::from(self.incarnation(node).0));
        let lineage = Lineage::root("main", site);
        let id = self.begin(node, lineage, path, false, future);
        self.tasks.node_state(node).root = Some(id);
    }

    /// Begins a task as a child of the one that is polled now, or of the node itself in a call from outside.
    pub fn spawn(&mut self, spawn: Spawn, future: BoxedFuture) -> TaskId {
        let Spawn { node, name, site, has_handle } = spawn;
        let (parent, ancestor, child) = match self.tasks.current.and_then(|current| self.tasks.get_mut(current)) {
            Some(task) => (task.path, Rc::clone(&task.lineage), task.children.next(name)),
            None => {
                let path = self.call_path(node);
                let child = self.tasks.node_state(node).children.next(name);
                (path, Rc::new(Lineage::root("call", site)), child)
            }
        };
        let path = name.map_or(parent, |name| parent.name(name)).number(child);
        self.begin(node, Lineage::child(ancestor, name, child, site), path, has_handle, future)
    }

    /// What stands for a parent of what calls from outside begin.
    fn call_path(&self, node: NodeId) -> Address {
        self.address(node).number(u64::from(self.incarnation(node).0)).name("call")
    }

    fn begin(&mut self, node: NodeId, lineage: Lineage, path: Address, has_handle: bool, future: BoxedFuture) -> TaskId {
        let lineage = Rc::new(lineage);
        if let Some(names) = &mut self.tasks.kept_names {
            names.insert(path.key(), Rc::clone(&lineage));
        }
        let task = Task {
            generation: 0,
            node,
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
        if let Some(mailbox) = &mut self.tasks.mailbox {
            mailbox.next_generation = mailbox.next_generation.max(id.generation.wrapping_add(1));
        }
        self.record(Record { label: path.key(), ..Record::of(self.now(), RecordKind::Spawn, node) });
        self.make_ready(id);
        id
    }

    /// The task that is polled now.
    pub fn current_task(&self) -> Option<TaskId> {
        self.tasks.current
    }

    /// The next chance of the task that is polled now, or of the node's calls from outside.
    pub fn random(&mut self, node: NodeId) -> Roll {
        let address = self.next_draw(node);
        self.roll(DRAW, address)
    }

    fn next_draw(&mut self, node: NodeId) -> Address {
        match self.tasks.current.and_then(|current| self.tasks.get_mut(current)) {
            Some(task) => {
                task.draws += 1;
                task.path.number(task.draws)
            }
            None => {
                let path = self.call_path(node);
                let belongings = self.tasks.node_state(node);
                belongings.draws += 1;
                path.number(belongings.draws)
            }
        }
    }
}

/// At which of so many branches a `select!` begins to look: addressed by the task and its draw, or by the node that is called from outside.
/// Nothing where no code of a simulated node runs.
///
/// # Panics
/// If there are no branches.
pub fn select_start(branches: u32) -> Option<u32> {
    super::try_entered(|core| {
        let acting = core.kernel.tasks.acting;
        let node = (acting != Life::NONE).then(|| acting.node())?;
        let address = core.kernel.next_draw(node);
        let site = Site { choice: Choice::Select, stream: SELECT, address, node, peer: node };
        Some(core.kernel.choose(site, |roll| roll.below(u64::from(branches))) as u32)
    })?
}
