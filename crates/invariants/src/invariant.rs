//! The trait of stateful checks and measurements.

use std::any::Any;

use cluster_sim_types::{CallLogs, Change};
use serde_json::Value;

use crate::evidence_table::EvidenceTable;
use crate::history_picture::HistoryPicture;
use crate::verdict::Verdict;
use crate::world::World;

/// A stateful check, or a measurement.
///
/// One value lives as long as one run and observes every change in order, at most once.
pub trait Invariant: Any {
    /// Observes one change; `world` is the state after the step that made it.
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict;

    /// Asks for logs of calls; returns whether the rule does without the facts of calls.
    ///
    /// Called once, before the first step. A call costs a run little where every rule of the scenario does without: clients then state no
    /// [`CallFact`](crate::CallFact) but write to the logs. By default a rule hears of facts.
    fn reads_calls(&mut self, logs: &mut CallLogs) -> bool {
        let _ = logs;
        false
    }

    /// Returns how often the rule could have fired; 0 makes it `Unknown` rather than passed.
    fn times_checked(&self) -> u64;

    /// Judges the whole run after its last step.
    fn finish(&mut self, world: &World<'_>) -> Verdict {
        let _ = world;
        Verdict::Holds
    }

    /// Draws what clients saw around a violation; `None` for rules that judge no history.
    ///
    /// Called once [`finish`](Self::finish) judged the run.
    fn history(&self) -> Option<HistoryPicture> {
        None
    }

    /// Shows values of several nodes side by side around a violation.
    ///
    /// `None` for rules whose message says all.
    /// Called once [`finish`](Self::finish) judged the run.
    fn table(&self) -> Option<EvidenceTable> {
        None
    }

    /// Returns its measurements for the report; null for a rule without any.
    fn measured(&self) -> Value {
        Value::Null
    }
}
