//! Runs that record their decisions.

use cluster_sim_runtime::Decision as RawDecision;
use cluster_sim_types::NodeId;

use super::Sim;
use crate::decision::Decision;
use crate::report::Report;

impl Sim {
    /// Runs from start to end, and names the decisions that it recorded.
    pub(crate) fn run_with_decisions(mut self) -> (Report, Vec<Decision>) {
        self.drive();
        self.end_fault_phase();
        self.conclude();
        let decisions = self.take_decisions();
        self.leave_memory();
        (self.report, decisions)
    }

    /// Takes the decisions of a run that is over; none unless it recorded them.
    pub(crate) fn take_decisions(&mut self) -> Vec<Decision> {
        let decisions = self.engine.core.kernel.take_choices().into_decisions();
        decisions.into_iter().map(|raw| self.name_decision(raw)).collect()
    }

    fn name_decision(&self, raw: RawDecision) -> Decision {
        let RawDecision { choice, site, roll, value, at, node, peer } = raw;
        let name = |node: NodeId| (node != NodeId::CLUSTER).then(|| self.node_name(node).to_owned());
        Decision { choice, node: name(node), peer: name(peer).filter(|_| node != peer), at, value, site, roll: roll.0 }
    }
}
