//! Observers of a run, notified of every event while it runs.

use std::any::Any;
use std::sync::Arc;

use cluster_sim_runtime::{Heartbeat, Record};
use cluster_sim_transport::{CapturedMessage, Network};
use cluster_sim_types::{Change, Fact, NodeId, VirtualInstant};

use super::Sim;
use crate::event::Names;
use crate::report::Report;

/// Observes a run from start to end. It cannot change the run, but can stop it early.
pub trait RunObserver: Any {
    /// Joins a run that was just started, and may ask it to keep more than it does by default.
    fn joins(&mut self, _sim: &mut Sim) {}

    /// Takes a record, in the order of events.
    fn event(&mut self, record: Record);

    /// Takes a fact that a node stated, after the events of its step.
    fn fact(&mut self, at: VirtualInstant, node: NodeId, fact: &dyn Fact);

    /// Notes that a node may show another view, after the events of its step; the run still has the view.
    fn viewed(&mut self, _node: NodeId, _sim: &Sim) {}

    /// Notes that the fault phase is over and the recovery phase begins.
    fn recovers(&mut self, _at: VirtualInstant) {}

    /// Ends a step. The observer may ask the run for names, and let it forget those that it no longer needs.
    fn stepped(&mut self, sim: &mut Sim);

    /// Ends the run. The observer may still ask it for names.
    fn ended(&mut self, sim: &mut Sim, report: &Report);

    /// Whether the observer needs no more: the run then stops without a verdict.
    fn has_left(&self) -> bool;
}

impl Sim {
    /// Runs from start to end under an observer. Returns no report if the observer left before the end.
    pub(crate) fn run_observed<F: RunObserver>(mut self, observer: F) -> (F, Option<Report>) {
        self.observe(Box::new(observer));
        self.drive();
        let stays = self.complete();
        let observer: Box<dyn Any> = self.observer.take().expect("an observer is put back after each notification");
        let observer = *observer.downcast().expect("it is the observer that was put in");
        (observer, stays.then(|| self.into_report()))
    }

    /// Notifies an observer of everything from now on; from the start, if the run was just started.
    pub(crate) fn observe(&mut self, mut observer: Box<dyn RunObserver>) {
        let kernel = &mut self.engine.core.kernel;
        kernel.keep_records();
        // An observer joins before the first step, and hears of calls as of other facts.
        kernel.calls.set_open(false);
        observer.joins(self);
        self.observer = Some(observer);
        self.is_followed = true;
    }

    /// Notifies the observer that a step is over. Returns whether the run goes on.
    pub(super) fn notify_step(&mut self) -> bool {
        self.notify(|observer, sim| observer.stepped(sim));
        self.over |= self.observer.as_ref().is_some_and(|observer| observer.has_left());
        self.find_hidden_tasks();
        !self.over
    }

    /// Notifies the observer of the facts of a step, and of views that it may have changed.
    #[cold]
    pub(super) fn notify_changes(&mut self) {
        self.notify(|observer, sim| {
            for change in sim.engine.core.kernel.changes() {
                match change {
                    Change::Fact(node, fact) => observer.fact(sim.now(), *node, &**fact),
                    Change::View(node) => observer.viewed(*node, sim),
                    _ => {}
                }
            }
        });
    }

    /// Notifies the observer, if there is one, of new records.
    pub(super) fn notify_records(&mut self) {
        self.notify(|_, _| {});
    }

    /// Notifies the observer, if there is one, of the end. Drops records after the last event: they are no part of the run.
    pub(super) fn notify_end(&mut self) {
        self.engine.core.kernel.drain_records().for_each(drop);
        if self.observer.is_some() {
            let report = self.report.clone();
            self.notify(|observer, sim| observer.ended(sim, &report));
        }
    }

    /// Beats for every step from now on.
    pub(crate) fn watch(&mut self, heartbeat: Arc<Heartbeat>) {
        self.engine.core.kernel.watch(heartbeat);
    }

    /// Runs from start to end.
    pub(crate) fn run(mut self) -> Report {
        self.drive();
        self.finish()
    }

    /// The number of steps so far.
    pub(crate) fn steps(&self) -> u64 {
        self.engine.core.kernel.steps()
    }

    /// The declared names of all nodes, by node number.
    pub(crate) fn node_names(&self) -> Vec<Arc<str>> {
        (0..self.engine.core.kernel.node_count()).map(|node| self.shared_name(NodeId(node))).collect()
    }

    /// The nodes that the scenario runs without.
    pub(crate) fn absent_nodes(&self) -> Vec<NodeId> {
        let kernel = &self.engine.core.kernel;
        let is_absent = |node: &NodeId| self.definition.absent.contains(&**kernel.name(*node));
        (0..kernel.node_count()).map(NodeId).filter(is_absent).collect()
    }

    /// Captures the text of every message from now on.
    pub(crate) fn capture_texts(&mut self) {
        self.engine.core.devices.find_mut::<Network>().payloads.capture_messages();
    }

    /// Takes the texts of messages sent since the last call.
    pub(crate) fn take_captured(&mut self) -> Vec<CapturedMessage> {
        self.engine.core.devices.find_mut::<Network>().payloads.take_captured()
    }

    /// Forgets the name of a task that ended.
    pub(crate) fn forget_task(&mut self, path: u64) {
        self.engine.core.kernel.forget_task_name(path);
    }

    /// Passes new records to the observer, then calls `more`.
    pub(super) fn notify(&mut self, more: impl FnOnce(&mut dyn RunObserver, &mut Self)) {
        // Taken out of the run, so that it can borrow the run.
        let Some(mut observer) = self.observer.take() else { return };
        self.engine.core.kernel.drain_records().for_each(|record| observer.event(record));
        more(&mut *observer, self);
        self.observer = Some(observer);
    }
}
