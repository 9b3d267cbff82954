//! The rule on reads.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_sim_invariants::NodeId;

use super::{At, LogRule};
use crate::log_fact::LogFact;

/// Checks that a read sees all that was committed anywhere when it came (V11).
///
/// A leader trusts its lease only while that is sure to last, by its own clock and the bound ε (V12).
///
/// `times_checked` counts reads.
#[derive(Debug, Default)]
pub struct FreshReads {
    clock_error: Duration,
    /// The last entry that a leader committed, by group.
    committed: BTreeMap<u64, u64>,
    /// That entry when a read came, by replica and token.
    asked: BTreeMap<(u64, NodeId, u64), u64>,
    times_checked: u64,
}

impl FreshReads {
    /// Creates the rule for clocks of that [bound](crate::LogConfig::clock_error).
    pub fn with_clock_error(clock_error: Duration) -> Self {
        Self { clock_error, ..Self::default() }
    }
}

impl LogRule for FreshReads {
    fn on_fact(&mut self, at: At<'_>, fact: &LogFact) -> Result<(), String> {
        match fact {
            LogFact::Advanced { entry, .. } => {
                let committed = self.committed.entry(at.group).or_default();
                *committed = entry.index.max(*committed);
            }
            LogFact::ReadAsked { token } => {
                let committed = self.committed.get(&at.group).copied().unwrap_or_default();
                self.asked.insert((at.group, at.node, *token), committed);
            }
            LogFact::ReadServed { token, index, lease } => {
                self.times_checked += 1;
                let committed = self.asked.remove(&(at.group, at.node, *token)).unwrap_or_default();
                if let Some((now, end)) = lease
                    && *now + self.clock_error > *end
                {
                    return Err(format!(
                        "{} read by its lease at {now}, less than {:?} before that ends",
                        at.name, self.clock_error
                    ));
                }
                if *index < committed {
                    return Err(format!("{} read at entry {index}, and entry {committed} was committed before", at.name));
                }
            }
            LogFact::Booted { .. } => self.asked.retain(|(group, node, _), _| (*group, *node) != at.replica()),
            _ => {}
        }
        Ok(())
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
