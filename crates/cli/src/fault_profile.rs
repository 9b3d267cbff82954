//! The flag `--fault-profile`: a profile from a file in place of the scenario's own.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use cluster_sim::fault::FaultKind;
use cluster_sim_registry::{Prepared, ScenarioError, ScenarioErrorKind, read_fault_profile};

/// The file of a fault profile, if one was given.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct FaultProfileFile {
    /// Draw faults from the profile in this file, in place of the scenario's own
    ///
    /// JSON; `cluster-sim fault-profile SCENARIO > chaos.json` writes one to start from. Faults that the scenario plans stay.
    #[arg(long = "fault-profile", value_name = "FILE")]
    pub(crate) path: Option<PathBuf>,
}

impl FaultProfileFile {
    /// The scenario with this profile.
    ///
    /// # Errors
    /// If the file cannot be read, is no profile, or names a group that the scenario does not have.
    pub(crate) fn apply(&self, prepared: Prepared) -> Result<Prepared, ScenarioError> {
        let Some(path) = &self.path else { return Ok(prepared) };
        let file = path.to_string_lossy();
        let text = fs::read_to_string(path).map_err(|error| unread(&file, &error))?;
        let prepared = prepared.with_fault_profile(read_fault_profile(&text, &file)?);
        // The scenario was checked without it.
        prepared
            .scenario()
            .validate()
            .map_err(|error| ScenarioError::new(ScenarioErrorKind::Misfit, &file, "$", "the profile", &error.to_string()))?;
        Ok(prepared)
    }
}

fn unread(file: &str, error: &std::io::Error) -> ScenarioError {
    let (kind, cure) = match error.kind() {
        std::io::ErrorKind::NotFound => {
            (ScenarioErrorKind::Missing, "name a file with a fault profile; `cluster-sim fault-profile` prints one".to_owned())
        }
        _ => (ScenarioErrorKind::Unreadable, format!("name a file with JSON in UTF-8 that you may read ({error})")),
    };
    ScenarioError::new(kind, file, "--fault-profile", &format!("{file:?}"), &cure)
}

/// The names of all kinds of faults.
pub(crate) fn kinds() -> String {
    let name = |kind: &FaultKind| serde_json::to_value(kind).ok()?.as_str().map(str::to_owned);
    FaultKind::ALL.iter().filter_map(name).collect::<Vec<_>>().join(", ")
}
