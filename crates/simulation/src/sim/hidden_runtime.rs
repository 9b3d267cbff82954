//! Hides tokio runtimes from nodes, and tells a call that needs one by its panic.
//!
//! A node has no runtime, wherever its test runs. Under `#[tokio::test]` or an entered `Runtime`, code of the thread would find
//! that one: a timer of it never fires in virtual time, and a task of it runs in another thread or after the run. A whole run
//! therefore moves to a thread without a runtime ([`outside_of_runtimes`]). A run that a test steps stays in its thread; there a
//! runtime without timers and sockets lies over the outer one while nodes run ([`HiddenRuntime`]), and tasks that land on it are
//! found after the step.

use std::fmt;
use std::rc::Rc;

use cluster_sim_runtime::{RecordKind, in_fresh_thread};
use tokio::runtime::{Builder, EnterGuard, Handle, Runtime};

use super::Sim;
use crate::report::PanicFinding;

/// The finding of a node that called for a runtime, and the cure.
const NO_RUNTIME: &str = "this code needs a tokio runtime, and a node has none: use `node.sleep`, `node.timeout` and \
     `node.interval` for tokio::time, `node.spawn` for tokio::spawn and spawn_blocking, `node.bind`, `node.connect` and \
     `node.listen` for tokio::net";

/// How messages of tokio begin that say that a runtime, or a part of one, is missing.
const MISSING: [&str; 5] = [
    "there is no reactor running, must be called from the context of a Tokio",
    "A Tokio 1.x context was found, but timers are disabled",
    "A Tokio 1.x context was found, but IO is disabled",
    "`spawn_local` called from outside of a `task::LocalSet`",
    "can call blocking only when running on the multi-threaded runtime",
];

/// The panic of a call that would start a thread of the hidden runtime.
const NO_THREADS: &str = "a node asks tokio for a thread";

/// A panic of node code with its place; one that asks for a tokio runtime names the cure instead of a method of tokio's builder.
pub(super) fn cured(message: String, location: Option<String>) -> (String, Option<String>) {
    if message == NO_THREADS {
        // The place is in this file.
        return (NO_RUNTIME.to_owned(), None);
    }
    let asks_for_runtime = MISSING.iter().any(|missing| message.starts_with(missing));
    (if asks_for_runtime { NO_RUNTIME.to_owned() } else { message }, location)
}

/// Whether code in this thread finds a tokio runtime.
pub(super) fn is_inside_runtime() -> bool {
    Handle::try_current().is_ok()
}

/// Runs `run` in a thread without a tokio runtime.
///
/// In this one if it has none, else in one that lasts as long as the call. Log events go to the subscriber of this thread; other thread-locals of it are out of reach.
pub fn outside_of_runtimes<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    if !is_inside_runtime() {
        return run();
    }
    let subscriber = tracing::dispatcher::get_default(Clone::clone);
    in_fresh_thread(|| tracing::dispatcher::with_default(&subscriber, run))
}

impl Sim {
    /// Runs code of nodes and checks with a runtime around it, hidden.
    #[cold]
    pub(super) fn guarded_inside_runtime(&mut self, run: impl FnOnce(&mut Self)) {
        let hidden = Rc::clone(self.hidden.get_or_insert_with(|| Rc::new(HiddenRuntime::new())));
        self.catch_panic(|sim| {
            let _entered = hidden.enter();
            run(sim);
        });
        self.find_hidden_tasks();
    }

    /// Ends the run if a node handed a task to the hidden runtime: the node that stepped last.
    pub(super) fn find_hidden_tasks(&mut self) {
        if self.hidden.as_ref().is_some_and(|hidden| hidden.has_tasks()) {
            self.report_hidden_task();
        }
    }

    #[cold]
    fn report_hidden_task(&mut self) {
        // The next code of a node finds a new one.
        drop(self.hidden.take());
        self.over = true;
        let kernel = &self.engine.core.kernel;
        let records: Vec<_> = kernel.ring().iter().collect();
        let Some(node) = records.last().map(|record| record.node) else { return };
        let poll = records.iter().rev().find(|record| record.kind == RecordKind::Poll && record.node == node);
        let task = poll.and_then(|poll| kernel.task_named(poll.label)).map(|task| task.to_string());
        let (at, step) = (kernel.now(), kernel.steps());
        let (site, message) = (self.panic_site(node), NO_RUNTIME.to_owned());
        self.report.panic.get_or_insert(PanicFinding { site, task, location: None, message, at, step });
    }
}

/// A runtime without timers and sockets, which nodes find in place of the one around their test.
pub(super) struct HiddenRuntime(Option<Runtime>);

impl HiddenRuntime {
    pub(super) fn new() -> Self {
        let runtime = Builder::new_current_thread().thread_name_fn(|| panic!("{NO_THREADS}")).build();
        Self(Some(runtime.expect("a runtime without drivers asks nothing of the machine")))
    }

    /// Lies over the outer runtime until the guard drops.
    pub(super) fn enter(&self) -> EnterGuard<'_> {
        self.runtime().enter()
    }

    /// Whether a task was spawned on it, which nothing will run.
    pub(super) fn has_tasks(&self) -> bool {
        self.runtime().metrics().num_alive_tasks() > 0
    }

    fn runtime(&self) -> &Runtime {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl Drop for HiddenRuntime {
    /// Waits for nothing: in async code a runtime must not.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for HiddenRuntime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HiddenRuntime")
    }
}
