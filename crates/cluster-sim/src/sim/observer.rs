//! Observers of a run: told of every event while it goes on.

use std::any::Any;
use std::sync::Arc;

use cluster_sim_runtime::Record;
use cluster_sim_transport::{CapturedMessage, Network};
use cluster_sim_types::{Change, Fact, NodeId, VirtualInstant};

use super::Sim;
use crate::report::Report;

/// Follows a run from its start to its end. It changes nothing of the run, but can stop it early.
pub(crate) trait RunObserver: Any {
    /// Takes a record, in the order of events.
    fn event(&mut self, record: Record);

    /// Takes a fact that a node stated, after the events of its step.
    fn fact(&mut self, at: VirtualInstant, node: NodeId, fact: &dyn Fact);

    /// Notes that a node may show another view, after the events of its step.
    fn viewed(&mut self, _node: NodeId) {}

    /// Notes that the fault phase is over and the recovery phase begins.
    fn recovers(&mut self, _at: VirtualInstant) {}

    /// Ends a step; the run may be asked for names, and may forget those that are not asked for again.
    fn stepped(&mut self, sim: &mut Sim);

    /// Ends the run; it may still be asked for names.
    fn ended(&mut self, sim: &mut Sim, report: &Report);

    /// Whether it has seen enough: the run then stops and is not judged.
    fn has_left(&self) -> bool;
}

impl Sim {
    /// Runs from start to end under an observer. Answers with no report if the observer left before the end.
    pub(crate) fn run_observed<F: RunObserver>(mut self, observer: F) -> (F, Option<Report>) {
        self.engine.core.kernel.keep_records();
        self.observer = Some(Box::new(observer));
        self.drive();
        if !self.over {
            self.notify(|observer, sim| observer.recovers(sim.now()));
        }
        self.end_fault_phase();
        let stays = self.observer.as_ref().is_some_and(|observer| !observer.has_left());
        if stays {
            self.conclude();
        }
        let observer: Box<dyn Any> = self.observer.take().expect("an observer is put back after each notification");
        let observer = *observer.downcast().expect("it is the observer that was put in");
        (observer, stays.then_some(self.report))
    }

    /// Notifies the observer that a step is over. True if it wants to go on.
    pub(super) fn notify_step(&mut self) -> bool {
        self.notify(|observer, sim| observer.stepped(sim));
        self.over |= self.observer.as_ref().is_some_and(|observer| observer.has_left());
        !self.over
    }

    /// Notifies the observer of the facts that a step stated, and of the views that it may have changed.
    #[cold]
    pub(super) fn notify_changes(&mut self) {
        self.notify(|observer, sim| {
            for change in sim.engine.core.kernel.changes() {
                match change {
                    Change::Fact(node, fact) => observer.fact(sim.now(), *node, &**fact),
                    Change::View(node) => observer.viewed(*node),
                    Change::Health(..) => {}
                }
            }
        });
    }

    /// Notifies the observer, if there is one, of what was recorded.
    pub(super) fn notify_records(&mut self) {
        self.notify(|_, _| {});
    }

    /// Notifies the observer, if there is one, of the end. What is recorded after the last event is no part of the run.
    pub(super) fn notify_end(&mut self) {
        self.engine.core.kernel.drain_records().for_each(drop);
        if self.observer.is_some() {
            let report = self.report.clone();
            self.notify(|observer, sim| observer.ended(sim, &report));
        }
    }

    /// The steps taken.
    pub(crate) fn steps(&self) -> u64 {
        self.engine.core.kernel.steps()
    }

    /// The declared names of all nodes, in the order of their numbers.
    pub(crate) fn node_names(&self) -> Vec<Arc<str>> {
        (0..self.engine.core.kernel.node_count()).map(|node| self.shared_name(NodeId(node))).collect()
    }

    /// The nodes that the scenario is run without.
    pub(crate) fn absent_nodes(&self) -> Vec<NodeId> {
        let kernel = &self.engine.core.kernel;
        let is_absent = |node: &NodeId| self.definition.absent.contains(&**kernel.name(*node));
        (0..kernel.node_count()).map(NodeId).filter(is_absent).collect()
    }

    /// Captures the text of every message from here on, until it is taken.
    pub(crate) fn capture_texts(&mut self) {
        self.engine.core.devices.get_mut::<Network>(self.network).capture_messages();
    }

    /// Takes the texts of the messages that were sent since the last call.
    pub(crate) fn take_captured(&mut self) -> Vec<CapturedMessage> {
        self.engine.core.devices.get_mut::<Network>(self.network).take_captured()
    }

    /// Forgets the name of a task that ended.
    pub(crate) fn forget_task(&mut self, path: u64) {
        self.engine.core.kernel.forget_task_name(path);
    }

    /// Hands over what was recorded, then notifies of something more.
    fn notify(&mut self, more: impl FnOnce(&mut dyn RunObserver, &mut Self)) {
        // The observer is out of the run for as long, so that it can look at the run.
        let Some(mut observer) = self.observer.take() else { return };
        self.engine.core.kernel.drain_records().for_each(|record| observer.event(record));
        more(&mut *observer, self);
        self.observer = Some(observer);
    }
}
