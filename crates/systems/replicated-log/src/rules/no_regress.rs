//! The rule that a replica does not go back.

use std::collections::BTreeMap;

use cluster_sim_invariants::NodeId;

use super::{At, LogRule};
use crate::log_fact::LogFact;

/// Checks that commit index and executed entries never fall within a life (V5).
///
/// A snapshot covers only executed entries, and an installed one is not older than the state that it replaces (V10).
///
/// `times_checked` counts changes.
#[derive(Debug, Default)]
pub struct NoRegress {
    /// The commit index, and the last executed entry.
    reached: BTreeMap<(u64, NodeId), (u64, u64)>,
    times_checked: u64,
}

impl LogRule for NoRegress {
    fn on_fact(&mut self, at: At<'_>, fact: &LogFact) -> Result<(), String> {
        let (commit, applied) = self.reached.entry(at.replica()).or_default();
        let before = (*commit, *applied);
        match fact {
            LogFact::Booted { base, .. } => {
                (*commit, *applied) = (*base, *base);
                return Ok(());
            }
            LogFact::Commit { index } => *commit = *index,
            LogFact::Applied { entry, .. } => *applied = entry.index,
            LogFact::Compacted { index, .. } if *index > before.1 => {
                return Err(format!("{} took a snapshot up to entry {index}, and has executed {}", at.name, before.1));
            }
            LogFact::Installed { last, .. } if last.index < before.1 => {
                return Err(format!("{} installed a snapshot up to entry {}, and had executed {}", at.name, last.index, before.1));
            }
            LogFact::Installed { last, .. } => *applied = last.index,
            LogFact::Compacted { .. } => {}
            _ => return Ok(()),
        }
        let after = (*commit, *applied);
        self.times_checked += 1;
        if after.0 < before.0 {
            return Err(format!("{} had committed entry {}, and went back to {}", at.name, before.0, after.0));
        }
        if after.1 < before.1 {
            return Err(format!("{} had executed entry {}, and went back to {}", at.name, before.1, after.1));
        }
        Ok(())
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
