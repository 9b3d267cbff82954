//! The rule on terms and votes.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim_invariants::NodeId;

use super::{At, LogRule};
use crate::log_fact::LogFact;

/// Checks that a majority votes for the one leader of a term (V1).
///
/// No replica forgets a term or a vote.
/// Neither across crashes, if it told others of it (V5). No message of a term follows one of a later term (V16).
///
/// `times_checked` counts terms of replicas.
#[derive(Debug, Default)]
pub struct Elections {
    led: BTreeMap<(u64, u64), NodeId>,
    /// The servers that voted for a candidate in a term.
    votes: BTreeMap<(u64, u64, NodeId), BTreeSet<NodeId>>,
    /// The last term that each replica told others of, and its vote in it.
    told: BTreeMap<(u64, NodeId), (u64, Option<NodeId>)>,
    times_checked: u64,
}

impl LogRule for Elections {
    fn on_fact(&mut self, at: At<'_>, fact: &LogFact) -> Result<(), String> {
        match fact {
            LogFact::Leads { term, members } => {
                self.times_checked += 1;
                if let Some(before) = self.led.insert((at.group, *term), at.node) {
                    return Err(format!("{} leads term {term}, which {before} led already", at.name));
                }
                let voters = self.votes.get(&(at.group, *term, at.node));
                let others = voters.into_iter().flatten().filter(|voter| **voter != at.node && members.contains(**voter)).count();
                let votes = others + usize::from(members.contains(at.node));
                if votes < members.majority() {
                    return Err(format!("{} leads term {term} with {votes} votes of {}", at.name, members.as_slice().len()));
                }
                Ok(())
            }
            LogFact::Promised { term, vote, .. } => {
                let told = self.told.entry(at.replica()).or_default();
                let before = *told;
                if *term < before.0 {
                    return Err(format!("{} sent a message of term {term} after one of term {}", at.name, before.0));
                }
                self.times_checked += u64::from(*term > before.0);
                if let Some(candidate) = vote {
                    self.votes.entry((at.group, *term, *candidate)).or_default().insert(at.node);
                }
                *told = (*term, if *term == before.0 { vote.or(before.1) } else { *vote });
                match (vote, before) {
                    (Some(vote), (before, Some(first))) if *term == before && *vote != first => {
                        Err(format!("{} voted for {vote} in term {term}, in which it had voted for {first}", at.name))
                    }
                    _ => Ok(()),
                }
            }
            LogFact::Booted { hard, .. } => match self.told.get(&at.replica()) {
                Some((term, vote)) if hard.term < *term || (hard.term == *term && vote.is_some() && *vote != hard.vote) => Err(
                    format!("{} came back in term {}, and had told others of term {term} and vote {vote:?}", at.name, hard.term),
                ),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
