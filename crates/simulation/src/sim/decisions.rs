//! Runs that record their decisions.

use cluster_sim_runtime::{Decision as RawDecision, Record};
use cluster_sim_storage::Disks;
use cluster_sim_types::{Fact, NodeId, VirtualInstant};

use super::{RunObserver, Sim};
use crate::decision::Decision;
use crate::report::Report;

/// Takes the decisions of a run that keeps them, and observes nothing else.
#[derive(Debug, Default)]
pub struct DecisionLog(Vec<Decision>);

impl DecisionLog {
    /// The decisions, in order; none unless the run kept them.
    pub fn into_decisions(self) -> Vec<Decision> {
        self.0
    }
}

impl RunObserver for DecisionLog {
    fn event(&mut self, _: Record) {}

    fn fact(&mut self, _: VirtualInstant, _: NodeId, _: &dyn Fact) {}

    fn stepped(&mut self, _: &mut Sim) {}

    fn ended(&mut self, sim: &mut Sim, _: &Report) {
        self.0 = sim.take_decisions();
    }

    fn has_left(&self) -> bool {
        false
    }
}

impl Sim {
    /// Runs from start to end, and names the decisions that it recorded.
    pub(crate) fn run_with_decisions(self) -> (Report, Vec<Decision>) {
        let (log, report) = self.run_observed(DecisionLog::default());
        (report.expect("the log stays to the end"), log.into_decisions())
    }

    /// Takes the decisions of a run that is over; none unless it recorded them.
    pub(crate) fn take_decisions(&mut self) -> Vec<Decision> {
        let decisions = self.engine.core.kernel.take_choices().into_decisions();
        decisions.into_iter().map(|raw| self.name_decision(raw)).collect()
    }

    fn name_decision(&self, raw: RawDecision) -> Decision {
        let RawDecision { choice, site, roll, value, at, node, peer } = raw;
        let name = |node: NodeId| (node != NodeId::CLUSTER).then(|| self.node_name(node).to_owned());
        let peer = name(peer).filter(|_| node != peer);
        let subject = self.engine.core.devices.find::<Disks>().subject(site).map(ToOwned::to_owned);
        Decision { choice, node: name(node), peer, subject, at, value, site, roll: roll.0 }
    }
}
