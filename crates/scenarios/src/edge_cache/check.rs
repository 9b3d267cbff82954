//! Checks the values of an edge cache's scenario (EDGE-D17).

use cluster_sim_registry::{ScenarioError, ScenarioErrorKind, last_name};
use serde_json::Value;

use super::fields::field_spec;
use super::file::EdgeCacheFile;

/// Pairs of an edge or a client with a key. A pair needs about 8 bytes, so this is less than a gigabyte.
const PAIRS_MAX: u64 = 100_000_000;

/// Checks every value of a file, whether it was parsed or built in code.
///
/// # Errors
/// The first value that a field does not accept, that names an unknown edge, or that is after the end of the run.
pub(crate) fn check(file: &EdgeCacheFile, source: &str) -> Result<(), ScenarioError> {
    let fields = serde_json::to_value(file).expect("a file is plain data with text keys");
    check_bounds(&fields, "", source)?;
    check_memory(file, source)?;
    for (index, timed) in file.steps.iter().enumerate() {
        if timed.at_secs > file.duration_secs {
            let path = format!("steps[{index}].at_secs");
            let cure = format!("use seconds from 0 to {}, or a longer duration_secs", file.duration_secs);
            return Err(ScenarioError::new(ScenarioErrorKind::AfterTheEnd, source, &path, &timed.at_secs.to_string(), &cure));
        }
        if let Some(edge) = timed.step.edge().filter(|edge| *edge >= file.edge_count) {
            let path = format!("steps[{index}].step.{}.edge_id", name_of(&fields["steps"][index]["step"]));
            let cure = format!("use an edge_id from 0 to {}, or a larger edge_count", file.edge_count - 1);
            return Err(ScenarioError::new(ScenarioErrorKind::Foreign("an edge"), source, &path, &edge.to_string(), &cure));
        }
    }
    Ok(())
}

/// Checks that the state for each pair of node and key fits into memory.
fn check_memory(file: &EdgeCacheFile, source: &str) -> Result<(), ScenarioError> {
    let nodes = u64::from(file.edge_count) + u64::from(file.client_count);
    let most = PAIRS_MAX / nodes;
    if u64::from(file.key_count) <= most {
        return Ok(());
    }
    let cure = format!("use at most {most} keys with {nodes} edges and clients, or fewer of these");
    Err(ScenarioError::new(ScenarioErrorKind::OutOfRange, source, "key_count", &file.key_count.to_string(), &cure))
}

/// Checks every number, text and null against its field.
fn check_bounds(value: &Value, path: &str, source: &str) -> Result<(), ScenarioError> {
    match value {
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            check_bounds(value, &path, source)
        }),
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(index, item)| check_bounds(item, &format!("{path}[{index}]"), source))
        }
        _ => {
            let spec = field_spec(path);
            // An unknown edge has an error of its own, even if the number is out of range.
            if spec.accepts(value) || last_name(path) == "edge_id" {
                return Ok(());
            }
            Err(ScenarioError::new(spec.mistake(), source, path, &value.to_string(), &spec.to_string()))
        }
    }
}

/// The tag of an externally tagged value.
fn name_of(step: &Value) -> &str {
    step.as_object().and_then(|fields| fields.keys().next()).map_or("", String::as_str)
}
