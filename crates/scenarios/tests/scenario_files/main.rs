//! Scenario files: what their readers take and refuse, that the schema agrees, and that files make the scenarios that they describe.

mod agreement;
#[path = "../../../invariants/tests/chance/mod.rs"]
mod chance;
mod changed;
mod drawn;
mod fault_kinds;
mod files;
mod mutated;
mod reader;
mod refused;
mod runs;
mod stream_queue;

use cluster_sim_registry::{Prepared, ScenarioError, Variables};
use cluster_sim_scenarios::builtin;
use jsonschema::Validator;
use serde_json::Value;

/// Reads a text as a scenario file named `my.json`.
fn read(text: &str) -> Result<Prepared, ScenarioError> {
    builtin().read(text, "my.json", &Variables::default())
}

/// Reads a value as a scenario file.
fn read_value(file: &Value) -> Result<Prepared, ScenarioError> {
    read(&file.to_string())
}

/// The validator of the files of a system, or of all.
fn validator(system: Option<&str>) -> Validator {
    let schema = builtin().schema(system).expect("the system has files");
    jsonschema::draft202012::new(&schema).expect("the schema is one")
}

/// The systems with files of the general format.
fn general_systems() -> Vec<&'static str> {
    builtin().general_formats().map(|(name, _)| name).collect()
}
