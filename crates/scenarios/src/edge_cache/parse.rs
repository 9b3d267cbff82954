//! Reads a scenario file of the edge cache.

use cluster_sim_registry::{Document, ScenarioError, ScenarioErrorKind};
use serde_json::Value;

use super::check::check;
use super::defaults::Defaults;
use super::fields::field_spec;
use super::file::{EdgeCacheFile, Step, TimedStep};

impl EdgeCacheFile {
    /// Parses a scenario file; errors name it `source`.
    ///
    /// # Errors
    /// The first mistake (EDGE-D17), with its place, value and cure.
    pub fn parse(text: &str, source: &str, defaults: &Defaults) -> Result<Self, ScenarioError> {
        Self::decode(Document::parse(text, source)?, defaults)
    }

    /// Decodes a parsed scenario file.
    pub(super) fn decode(mut document: Document<'_>, defaults: &Defaults) -> Result<Self, ScenarioError> {
        let source = document.source();
        refuse_misplaced_lists(&document.root, "", source)?;
        if let Value::Object(fields) = &mut document.root {
            fields.entry("source_fanout_capacity").or_insert_with(|| Value::from(defaults.source_fanout_capacity));
        }
        let file = document.decode::<Self>(field_spec)?.filled();
        check(&file, source)?;
        Ok(file)
    }

    /// Fills in every default that depends on another field.
    #[must_use]
    pub(crate) fn filled(mut self) -> Self {
        for TimedStep { step, .. } in &mut self.steps {
            if let Step::PartitionEdge { duration_ms, .. } = step {
                duration_ms.get_or_insert(self.chaos.partition_duration_ms);
            }
        }
        self
    }
}

/// Refuses a list except under `steps`: serde would accept it as the fields of an object in order.
fn refuse_misplaced_lists(value: &Value, path: &str, source: &str) -> Result<(), ScenarioError> {
    match value {
        Value::Array(items) if path == "steps" => {
            items.iter().enumerate().try_for_each(|(index, item)| refuse_misplaced_lists(item, &format!("steps[{index}]"), source))
        }
        Value::Array(_) => {
            let path = if path.is_empty() { "$" } else { path };
            let cure = field_spec(path).to_string();
            Err(ScenarioError::new(ScenarioErrorKind::WrongType, source, path, &value.to_string(), &cure))
        }
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            refuse_misplaced_lists(value, &path, source)
        }),
        _ => Ok(()),
    }
}
