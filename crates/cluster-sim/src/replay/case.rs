//! What decides a run besides its scenario and its seed.

use std::collections::BTreeSet;
use std::time::Duration;

use cluster_sim_runtime::nanoseconds;
use serde::{Deserialize, Serialize};

use super::Decision;
use crate::fault::{FaultPlan, ScheduledFault};
use crate::report::Report;
use crate::scenario::Scenario;

/// What decides a run besides its scenario and its seed: which faults strike, who is not there, for how long, and what takes the place of
/// chance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The faults, all of them: what a profile drew is among them, what is done by hand is not.
    pub faults: FaultPlan,
    /// The nodes whose seats are empty, beyond those that the scenario itself leaves empty.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub absent: BTreeSet<String>,
    /// How long things may go wrong, where it is not as long as the scenario says.
    #[serde(rename = "duration_ns", with = "nanoseconds::optional", default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Duration>,
    /// What decides in place of the seed; nothing where the seed does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decisions: Option<Vec<Decision>>,
}

impl Case {
    /// The case that a run told: its faults, with chance left to the seed.
    pub fn of(report: &Report) -> Self {
        let mut faults = FaultPlan::new();
        for record in report.faults.iter().filter(|record| !record.by_hand) {
            faults.insert(record.at, record.fault.clone());
        }
        Self { faults, ..Self::default() }
    }

    /// The scenario that tells this case and no other, whatever faults it had.
    #[must_use]
    pub fn apply_to(&self, scenario: &Scenario) -> Scenario {
        let mut applied = scenario.clone().only_faults(self.faults.clone());
        for node in &self.absent {
            applied = applied.without(node);
        }
        if let Some(duration) = self.duration {
            applied = applied.duration(duration);
        }
        match &self.decisions {
            Some(decisions) => applied.with_decisions(decisions),
            None => applied,
        }
    }

    /// The same case with other faults.
    #[must_use]
    pub(crate) fn with_faults(&self, faults: &[ScheduledFault]) -> Self {
        let mut plan = FaultPlan::new();
        faults.iter().for_each(|scheduled| plan.insert(scheduled.at, scheduled.fault.clone()));
        Self { faults: plan, ..self.clone() }
    }
}
