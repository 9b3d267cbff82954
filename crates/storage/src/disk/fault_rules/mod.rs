//! The rules in force on a disk, and the operations that wait for them.
//!
//! | file | contents |
//! |---|---|
//! | `rule.rs` | [`DiskRule`]: a rule as data, and while it is in force |
//! | `decide.rs` | the random choices of rules, addressed by the operation and the rule |
//! | `queue.rs` | when operations pass: slow disks, stalls, limits |
//!
//! A disk without rules has no [`Faults`], so an operation costs it one branch.

mod decide;
mod queue;
mod rule;

use std::collections::VecDeque;

use cluster_sim_runtime::Address;
use cluster_sim_types::VirtualInstant;

pub(super) use decide::Decider;
pub use rule::{DiskRule, Rot, RuleCounts, RuleId};
pub(super) use rule::{Rule, is_below};

/// Marks the slot of an event as a look at the queue of a node.
pub(super) const GATE: u32 = 1 << 31;

/// The faults of one disk.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// In the order in which they came into force.
    pub(super) rules: Vec<Rule>,
    /// Operations whose time has come and that wait, by their slots, in order.
    pub(super) queue: VecDeque<u32>,
    /// When the front of the queue is looked at next.
    pub(super) looks_at: Option<VirtualInstant>,
}

impl Faults {
    /// Adds a rule.
    pub(super) fn add(&mut self, id: RuleId, what: DiskRule, now: VirtualInstant, used: u64) {
        let equal = |rule: &&Rule| (rule.what.name(), rule.what.path()) == (what.name(), what.path());
        let count = self.rules.iter().filter(equal).count() as u64;
        let address = Address::new().name(what.name()).name(what.path()).number(count);
        let mut rule = Rule::new(id, what, address, now);
        if let DiskRule::Full { free } = rule.what {
            rule.capacity = used.saturating_add(free);
        }
        self.rules.push(rule);
    }

    /// The bytes that rules allow all files together to have.
    pub(super) fn capacity(&self) -> u64 {
        self.rules.iter().map(|rule| rule.capacity).min().unwrap_or(u64::MAX)
    }

    /// Whether nothing is in force and nothing waits.
    pub(super) fn is_over(&self) -> bool {
        self.rules.is_empty() && self.queue.is_empty()
    }
}
