//! Somebody who is told of everything that happens in a run, while it goes on.

use std::any::Any;
use std::sync::Arc;

use cluster_sim_runtime::Record;
use cluster_sim_transport::{CapturedMessage, Network};
use cluster_sim_types::{Change, Fact, NodeId, VirtualInstant};

use super::Sim;
use crate::report::Report;

/// Who follows a run from its start to its end. It changes nothing of it, but can let it go no further.
pub(crate) trait RunObserver: Any {
    /// Something happened.
    fn event(&mut self, record: Record);

    /// A node stated a fact, in a step whose events came before it.
    fn fact(&mut self, at: VirtualInstant, node: NodeId, fact: &dyn Fact);

    /// A node may show another view, in a step whose events came before it.
    fn viewed(&mut self, _node: NodeId) {}

    /// The faults are over, and what must hold in the end gets its time.
    fn calms(&mut self, _at: VirtualInstant) {}

    /// A step is over; the run may be asked for names, and to forget those that are not asked for again.
    fn stepped(&mut self, sim: &mut Sim);

    /// The run is over and this is its report; the run may still be asked for names.
    fn ended(&mut self, sim: &mut Sim, report: &Report);

    /// Whether it has seen enough, so that the run is to go no further and is not judged.
    fn has_left(&self) -> bool;
}

impl Sim {
    /// Runs a scenario from start to end, told to `follower` event by event; no report if that one left before the end.
    pub(crate) fn run_observed<F: RunObserver>(mut self, follower: F) -> (F, Option<Report>) {
        self.engine.core.kernel.keep_records();
        self.follower = Some(Box::new(follower));
        self.drive();
        if !self.over {
            self.tell(|follower, sim| follower.calms(sim.now()));
        }
        self.end_fault_phase();
        let stays = self.follower.as_ref().is_some_and(|follower| !follower.has_left());
        if stays {
            self.conclude();
        }
        let follower: Box<dyn Any> = self.follower.take().expect("a follower is put back after it was told something");
        let follower = *follower.downcast().expect("it is the follower that was put in");
        (follower, stays.then_some(self.report))
    }

    /// Tells the follower that a step is over. True if it wants to hear on.
    pub(super) fn notify_step(&mut self) -> bool {
        self.tell(|follower, sim| follower.stepped(sim));
        self.over |= self.follower.as_ref().is_some_and(|follower| follower.has_left());
        !self.over
    }

    /// Tells the follower which facts a step stated, and whose views it may have changed.
    #[cold]
    pub(super) fn notify_changes(&mut self) {
        self.tell(|follower, sim| {
            for change in sim.engine.core.kernel.changes() {
                match change {
                    Change::Fact(node, fact) => follower.fact(sim.now(), *node, &**fact),
                    Change::View(node) => follower.viewed(*node),
                    Change::Health(..) => {}
                }
            }
        });
    }

    /// Tells the follower, if there is one, what was recorded.
    pub(super) fn notify_records(&mut self) {
        self.tell(|_, _| {});
    }

    /// Tells the follower, if there is one, how the run ended. What is recorded after the last event takes no part in the run.
    pub(super) fn notify_end(&mut self) {
        self.engine.core.kernel.drain_records().for_each(drop);
        if self.follower.is_some() {
            let report = self.report.clone();
            self.tell(|follower, sim| follower.ended(sim, &report));
        }
    }

    /// How many steps were taken.
    pub(crate) fn steps(&self) -> u64 {
        self.engine.core.kernel.steps()
    }

    /// The declared names of all nodes, in the order of their numbers.
    pub(crate) fn node_names(&self) -> Vec<Arc<str>> {
        let kernel = &self.engine.core.kernel;
        (0..kernel.node_count()).map(|node| Arc::clone(kernel.name(NodeId(node)))).collect()
    }

    /// The nodes whose seats are empty: they were gone before the first event.
    pub(crate) fn absent_nodes(&self) -> Vec<NodeId> {
        let kernel = &self.engine.core.kernel;
        let is_empty = |node: &NodeId| self.definition.absent.contains(&**kernel.name(*node));
        (0..kernel.node_count()).map(NodeId).filter(is_empty).collect()
    }

    /// Keeps from here on what every message says, until it is taken.
    pub(crate) fn capture_messages(&mut self) {
        self.engine.core.devices.get_mut::<Network>(self.network).capture_messages();
    }

    /// What the messages say that were sent since this was last asked for.
    pub(crate) fn take_captured(&mut self) -> Vec<CapturedMessage> {
        self.engine.core.devices.get_mut::<Network>(self.network).take_captured()
    }

    /// What the loss of a message is counted under.
    pub(crate) fn cause(&self, cause: u32) -> &str {
        self.network().cause(cause)
    }

    /// Lets go of what was kept for naming a task that ended.
    pub(crate) fn forget_task(&mut self, path: u64) {
        self.engine.core.kernel.forget_task_name(path);
    }

    /// Tells the follower what was recorded, and then something more.
    fn tell(&mut self, more: impl FnOnce(&mut dyn RunObserver, &mut Self)) {
        // It is out of the run for as long, so that it can look at the run.
        let Some(mut follower) = self.follower.take() else { return };
        self.engine.core.kernel.drain_records().for_each(|record| follower.event(record));
        more(&mut *follower, self);
        self.follower = Some(follower);
    }
}
