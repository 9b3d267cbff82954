//! A learner: a store that doubts its disk, so it may have forgotten what it promised and vouched for.
//!
//! It becomes a member once it has heard from both others. Whatever it promised or vouched for, one of them knows of it, since no more
//! than one of the three disks is bad; so the best of three logs and the highest of three epochs is what it needs. It has no vote
//! until that is on its disk.
//!
//! The others may be learners too, as after a loss of power that tore three journals, or at the first boot: what they have on their
//! disks is their answer. A store that never was a member looks like one whose disk was replaced, so no store counts those.

use std::collections::BTreeMap;

use cluster_sim_node::{Incarnation, LocalInstant, NodeId};

use super::{LedgerStore, Role};
use crate::config::STORES;
use crate::entry::{Entry, LogEnd};
use crate::message::{LedgerMessage, Outbox};

/// The state of a learner.
#[derive(Debug, Default)]
pub(super) struct Learner {
    answers: BTreeMap<NodeId, Answer>,
    /// Whether it has taken over what they know, and writes it to its disk.
    has_learned: bool,
}

impl Learner {
    /// Whether both others have answered.
    fn is_complete(&self) -> bool {
        self.answers.len() + 1 == STORES as usize
    }
}

/// The content of [`LedgerMessage::State`].
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) epoch: u64,
    pub(super) entries: Vec<Entry>,
}

impl Answer {
    fn end(&self) -> LogEnd {
        self.entries.last().map(Entry::position).unwrap_or_default()
    }
}

impl LedgerStore {
    pub(super) fn query(&mut self, now: LocalInstant, outbox: &mut Outbox) {
        let Role::Learner(learner) = &self.role else { return };
        self.deadline = (!learner.has_learned).then(|| now + self.config.heartbeat);
        if !learner.has_learned {
            self.send_peers(&LedgerMessage::Query { life: self.life, reading: self.readings }, outbox);
        }
    }

    pub(super) fn answer_query(&self, from: NodeId, life: Incarnation, reading: u64, outbox: &mut Outbox) {
        let entries = self.log.entries().to_vec();
        outbox.send(from, LedgerMessage::State { life, reading, epoch: self.epoch, entries });
    }

    pub(super) fn on_state(&mut self, from: NodeId, answer: Answer) {
        let Role::Learner(learner) = &mut self.role else { return };
        if learner.has_learned {
            return;
        }
        learner.answers.insert(from, answer);
        if !learner.is_complete() {
            return;
        }
        learner.has_learned = true;
        let answers = std::mem::take(&mut learner.answers);
        self.epoch = answers.values().map(|answer| answer.epoch).fold(self.epoch, u64::max);
        if let Some(best) = answers.into_values().max_by_key(Answer::end).filter(|best| best.end() > self.log.last()) {
            self.replace_log(best.entries);
        }
        self.deadline = None;
        self.save_learned();
    }

    /// Becomes a member, by its epoch file, once all it learned is on its disk.
    pub(super) fn save_learned(&mut self) {
        let Role::Learner(learner) = &self.role else { return };
        if learner.has_learned && self.disk.vouched() >= self.log.len() {
            self.disk.save_epoch(self.epoch);
        }
    }
}
