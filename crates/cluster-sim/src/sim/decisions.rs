//! Runs that record their decisions, and scripts.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cluster_sim_runtime::{Decision as RawDecision, Seed, SeedSchedule};
use cluster_sim_types::NodeId;

use super::build::build;
use super::{Sim, message_of};
use crate::replay::Decision;
use crate::report::{PanicFinding, PanicSite, Report};
use crate::scenario::Scenario;

impl Scenario {
    /// Runs one seed and records every choice that differs from its canonical value, in order.
    ///
    /// With [`with_decisions`](Self::with_decisions) these are the decisions that were used. Memory grows with every message.
    ///
    /// # Panics
    /// If the scenario cannot be run.
    pub fn run_with_decisions(&self, seed: Seed) -> (Report, Vec<Decision>) {
        let built = build(self.0.clone(), SeedSchedule::new(seed), self.0.choices(true));
        let mut sim = built.unwrap_or_else(|error| panic!("could not run scenario {:?}: {error}", self.0.name));
        sim.drive();
        sim.end_fault_phase();
        sim.conclude();
        let decisions = sim.engine.core.kernel.take_choices().into_decisions();
        let decisions = decisions.into_iter().map(|raw| sim.name_decision(raw)).collect();
        (sim.report, decisions)
    }
}

impl Sim {
    /// Runs the fault phase: the script if there is one, else `duration`.
    pub(super) fn drive(&mut self) {
        self.report.by_hand = false;
        match self.definition.script.clone() {
            Some(drive) => self.run_script(&*drive.0),
            None => self.run_for(self.definition.duration),
        }
    }

    /// Runs a script. A panic in it is a finding, as one in node code.
    fn run_script(&mut self, drive: &dyn Fn(&mut Self)) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drive(self))) {
            let (at, step) = (self.now(), self.engine.core.kernel.steps());
            let finding = PanicFinding { site: PanicSite::Test, task: None, message: message_of(&*panic), at, step };
            self.report.panic.get_or_insert(finding);
            self.over = true;
        }
    }

    fn name_decision(&self, raw: RawDecision) -> Decision {
        let RawDecision { choice, site, roll, value, at, node, peer } = raw;
        let name = |node: NodeId| (node != NodeId::CLUSTER).then(|| self.node_name(node).to_owned());
        Decision { choice, node: name(node), peer: name(peer).filter(|_| node != peer), at, value, site, roll: roll.0 }
    }
}
