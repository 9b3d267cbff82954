//! Elections: a server in each term at most wins a majority (§3.4), and its log has all that is committed (§3.6.1).

use std::collections::BTreeSet;

use cluster_sim_node::{LocalInstant, NodeId};

use super::{Outbox, Replica, State};
use crate::bug::Bug;
use crate::entry::EntryId;
use crate::log::HardState;
use crate::log_fact::LogFact;
use crate::log_message::Body;

impl Replica {
    /// Chooses the next timeout by chance, so that votes seldom split (§3.4).
    pub(super) fn reset_election(&mut self, now: LocalInstant) {
        self.timeouts += 1;
        let election = self.config.election;
        self.deadline = Some(now + election + self.entropy.roll("election", self.timeouts).within(election));
    }

    /// Whether a leader is alive as far as it knows: then it helps no other server to depose it (§4.2.3, §6.4.1).
    pub(super) fn hears_a_leader(&self, now: LocalInstant) -> bool {
        matches!(self.state, State::Leader(_)) || now < self.heard + self.config.election
    }

    /// Stands for election after a timeout: first it asks whether it could win (§9.6).
    ///
    /// So a server that was cut off does not come back with a high term and depose a leader that all others hear.
    pub(super) fn stand(&mut self, now: LocalInstant, out: &mut Outbox) {
        self.reset_election(now);
        if self.installing.is_some() || !self.log.members().contains(self.id) {
            return;
        }
        self.leader = None;
        self.state = State::PreCandidate { granted: BTreeSet::from([self.id]) };
        self.send_others(&Body::PreVote { last: self.log.last() }, out);
        self.count_votes(now, out);
    }

    /// Votes for itself in a new term, and asks all others to (§3.4).
    pub(super) fn campaign(&mut self, now: LocalInstant, is_transfer: bool, out: &mut Outbox) {
        let term = self.log.hard.term + 1;
        self.enter_term(now, term, Some(self.id), out);
        self.reset_election(now);
        self.state = State::Candidate { granted: BTreeSet::from([self.id]) };
        self.send_others(&Body::Vote { last: self.log.last(), is_transfer }, out);
        self.count_votes(now, out);
    }

    /// Whether it may help a server whose log ends there: its own must not be more up to date (§3.6.1).
    ///
    /// Not while the host takes a snapshot: the log would speak of state that the host does not have.
    fn may_support(&self, last: EntryId) -> bool {
        last >= self.log.last() && self.installing.is_none()
    }

    pub(super) fn on_pre_vote(&mut self, from: NodeId, last: EntryId, out: &mut Outbox) {
        if self.may_support(last) {
            self.send(from, Body::PreVoteGranted, out);
        }
    }

    /// Gives its vote, once in a term (§3.4).
    pub(super) fn on_vote(&mut self, now: LocalInstant, from: NodeId, last: EntryId, out: &mut Outbox) {
        let HardState { term, vote } = self.log.hard;
        if vote.is_some_and(|vote| vote != from) || !self.may_support(last) {
            return;
        }
        if vote.is_none() {
            let record = self.log.save(HardState { term, vote: Some(from) });
            self.write(record, out);
        }
        self.reset_election(now);
        let record = if self.has_bug(Bug::VoteNotDurable) { 0 } else { self.log.hard_record() };
        self.send_after(record, from, Body::VoteGranted, out);
    }

    pub(super) fn on_pre_vote_granted(&mut self, now: LocalInstant, from: NodeId, out: &mut Outbox) {
        if let State::PreCandidate { granted } = &mut self.state {
            granted.insert(from);
            self.count_votes(now, out);
        }
    }

    pub(super) fn on_vote_granted(&mut self, now: LocalInstant, from: NodeId, out: &mut Outbox) {
        if let State::Candidate { granted } = &mut self.state {
            granted.insert(from);
            self.count_votes(now, out);
        }
    }

    /// Goes on to the election, or to office, with a majority. Its own vote counts once it is durable, as any other.
    pub(super) fn count_votes(&mut self, now: LocalInstant, out: &mut Outbox) {
        let members = self.log.members();
        let has_majority =
            |granted: &BTreeSet<NodeId>| granted.iter().filter(|voter| members.contains(**voter)).count() >= members.majority();
        match &self.state {
            State::PreCandidate { granted } if has_majority(granted) => self.campaign(now, false, out),
            State::Candidate { granted } if has_majority(granted) && self.log.is_synced(self.log.hard_record()) => {
                self.take_office(now, out);
            }
            _ => {}
        }
    }

    fn take_office(&mut self, now: LocalInstant, out: &mut Outbox) {
        out.facts.push(LogFact::Leads { term: self.log.hard.term, members: self.log.members().clone() });
        self.leader = Some(self.id);
        self.begin_to_lead(now, out);
    }

    /// Hears the leader of its own term (§3.4: a candidate that does goes back to following). Whether it is one.
    pub(super) fn follow(&mut self, now: LocalInstant, leader: NodeId) -> bool {
        if matches!(self.state, State::Leader(_)) {
            return false;
        }
        (self.state, self.leader, self.heard) = (State::Follower, Some(leader), now);
        self.reset_election(now);
        true
    }

    /// Goes over to a later term, with a vote of its own or none; all that it did in the earlier one is over.
    pub(super) fn enter_term(&mut self, now: LocalInstant, term: u64, vote: Option<NodeId>, out: &mut Outbox) {
        self.step_down(now, out);
        // An answer that was not sent yet must not follow one of the new term.
        self.held.clear();
        let record = self.log.save(HardState { term, vote });
        self.write(record, out);
    }

    /// Follows no one in particular from now on.
    pub(super) fn step_down(&mut self, now: LocalInstant, out: &mut Outbox) {
        self.leader = None;
        if let State::Leader(leader) = std::mem::replace(&mut self.state, State::Follower) {
            Self::refuse_reads(leader.reads, out);
            self.reset_election(now);
        }
    }

    /// Tells a server whose message is of an earlier term about this one, so that it goes over (§3.3).
    pub(super) fn on_outdated(&mut self, now: LocalInstant, from: NodeId, body: Body, out: &mut Outbox) {
        match body {
            Body::VoteGranted if self.has_bug(Bug::StaleVote) => self.on_vote_granted(now, from, out),
            Body::PreVote { .. } | Body::Vote { .. } | Body::Append { .. } | Body::Snapshot { .. } => {
                self.send(from, Body::Outdated, out);
            }
            _ => {}
        }
    }
}
