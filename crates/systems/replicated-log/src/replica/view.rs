//! The state of a replica that hosts and rules may read.

use cluster_sim_node::NodeId;

use super::{Replica, State};
use crate::entry::Members;

/// The part that a replica plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// It follows a leader, or waits for one.
    #[default]
    Follower,
    /// It asks whether it could win an election (§9.6).
    PreCandidate,
    /// It asks for votes.
    Candidate,
    /// It leads.
    Leader,
}

/// The state of a replica. The default is that of one that has not begun.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogView {
    /// Its part.
    pub role: Role,
    /// The latest term.
    pub term: u64,
    /// The vote in that term.
    pub vote: Option<NodeId>,
    /// The leader of that term, once it is known.
    pub leader: Option<NodeId>,
    /// The last entry of the snapshot.
    pub base: u64,
    /// The last entry of the log.
    pub last: u64,
    /// The entries that are durable here, up to this one.
    pub stable: u64,
    /// The last entry that is known to be committed.
    pub commit: u64,
    /// The last entry that was given to the host.
    pub applied: u64,
    /// The hash of all entries up to the last one.
    pub chain: u64,
    /// Whether the host has a snapshot to take.
    pub is_installing: bool,
    /// The configuration in force.
    pub members: Members,
}

impl Replica {
    /// Brings the view up to date.
    pub(super) fn look(&mut self) {
        let last = self.log.last().index;
        let view = &mut self.view;
        view.role = match self.state {
            State::Follower => Role::Follower,
            State::PreCandidate { .. } => Role::PreCandidate,
            State::Candidate { .. } => Role::Candidate,
            State::Leader(_) => Role::Leader,
        };
        (view.term, view.vote, view.leader) = (self.log.hard.term, self.log.hard.vote, self.leader);
        (view.base, view.last, view.stable) = (self.log.base().index, last, self.log.stable());
        (view.commit, view.applied, view.is_installing) = (self.commit, self.applied, self.installing.is_some());
        view.chain = self.log.chain_at(last).unwrap_or_default();
        if view.members != *self.log.members() {
            view.members = self.log.members().clone();
        }
    }
}
