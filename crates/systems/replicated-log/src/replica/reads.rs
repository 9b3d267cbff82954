//! Reads that need no entry in the log (§6.4): by a round of heartbeats, or by a lease (§6.4.1).

use std::collections::VecDeque;

use cluster_sim_node::LocalInstant;

use super::{Outbox, Refused, Replica, State};
use crate::bug::Bug;
use crate::log_fact::LogFact;

/// A read that waits until its leader is known to have led after it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct PendingRead {
    token: u64,
    /// All that was committed when it came: this is its read index.
    index: u64,
    /// The round that a majority must answer.
    round: u64,
}

impl Replica {
    /// Accepts a read, if it leads: it must see all that was committed when it came.
    ///
    /// That is the commit index once an entry of the term is committed; before that, entries of earlier terms may be committed without the
    /// leader knowing, and the first entry of the term stands for them (§6.4, step 1).
    pub(super) fn read(&mut self, now: LocalInstant, token: u64, out: &mut Outbox) {
        let commit = self.commit;
        let State::Leader(leader) = &mut self.state else {
            return out.reads.push((token, Err(Refused::NotLeader(self.leader))));
        };
        out.facts.push(LogFact::ReadAsked { token });
        let index = commit.max(leader.first);
        let has_lease = self.lease_end(now).is_some_and(|end| now < end);
        let State::Leader(leader) = &mut self.state else { return };
        if has_lease && commit >= leader.first && self.applied >= commit {
            let lease = Some((now, self.majority_heard(now) + self.config.election));
            out.facts.push(LogFact::ReadServed { token, index, lease });
            return out.reads.push((token, Ok(index)));
        }
        // A round that began before the read came proves nothing.
        leader.reads.push_back(PendingRead { token, index, round: leader.round + 1 });
        self.begin_round(now, out);
    }

    /// Returns until when, by its own clock, no other can have been elected; `None` without leases.
    ///
    /// A majority heard it after a round began, and votes for no other until an election timeout has passed on its clocks. They may show
    /// that up to ε early (§6.4.1). Not once it asked another to stand for election: a vote for that one does not wait.
    fn lease_end(&self, now: LocalInstant) -> Option<LocalInstant> {
        let State::Leader(leader) = &self.state else { return None };
        let error = self.config.clock_error.filter(|_| !leader.made_room)?;
        let trusted =
            if self.has_bug(Bug::LeaseReadNoEpsilon) { self.config.election } else { self.config.election.saturating_sub(error) };
        Some(self.majority_heard(now) + trusted)
    }

    /// Answers the reads whose round a majority has answered, and whose index the host has (§6.4, steps 2 to 4).
    pub(super) fn serve_reads(&mut self, out: &mut Outbox) {
        let State::Leader(leader) = &mut self.state else { return };
        if leader.reads.is_empty() {
            return;
        }
        let round = self.log.members().quorum_of(|voter| if voter == self.id { u64::MAX } else { leader.answered(voter) });
        while let Some(read) = leader.reads.front().filter(|read| read.round <= round && read.index <= self.applied) {
            let PendingRead { token, index, .. } = *read;
            out.facts.push(LogFact::ReadServed { token, index, lease: None });
            out.reads.push((token, Ok(index)));
            leader.reads.pop_front();
        }
    }

    /// Refuses the reads of a leader that leads no longer.
    pub(super) fn refuse_reads(reads: VecDeque<PendingRead>, out: &mut Outbox) {
        out.reads.extend(reads.into_iter().map(|read| (read.token, Err(Refused::NotLeader(None)))));
    }
}
