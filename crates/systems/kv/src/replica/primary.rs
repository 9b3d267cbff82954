//! A primary: orders requests, and executes those that a majority has.

use std::collections::BTreeMap;

use cluster_sim_invariants::history::models::RegisterOp;
use cluster_sim_node::{LocalInstant, NodeId};

use super::{Replica, Role, Sends};
use crate::bug::Bug;
use crate::config::MAJORITY;
use crate::message::{Entry, KvMessage};

/// The state of a primary.
#[derive(Debug)]
pub(super) struct Primary {
    /// The number of entries with which it began: once they are committed, it knows all that earlier primaries answered.
    begin: usize,
    /// The number of the last heartbeat.
    beat: u64,
    /// How many entries each backup has.
    accepted: BTreeMap<NodeId, usize>,
}

impl Replica {
    pub(super) fn lead(&mut self, now: LocalInstant, sends: &mut Sends) {
        self.log.epoch = self.epoch;
        let accepted = self.peers().map(|peer| (peer, 0)).collect();
        self.role = Role::Primary(Primary { begin: self.log.entries.len(), beat: 0, accepted });
        if self.config.bug == Some(Bug::ForgetsRequests) {
            self.state.forget_requests(self.log.entries.len());
        }
        self.heartbeat(now, sends);
    }

    pub(super) fn heartbeat(&mut self, now: LocalInstant, sends: &mut Sends) {
        self.deadline = Some(now + self.config.heartbeat);
        let Role::Primary(primary) = &mut self.role else { return };
        primary.beat += 1;
        let beat = primary.beat;
        self.replicate(beat, sends);
    }

    /// Sends each backup the entries that it is not known to have.
    fn replicate(&self, beat: u64, sends: &mut Sends) {
        let Role::Primary(primary) = &self.role else { return };
        for (peer, after) in &primary.accepted {
            let entries = self.log.entries[*after..].to_vec();
            let append = KvMessage::Append { epoch: self.epoch, beat, after: *after, entries, commit: self.state.applied };
            sends.push((*peer, append));
        }
    }

    /// Appends a request, also a retry: it is answered once it is executed, and executed once.
    ///
    /// Reads are ordered among the writes like them, so no primary answers one that a later primary has left behind.
    pub(super) fn on_ask(&mut self, from: NodeId, mut entry: Entry, sends: &mut Sends) {
        let request = entry.request;
        if let (key, RegisterOp::Read) = entry.op
            && self.reads_alone()
        {
            return sends.push((from, KvMessage::Answer { request, answer: self.state.read(key) }));
        }
        if !matches!(self.role, Role::Primary(_)) {
            return sends.push((from, KvMessage::Refused { request }));
        }
        if let (key, RegisterOp::CompareAndSet(expected, value)) = entry.op
            && self.config.bug == Some(Bug::JudgesTooEarly)
            && self.state.has(key, expected)
        {
            entry.op = (key, RegisterOp::Write(value));
        }
        self.log.entries.push(entry);
        self.replicate(0, sends);
    }

    /// Whether a planted bug lets it answer a read without the others.
    fn reads_alone(&self) -> bool {
        match &self.role {
            Role::Primary(primary) => self.config.bug == Some(Bug::ReadsAsDeposedPrimary) && self.state.applied >= primary.begin,
            Role::Backup => self.config.bug == Some(Bug::ReadsFromBackup),
            Role::Learner(_) | Role::Candidate { .. } => false,
        }
    }

    /// Commits what a majority has of this epoch's log.
    pub(super) fn on_accepted(&mut self, from: NodeId, epoch: u64, upto: usize, sends: &mut Sends) {
        let Role::Primary(primary) = &mut self.role else { return };
        if epoch != self.epoch {
            return;
        }
        let accepted = primary.accepted.entry(from).or_default();
        *accepted = upto.max(*accepted);
        let mut lengths: Vec<usize> = primary.accepted.values().copied().chain([self.log.entries.len()]).collect();
        lengths.sort_unstable_by(|one, other| other.cmp(one));
        self.apply_to(lengths[MAJORITY - 1], Some(sends));
    }
}
