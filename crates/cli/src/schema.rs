//! The command `schema`: describes the scenario files of a system, for editors and for readers.

use cluster_sim_registry::{Registry, ScenarioError, ScenarioErrorKind};

/// The JSON Schema of the scenario files of a system, or of all; with `fields` a line for each field in its place.
///
/// # Errors
/// If no such system has scenario files.
pub(crate) fn schema(system: Option<&str>, fields: bool, registry: &Registry) -> Result<String, ScenarioError> {
    match (system, fields) {
        (system, false) => registry.schema(system).map(|schema| format!("{schema:#}\n")),
        (Some(system), true) => registry.file_shape(system).map(|shape| shape.lines().join("\n") + "\n"),
        (None, true) => {
            let names: Vec<_> = registry.file_shapes().map(|(name, _)| name).collect();
            let cure = format!("name one of {}", names.join(", "));
            Err(ScenarioError::new(ScenarioErrorKind::MissingField, "command line", "SYSTEM", "nothing", &cure))
        }
    }
}
