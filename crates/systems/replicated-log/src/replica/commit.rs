//! Commitment: an entry of the leader's own term that a majority has, and all before it (§3.6.2).

use cluster_sim_node::LocalInstant;

use super::{Committed, Outbox, Replica, State};
use crate::bug::Bug;
use crate::entry::{Entry, EntryContent, EntryId};
use crate::log_fact::LogFact;

impl Replica {
    /// Commits, as a leader, what a majority has on its disks.
    ///
    /// Of entries of earlier terms no majority is counted: another leader could still replace them (figure 3.7). An entry of its own
    /// term commits them. Its own disk counts as any other (§10.2.1).
    pub(super) fn advance_commit(&mut self, now: LocalInstant, out: &mut Outbox) {
        let State::Leader(leader) = &self.state else { return };
        let members = self.log.members();
        let stable = self.log.stable();
        let index = members.quorum_of(|voter| if voter == self.id { stable } else { leader.matched(voter) });
        let term = self.log.hard.term;
        if index <= self.commit || self.log.term_at(index) != Some(term) {
            return;
        }
        if self.has_bug(Bug::CommitStall) && self.log.term_at(self.commit + 1) != Some(term) {
            return;
        }
        self.commit = index;
        out.facts.push(LogFact::Advanced { term, entry: EntryId { term, index }, stable, members: members.clone() });
        self.on_configuration_committed(now, out);
    }

    /// Takes over, as a follower, the commit index of a leader, as far as its own log is known to be equal (figure 3.1).
    ///
    /// A late message has an earlier one.
    pub(super) fn learn_commit(&mut self, commit: u64) {
        self.commit = if self.has_bug(Bug::CommitRegress) { commit } else { self.commit.max(commit) };
    }

    /// Gives the host what is committed and on its own disk, in order.
    ///
    /// So no crash takes an entry from a replica that it has shown, and a host may keep its state on the disk, too.
    pub(super) fn deliver(&mut self, out: &mut Outbox) {
        if self.installing.is_some() {
            return;
        }
        while self.applied < self.commit.min(self.log.stable()) {
            self.applied += 1;
            let bytes = self.log.entry(self.applied).expect("the snapshot ends before what is applied");
            let Entry { term, chain, content } = Entry::decode(bytes).expect("it was checked when it was appended");
            let entry = EntryId { term, index: self.applied };
            out.facts.push(LogFact::Applied { entry, chain });
            let command = if let EntryContent::Command(command) = content { Some(command) } else { None };
            out.committed.push(Committed { position: entry, command });
        }
    }
}
