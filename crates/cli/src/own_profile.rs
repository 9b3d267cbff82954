//! The command `fault-profile`: prints the fault profile of a scenario, to start from.

use std::path::Path;

use cluster_sim::FaultProfile;
use cluster_sim_registry::{Registry, ScenarioError, Variables};

use crate::run::prepare;
use crate::streams::print_stderr;

/// The profile of a scenario as JSON, or the default one.
///
/// # Errors
/// If there is no such scenario.
pub(crate) fn own_profile(scenario: Option<&Path>, registry: &Registry, variables: &Variables) -> Result<String, ScenarioError> {
    let Some(scenario) = scenario else { return Ok(FaultProfile::default().to_json() + "\n") };
    let prepared = prepare(scenario, registry, variables)?;
    let own = prepared.scenario().fault_profile();
    if own.is_none() {
        let name = scenario.to_string_lossy();
        print_stderr(&format!("cluster-sim: {name} draws no faults from a profile; this is the default one\n"));
    }
    Ok(own.cloned().unwrap_or_default().to_json() + "\n")
}
