//! A recorder beside another observer, so that the run that confirms a failure is also the one that is shown.

use cluster_sim_runtime::Record;
use cluster_sim_types::{Fact, NodeId, VirtualInstant};

use super::{Recorder, Recording};
use crate::report::Report;
use crate::sim::{RunObserver, Sim};

/// Observes a run for a recorder and for another observer, which decides when the run stops.
///
/// The recorder comes first: the other one may let the run forget the names of tasks that ended.
#[derive(Debug)]
pub struct Beside<F> {
    recorder: Recorder,
    observer: F,
}

impl<F> Beside<F> {
    /// Records at most [`Recording::EVENTS`] events beside `observer`.
    pub fn new(observer: F) -> Self {
        Self { recorder: Recorder::beside_another(Recording::EVENTS), observer }
    }

    /// Returns the recorder and the other observer.
    pub fn into_parts(self) -> (Recorder, F) {
        (self.recorder, self.observer)
    }
}

impl<F: RunObserver> RunObserver for Beside<F> {
    fn joins(&mut self, sim: &mut Sim) {
        self.recorder.joins(sim);
        self.observer.joins(sim);
    }

    fn event(&mut self, record: Record) {
        self.recorder.event(record);
        self.observer.event(record);
    }

    fn fact(&mut self, at: VirtualInstant, node: NodeId, fact: &dyn Fact) {
        self.recorder.fact(at, node, fact);
        self.observer.fact(at, node, fact);
    }

    fn viewed(&mut self, node: NodeId, sim: &Sim) {
        self.recorder.viewed(node, sim);
        self.observer.viewed(node, sim);
    }

    fn recovers(&mut self, at: VirtualInstant) {
        self.recorder.recovers(at);
        self.observer.recovers(at);
    }

    fn stepped(&mut self, sim: &mut Sim) {
        self.recorder.stepped(sim);
        self.observer.stepped(sim);
    }

    fn ended(&mut self, sim: &mut Sim, report: &Report) {
        self.recorder.ended(sim, report);
        self.observer.ended(sim, report);
    }

    fn has_left(&self) -> bool {
        self.observer.has_left()
    }
}
