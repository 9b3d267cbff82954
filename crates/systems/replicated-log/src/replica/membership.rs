//! Changes of the configuration, by one server at a time, so that any two majorities have a server in common (§4.1).

use cluster_sim_node::{LocalInstant, NodeId};

use super::{MemberChange, Outbox, Refused, Replica, State};
use crate::entry::{EntryContent, Members};
use crate::log_fact::LogFact;

/// A server that is to join: it gets entries, and has no vote until it has caught up (§4.2.1).
#[derive(Debug, Clone, Copy)]
pub(super) struct Joining {
    pub(super) server: NodeId,
    /// It must have the entries up to this one.
    target: u64,
    /// If it does not by then it stays out.
    until: LocalInstant,
}

/// How many election timeouts a server has to catch up.
const PATIENCE: u32 = 20;

impl Replica {
    /// Begins a change, if it leads and no other one is under way.
    pub(super) fn change_members(&mut self, now: LocalInstant, change: MemberChange, out: &mut Outbox) {
        let result = self.may_change(change);
        out.change = Some(result);
        let (Ok(()), State::Leader(leader)) = (result, &mut self.state) else { return };
        match change {
            MemberChange::Add(server) => {
                let until = now + self.config.election * PATIENCE;
                leader.joining = Some(Joining { server, target: self.commit, until });
                self.meet_members(now);
            }
            MemberChange::Remove(server) => {
                let left = self.log.members().as_slice().iter().copied().filter(|member| *member != server).collect();
                self.configure(now, left, out);
            }
        }
    }

    /// A configuration must be committed before the next one, and an entry of the term before the first: else two leaders could each
    /// begin a change, and two majorities have no server in common.
    fn may_change(&self, change: MemberChange) -> Result<(), Refused> {
        let State::Leader(leader) = &self.state else { return Err(Refused::NotLeader(self.leader)) };
        let members = self.log.members();
        let is_pending = leader.joining.is_some() || self.log.configured_at() > self.commit || self.commit < leader.first;
        match change {
            _ if leader.transfer.is_some() => Err(Refused::Transferring),
            _ if is_pending => Err(Refused::ChangePending),
            MemberChange::Add(server) if !members.contains(server) => Ok(()),
            MemberChange::Remove(server) if members.contains(server) && members.as_slice().len() > 1 => Ok(()),
            _ => Err(Refused::NoChange),
        }
    }

    /// Appends a configuration, which is in force from then on (§4.1).
    fn configure(&mut self, now: LocalInstant, members: Members, out: &mut Outbox) {
        let previous = (self.log.configured_at(), self.log.members().clone());
        let position = self.create(&EntryContent::Members(members.clone()), out);
        out.facts.push(LogFact::Configured { index: position.index, members, previous, commit: self.commit });
        self.meet_members(now);
        self.send_new(out);
        self.advance_commit(now, out);
    }

    /// Makes a server a voter that has caught up.
    pub(super) fn on_caught_up(&mut self, now: LocalInstant, from: NodeId, out: &mut Outbox) {
        let State::Leader(leader) = &mut self.state else { return };
        let matched = leader.matched(from);
        if leader.joining.take_if(|joining| joining.server == from && matched >= joining.target).is_some() {
            let members = self.log.members().as_slice().iter().copied().chain([from]).collect();
            self.configure(now, members, out);
        }
    }

    /// Gives a server up that does not catch up.
    pub(super) fn end_joining(&mut self, now: LocalInstant) {
        let State::Leader(leader) = &mut self.state else { return };
        if leader.joining.take_if(|joining| now >= joining.until).is_some() {
            self.meet_members(now);
        }
    }

    /// A leader that is no voter any more leads until that is committed, and no longer (§4.2.2).
    pub(super) fn on_configuration_committed(&mut self, now: LocalInstant, out: &mut Outbox) {
        if self.log.configured_at() <= self.commit && !self.log.members().contains(self.id) {
            self.step_down(now, out);
        }
    }
}
