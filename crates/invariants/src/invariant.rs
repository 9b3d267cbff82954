//! Rules that fold in what changed.

use std::any::Any;

use cluster_sim_types::Change;
use serde_json::Value;

use crate::verdict::Verdict;
use crate::world::World;

/// A rule with a memory, or a measurement.
///
/// One value lives as long as one run. It is told every change in order, at most once.
pub trait Invariant: Any {
    /// Folds in one change; `world` is as it stands after the step that made it.
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict;

    /// How often the rule could have fired. A rule that never could is `Unknown`, not held.
    fn times_checked(&self) -> u64;

    /// Judges the run as a whole, after its last step.
    fn finish(&mut self, world: &World<'_>) -> Verdict {
        let _ = world;
        Verdict::Holds
    }

    /// What it measured, for the report; null for a rule that only judges.
    fn measured(&self) -> Value {
        Value::Null
    }
}
