//! The rule that all logs are one.

use std::collections::BTreeMap;

use cluster_sim_invariants::NodeId;

use super::{At, LogRule};
use crate::log_fact::LogFact;

/// Checks that replicas have one log, as chains tell, which hash an entry with all before it.
///
/// An index and a term name one entry and all before it (V2, Log Matching). An entry that was executed anywhere is the only one of its
/// index (V4, State Machine Safety). A leader has all that earlier terms committed (V3, Leader Completeness). Each entry follows the one
/// before (V15). A replica removes only what disagrees and is not committed (L6), and has after a crash what it vouched for and is
/// committed. `times_checked` counts entries of replicas.
#[derive(Debug, Default)]
pub struct OneLog {
    /// The chain of each index and term.
    known: BTreeMap<(u64, u64, u64), u64>,
    /// The chain of each index that was executed.
    executed: BTreeMap<(u64, u64), u64>,
    /// The last entry that each term committed, with its chain.
    committed: BTreeMap<(u64, u64), (u64, u64)>,
    mirrors: BTreeMap<(u64, NodeId), Mirror>,
    times_checked: u64,
}

/// The log of a replica.
#[derive(Debug)]
struct Mirror {
    /// The index of the first of these: the last entry of the snapshot.
    base: u64,
    /// Term and chain of each entry, and of the base.
    entries: Vec<(u64, u64)>,
    commit: u64,
    /// The last entry that it vouched for, with its chain.
    vouched: (u64, u64),
}

impl Default for Mirror {
    fn default() -> Self {
        Self { base: 0, entries: vec![(0, 0)], commit: 0, vouched: (0, 0) }
    }
}

impl Mirror {
    fn at(&self, index: u64) -> Option<(u64, u64)> {
        self.entries.get(index.checked_sub(self.base)? as usize).copied()
    }

    /// Whether it has an entry, or a snapshot in its place.
    fn has(&self, index: u64, chain: u64) -> bool {
        index < self.base || self.at(index).is_some_and(|(_, found)| found == chain)
    }
}

impl LogRule for OneLog {
    fn on_fact(&mut self, at: At<'_>, fact: &LogFact) -> Result<(), String> {
        match fact {
            LogFact::Booted { base, entries, .. } => self.on_booted(at, *base, entries),
            LogFact::Appended { first, entries } => self.on_appended(at, *first, entries),
            LogFact::Unlinked { index } => {
                Err(format!("{} was sent an entry {index} that does not follow its entry before", at.name))
            }
            LogFact::Applied { entry, chain } => {
                self.times_checked += 1;
                match *self.executed.entry((at.group, entry.index)).or_insert(*chain) {
                    first if first != *chain => {
                        Err(format!("{} executed entry {entry}, and another had executed another entry of that index", at.name))
                    }
                    _ => Ok(()),
                }
            }
            LogFact::Advanced { term, entry, .. } => {
                let found = self.mirror(at).at(entry.index);
                if let Some((_, chain)) = found {
                    self.committed.insert((at.group, *term), (entry.index, chain));
                }
                Ok(())
            }
            LogFact::Leads { term, .. } => self.on_leads(at, *term),
            LogFact::Commit { index } => {
                self.mirror(at).commit = *index;
                Ok(())
            }
            LogFact::Promised { matched, chain, .. } if *matched > 0 => {
                self.mirror(at).vouched = (*matched, *chain);
                Ok(())
            }
            LogFact::Compacted { index, .. } => {
                let mirror = self.mirror(at);
                mirror.entries.drain(..(index.saturating_sub(mirror.base) as usize).min(mirror.entries.len()));
                mirror.base = *index;
                Ok(())
            }
            LogFact::Installed { last, chain, .. } => {
                let mirror = self.mirror(at);
                (mirror.base, mirror.entries, mirror.commit) = (last.index, vec![(last.term, *chain)], last.index);
                self.know(at, last.index, last.term, *chain)
            }
            _ => Ok(()),
        }
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}

impl OneLog {
    fn mirror(&mut self, at: At<'_>) -> &mut Mirror {
        self.mirrors.entry(at.replica()).or_default()
    }

    fn know(&mut self, at: At<'_>, index: u64, term: u64, chain: u64) -> Result<(), String> {
        self.times_checked += 1;
        match *self.known.entry((at.group, index, term)).or_insert(chain) {
            first if first != chain => Err(format!(
                "{} has an entry {index} of term {term} that differs from another's, or the logs before it do",
                at.name
            )),
            _ => Ok(()),
        }
    }

    fn on_booted(&mut self, at: At<'_>, base: u64, entries: &[(u64, u64)]) -> Result<(), String> {
        let vouched = self.mirror(at).vouched;
        let mirror = Mirror { base, entries: entries.to_vec(), commit: base, vouched };
        let is_committed = self.executed.get(&(at.group, vouched.0)) == Some(&vouched.1);
        let has = mirror.has(vouched.0, vouched.1);
        self.mirrors.insert(at.replica(), mirror);
        if is_committed && !has {
            return Err(format!("{} came back without entry {}, which it had vouched for and is committed", at.name, vouched.0));
        }
        Ok(())
    }

    fn on_appended(&mut self, at: At<'_>, first: u64, entries: &[(u64, u64)]) -> Result<(), String> {
        let mirror = self.mirror(at);
        let (commit, replaced) = (mirror.commit, mirror.at(first));
        mirror.entries.truncate(first.saturating_sub(mirror.base) as usize);
        mirror.entries.extend_from_slice(entries);
        if first <= commit {
            return Err(format!("{} replaced its log from entry {first} on, and {commit} is committed", at.name));
        }
        match (replaced, entries.first()) {
            (Some((old, _)), Some((new, _))) if old == *new => {
                return Err(format!("{} replaced entry {first} of term {new} by itself, and cut off what followed", at.name));
            }
            _ => {}
        }
        (first..).zip(entries).try_for_each(|(index, (term, chain))| self.know(at, index, *term, *chain))
    }

    fn on_leads(&mut self, at: At<'_>, term: u64) -> Result<(), String> {
        let before = self.committed.range((at.group, 0)..(at.group, term)).next_back().map(|(_, entry)| *entry);
        let Some((index, chain)) = before else { return Ok(()) };
        match self.mirror(at).has(index, chain) {
            true => Ok(()),
            false => Err(format!("{} leads term {term} without entry {index}, which an earlier term committed", at.name)),
        }
    }
}
