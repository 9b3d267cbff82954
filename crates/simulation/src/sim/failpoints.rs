//! Crashes at failpoints, and visits of points that the scenario does not declare.

use cluster_sim_invariants::Evidence;
use cluster_sim_runtime::PointCrash;
use cluster_sim_types::NodeId;

use super::Sim;
use super::checks::Now;
use super::world::WorldView;
use crate::known_names::{listed, suggested};
use crate::report::{CheckKind, CheckReport, CheckWork};

/// The rule that node code visits declared failpoints only, where any are declared.
const EVERY_FAILPOINT_IS_DECLARED: &str = "every failpoint is declared";

impl Sim {
    /// Drops the memory of nodes that crashed at failpoints, and ends these faults.
    pub(super) fn complete_crashes(&mut self) {
        if let Some((node, point)) = self.engine.core.kernel.failpoints.take_undeclared() {
            self.report_undeclared(node, point);
        }
        let crashes = self.engine.complete_crashes();
        for PointCrash { node, life, down_for } in &crashes {
            let kernel = &mut self.engine.core.kernel;
            if let Some(down_for) = down_for {
                self.faults.schedule_restart(kernel, kernel.now() + *down_for, *node, *life);
            }
        }
        if !crashes.is_empty() {
            self.note_ended_faults();
        }
    }

    /// Reports the visit of a failpoint that is not declared: no fault could aim at it.
    fn report_undeclared(&mut self, node: NodeId, point: &str) {
        let known: Vec<String> = self.definition.failpoints.iter().cloned().collect();
        let message = format!(
            "{} visited {point:?}, which the scenario does not declare; name it in `Scenario::failpoints`{}{}",
            self.node_name(node),
            suggested(point, &known),
            listed(&known)
        );
        let now = Now::of(&WorldView { engine: &self.engine });
        self.report.violations.push(now.violation(EVERY_FAILPOINT_IS_DECLARED, Evidence { nodes: vec![node], message }));
        self.over = true;
    }

    /// How often each failpoint was visited, and the rule about them if there are any.
    pub(super) fn failpoint_reports(&self) -> Vec<CheckReport> {
        let report = |name: &str, kind, times_checked| CheckReport {
            name: name.to_owned(),
            kind,
            times_checked,
            unknown: None,
            work: CheckWork::default(),
        };
        let visits: Vec<(&str, u64)> = self.engine.core.kernel.failpoints.visits().collect();
        let all = visits.iter().map(|(_, visits)| visits).sum();
        let rule = (!visits.is_empty()).then(|| report(EVERY_FAILPOINT_IS_DECLARED, CheckKind::Always, all));
        rule.into_iter().chain(visits.into_iter().map(|(name, visits)| report(name, CheckKind::Failpoint, visits))).collect()
    }
}
