//! [`Case`]: what decides a run besides its scenario and its seed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cluster_sim_runtime::nanoseconds;
use cluster_sim_simulation::driver::DriveScenario;
use cluster_sim_simulation::{Decision, FaultPlan, Report, Scenario, ScheduledFault};

use serde::{Deserialize, Serialize};

/// Faults, absent nodes, duration and decisions: all that decides a run besides scenario and seed.
///
/// [`apply_to`](Self::apply_to) makes it a [`Scenario`] again, so it can be run, recorded, swept and compared as one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// All faults, including those drawn from a profile; not those that a test injected.
    pub faults: FaultPlan,
    /// Absent nodes, beyond those that the scenario itself leaves out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub absent: BTreeSet<String>,
    /// The operations that clients do, by the name of the client; one that is not here does all of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub operations: BTreeMap<String, BTreeSet<u64>>,
    /// Length of the fault phase; absent for that of the scenario.
    ///
    /// The run as a whole may take as long as that of the scenario: a shorter fault phase leaves more time to recover.
    #[serde(rename = "duration_ns", with = "nanoseconds::optional", default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Duration>,
    /// Decisions that replace the seed; absent if the seed decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decisions: Option<Vec<Decision>>,
}

impl Case {
    /// The case of a run: its faults, with random choices left to the seed.
    pub fn of(report: &Report) -> Self {
        let mut faults = FaultPlan::new();
        for record in report.faults.iter().filter(|record| !record.by_hand) {
            faults.insert_scheduled(record.scheduled());
        }
        Self { faults, ..Self::default() }
    }

    /// Applies the case to a scenario, replacing its faults.
    #[must_use]
    pub fn apply_to(&self, scenario: &Scenario) -> Scenario {
        let mut applied = scenario.clone().only_faults(self.faults.clone());
        for node in &self.absent {
            applied = applied.without(node);
        }
        for (client, numbers) in &self.operations {
            applied = applied.only_operations(client, numbers);
        }
        if let Some(duration) = self.duration {
            applied = applied.faults_until(duration);
        }
        match &self.decisions {
            Some(decisions) => applied.with_decisions(decisions),
            None => applied,
        }
    }

    /// Replaces the faults.
    #[must_use]
    pub(crate) fn with_faults(&self, faults: &[ScheduledFault]) -> Self {
        let mut plan = FaultPlan::new();
        faults.iter().for_each(|scheduled| plan.insert_scheduled(scheduled.clone()));
        Self { faults: plan, ..self.clone() }
    }
}
