//! A replica that restarted: it learns what it may have promised and accepted.

use cluster_sim_node::{Incarnation, LocalInstant, NodeId};

use super::{Replica, Role, Sends};
use crate::config::REPLICAS;
use crate::message::{EpochLog, KvMessage};

impl Replica {
    pub(super) fn query(&mut self, now: LocalInstant, sends: &mut Sends) {
        self.deadline = Some(now + self.config.heartbeat);
        self.send_peers(&KvMessage::Query { life: self.life }, sends);
    }

    /// Takes part again once both others have told it what they have.
    ///
    /// One of them has each promise that it made and each entry that it accepted. Of the epoch that it takes over it is a
    /// backup, even if that is its own: it does not know which entries it has given out.
    pub(super) fn on_state(&mut self, now: LocalInstant, from: NodeId, life: Incarnation, told: (u64, EpochLog)) {
        let Role::Learner(answers) = &mut self.role else { return };
        if life != self.life {
            return;
        }
        answers.insert(from, told);
        if answers.len() + 1 < REPLICAS as usize {
            return;
        }
        let mut epoch = 0;
        for (of, log) in std::mem::take(answers).into_values() {
            epoch = of.max(epoch);
            if log.is_better_than(&self.log) {
                self.log = log;
            }
        }
        self.follow(now, epoch);
    }
}
