//! Leadership transfer: a leader brings another up to date, and asks it to stand for election at once (§3.10).

use cluster_sim_node::{LocalInstant, NodeId};

use super::{Outbox, Replica, State};
use crate::log_message::Body;

/// A transfer that is under way. Meanwhile the leader appends nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Transfer {
    target: NodeId,
    /// Whether the target was asked to stand for election.
    is_asked: bool,
    /// The leader goes on to lead if it still does then.
    until: LocalInstant,
}

impl Replica {
    /// Begins to make room for another voter, if it leads; the last request counts.
    pub(super) fn transfer(&mut self, now: LocalInstant, target: NodeId, out: &mut Outbox) {
        let is_voter = self.log.members().contains(target) && target != self.id;
        if let (State::Leader(leader), true) = (&mut self.state, is_voter) {
            leader.transfer = Some(Transfer { target, is_asked: false, until: now + self.config.election });
            self.make_room(out);
        }
    }

    /// Asks the target to stand for election once it has all entries.
    pub(super) fn make_room(&mut self, out: &mut Outbox) {
        let last = self.log.last().index;
        let State::Leader(leader) = &mut self.state else { return };
        if let Some(Transfer { target, is_asked: false, until }) = leader.transfer
            && leader.matched(target) == last
        {
            leader.transfer = Some(Transfer { target, is_asked: true, until });
            leader.made_room = true;
            self.send(target, Body::TimeoutNow, out);
        }
    }

    /// Gives a transfer up whose time is over, so that clients are served again.
    pub(super) fn end_transfer(&mut self, now: LocalInstant) {
        if let State::Leader(leader) = &mut self.state {
            leader.transfer = leader.transfer.filter(|transfer| now < transfer.until);
        }
    }

    /// Stands for election at once, without asking whether it could win: its leader wants it to.
    pub(super) fn on_timeout_now(&mut self, now: LocalInstant, from: NodeId, out: &mut Outbox) {
        let may_stand = self.log.members().contains(self.id) && self.installing.is_none();
        if self.leader == Some(from) && matches!(self.state, State::Follower) && may_stand {
            self.campaign(now, true, out);
        }
    }
}
