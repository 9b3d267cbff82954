//! Log lines of node code: which node logs, and the lines of a run that is recorded.
//!
//! A subscriber of log events is called in the middle of a step and is handed nothing of the run. An async node is found as its
//! handles find it; a machine is entered here for its step, while a subscriber listens. Lines are kept while a recorder asks for
//! them, and it takes them at the end of each step. Nothing of this reaches a decision or the digest.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::Arc;

use cluster_sim_types::VirtualInstant;

use super::context::{Life, try_entered};

thread_local! {
    /// The machine that steps, and the lines since they were taken last.
    static LOG: RefCell<Log> = const { RefCell::new(Log { machine: None, keepers: 0, lines: Vec::new() }) };
}

struct Log {
    machine: Option<LogPosition>,
    keepers: u32,
    lines: Vec<LogLine>,
}

/// The node whose code runs in this thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPosition {
    /// The present virtual instant.
    pub at: VirtualInstant,
    /// The declared name of the node.
    pub name: Arc<str>,
    /// The task, from the node's main task down; machines have none.
    pub task: Option<String>,
}

/// A line that code of a node logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Where.
    pub position: LogPosition,
    /// What.
    pub text: String,
}

impl LogPosition {
    /// Returns the node whose code runs in this thread; `None` between steps.
    ///
    /// Also `None` in code that the simulation calls, such as the `Debug` of a message.
    pub fn current() -> Option<Self> {
        let machine = LOG.try_with(|log| log.try_borrow().ok()?.machine.clone()).ok().flatten();
        machine.or_else(|| {
            try_entered(|core| {
                let kernel = &core.kernel;
                let life = kernel.tasks.active_life;
                let node = (life != Life::NONE).then(|| life.node())?;
                let task = kernel.current_task_name().map(|task| task.name);
                Some(Self { at: kernel.now(), name: Arc::clone(kernel.name(node)), task })
            })?
        })
    }
}

/// Names a machine as the node whose code runs, until it is dropped.
#[must_use = "it names the machine until it is dropped"]
pub struct MachineLogs(Option<LogPosition>);

impl MachineLogs {
    /// Names the machine of a node.
    pub fn enter(at: VirtualInstant, name: Arc<str>) -> Self {
        let position = Some(LogPosition { at, name, task: None });
        Self(LOG.with_borrow_mut(|log| std::mem::replace(&mut log.machine, position)))
    }
}

impl Drop for MachineLogs {
    fn drop(&mut self) {
        LOG.with_borrow_mut(|log| log.machine = self.0.take());
    }
}

/// Keeps the lines of this thread's nodes while it lives.
#[derive(Debug)]
pub struct LogKeeper(PhantomData<*const ()>);

impl LogKeeper {
    /// Begins to keep lines.
    #[expect(clippy::new_without_default, reason = "it changes the thread that makes it")]
    pub fn new() -> Self {
        LOG.with_borrow_mut(|log| log.keepers += 1);
        Self(PhantomData)
    }

    /// Takes the lines since the last call.
    pub fn take(&self) -> Vec<LogLine> {
        LOG.with_borrow_mut(|log| std::mem::take(&mut log.lines))
    }
}

impl Drop for LogKeeper {
    fn drop(&mut self) {
        LOG.with_borrow_mut(|log| {
            log.keepers -= 1;
            if log.keepers == 0 {
                log.lines.clear();
            }
        });
    }
}

/// Hands a line to the recorder of the run, if there is one. `text` is called only then.
pub fn keep_log_line(position: &LogPosition, text: impl FnOnce() -> String) {
    if LOG.with_borrow(|log| log.keepers > 0) {
        let line = LogLine { position: position.clone(), text: text() };
        LOG.with_borrow_mut(|log| log.lines.push(line));
    }
}
