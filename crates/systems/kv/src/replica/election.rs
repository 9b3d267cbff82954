//! A change of the primary: a candidate asks the others to follow it.

use cluster_sim_node::{Incarnation, LocalInstant, NodeId};

use super::{Replica, Role, Sends};
use crate::config::primary_of;
use crate::message::{EpochLog, KvMessage};

impl Replica {
    /// Asks to lead the next epoch that is this replica's.
    pub(super) fn campaign(&mut self, now: LocalInstant, sends: &mut Sends) {
        self.epoch += 1;
        while primary_of(self.epoch) != self.id {
            self.epoch += 1;
        }
        let give_up = self.timeout(now);
        self.role = Role::Candidate { give_up };
        self.prepare(now, sends);
    }

    pub(super) fn prepare(&mut self, now: LocalInstant, sends: &mut Sends) {
        self.deadline = Some(now + self.config.heartbeat);
        self.send_peers(&KvMessage::Prepare { epoch: self.epoch, life: self.life }, sends);
    }

    /// Promises to follow no earlier epoch, unless that epoch has begun already.
    pub(super) fn on_prepare(&mut self, now: LocalInstant, (from, life): (NodeId, Incarnation), epoch: u64, sends: &mut Sends) {
        if self.joins(now, from, epoch, sends) && self.log.epoch < epoch {
            sends.push((from, KvMessage::Promise { epoch, life, log: self.log.clone() }));
        }
    }

    /// Leads with the better of two logs: one promise and its own are a majority's.
    ///
    /// A promise to an earlier life of this replica counts for nothing. If its giver restarts, it learns from the candidate what it
    /// promised; but that one may have restarted itself, and then neither knows.
    pub(super) fn on_promise(&mut self, now: LocalInstant, life: Incarnation, (epoch, log): (u64, EpochLog), sends: &mut Sends) {
        if matches!(self.role, Role::Candidate { .. }) && (epoch, life) == (self.epoch, self.life) {
            if log.is_better_than(&self.log) {
                self.log = log;
            }
            self.lead(now, sends);
        }
    }

    /// Follows an epoch that is not earlier than its own; returns whether it does.
    pub(super) fn joins(&mut self, now: LocalInstant, from: NodeId, epoch: u64, sends: &mut Sends) -> bool {
        if epoch < self.epoch {
            sends.push((from, KvMessage::Stale { epoch: self.epoch }));
            return false;
        }
        self.follow(now, epoch);
        true
    }

    pub(super) fn follow(&mut self, now: LocalInstant, epoch: u64) {
        self.epoch = epoch;
        self.role = Role::Backup;
        self.deadline = Some(self.timeout(now));
    }
}
