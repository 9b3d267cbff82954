//! The rule on what leaders count.

use std::collections::BTreeMap;

use cluster_sim_invariants::NodeId;

use super::{At, LogRule};
use crate::entry::Members;
use crate::log_fact::LogFact;

/// Checks that a leader commits an entry of its own term (V8) that a majority has vouched for (L6).
///
/// Its knowledge of others never falls (V7) while they are in its configuration, and it changes the configuration by one server at a time, once the last change is committed
/// (V9).
///
/// `times_checked` counts entries that leaders committed, and configurations.
#[derive(Debug, Default)]
pub struct Quorums {
    /// The last entry that each replica vouched for, by term.
    vouched: BTreeMap<(u64, NodeId), (u64, u64)>,
    /// The last entry that each leader knows of each other, by term.
    matched: BTreeMap<(u64, NodeId, NodeId), (u64, u64)>,
    times_checked: u64,
}

impl LogRule for Quorums {
    fn on_fact(&mut self, at: At<'_>, fact: &LogFact) -> Result<(), String> {
        match fact {
            LogFact::Promised { term, matched, .. } => {
                let vouched = self.vouched.entry(at.replica()).or_default();
                *vouched = if vouched.0 == *term { (*term, vouched.1.max(*matched)) } else { (*term, *matched) };
                Ok(())
            }
            LogFact::Progress { term, peer, matched, next } => {
                let known = self.matched.entry((at.group, at.node, *peer)).or_default();
                let before = std::mem::replace(known, (*term, *matched));
                if next <= matched || (before.0 == *term && *matched < before.1) {
                    return Err(format!("{} knew that {peer} has entry {}, and now {matched} with {next} next", at.name, before.1));
                }
                Ok(())
            }
            LogFact::Advanced { term, entry, stable, members } => {
                self.times_checked += 1;
                if entry.term != *term {
                    return Err(format!("{} leads term {term}, and counted replicas of entry {entry}", at.name));
                }
                let vouched = |voter: &NodeId| match self.vouched.get(&(at.group, *voter)) {
                    _ if *voter == at.node => *stable >= entry.index,
                    Some((in_term, upto)) => in_term > term || (in_term == term && *upto >= entry.index),
                    None => false,
                };
                let count = members.as_slice().iter().filter(|voter| vouched(voter)).count();
                if count < members.majority() {
                    return Err(format!("{} committed entry {entry}, which {count} of {} have", at.name, members.as_slice().len()));
                }
                Ok(())
            }
            LogFact::Configured { index, members, previous, commit } => {
                self.times_checked += 1;
                if previous.0 > *commit {
                    return Err(format!("{} configures entry {index}, and entry {} is not committed", at.name, previous.0));
                }
                if difference(members, &previous.1) > 1 {
                    return Err(format!("{} changes {:?} to {:?} at once", at.name, previous.1.as_slice(), members.as_slice()));
                }
                // A leader forgets a server that leaves: once that joins again, late answers are all that it knows.
                for gone in previous.1.as_slice().iter().filter(|server| !members.contains(**server)) {
                    self.matched.remove(&(at.group, at.node, *gone));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}

/// The servers that are in one configuration only.
fn difference(one: &Members, other: &Members) -> usize {
    let missing = |from: &Members, to: &Members| from.as_slice().iter().filter(|server| !to.contains(**server)).count();
    missing(one, other) + missing(other, one)
}
