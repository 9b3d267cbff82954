//! A learner: its disk is empty or was damaged, so it has forgotten what it promised and vouched for.
//!
//! It becomes a member once it has heard from both others: whatever it promised or vouched for, one of them knows of it. A store
//! that boots for the first time is a learner too, and the only sign of that is that no store has an entry. Two learners beside a
//! store with entries stay out: entries may be lost, and that must not be glossed over.

use std::collections::BTreeMap;

use cluster_sim_node::{Incarnation, LocalInstant, NodeId};

use super::{LedgerStore, Role};
use crate::config::STORES;
use crate::entry::Entry;
use crate::message::LedgerMessage;
use crate::protocol::Outbox;

/// The state of a learner.
#[derive(Debug, Default)]
pub(super) struct Learner {
    answers: BTreeMap<NodeId, Answer>,
    /// Whether it has taken over what they know, and writes it to its disk.
    has_learned: bool,
}

/// The content of [`LedgerMessage::State`].
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) is_member: bool,
    pub(super) epoch: u64,
    pub(super) entries: Vec<Entry>,
}

impl Answer {
    fn end(&self) -> crate::entry::LogEnd {
        self.entries.last().map(Entry::position).unwrap_or_default()
    }
}

impl LedgerStore {
    pub(super) fn query(&mut self, now: LocalInstant, outbox: &mut Outbox) {
        let Role::Learner(learner) = &self.role else { return };
        self.deadline = (!learner.has_learned).then(|| now + self.config.heartbeat);
        if !learner.has_learned {
            self.send_peers(&LedgerMessage::Query { life: self.life }, outbox);
        }
    }

    pub(super) fn answer_query(&self, from: NodeId, life: Incarnation, outbox: &mut Outbox) {
        let is_member = !matches!(self.role, Role::Learner(_));
        let entries = if is_member { self.log.entries().to_vec() } else { Vec::new() };
        outbox.send(from, LedgerMessage::State { life, is_member, epoch: self.epoch, entries });
    }

    pub(super) fn on_state(&mut self, from: NodeId, answer: Answer) {
        let Role::Learner(learner) = &mut self.role else { return };
        if learner.has_learned {
            return;
        }
        learner.answers.insert(from, answer);
        let others = STORES as usize - 1;
        let members = learner.answers.values().filter(|answer| answer.is_member).count();
        let is_new = learner.answers.values().all(|answer| answer.entries.is_empty());
        if learner.answers.len() < others || members < others && !is_new {
            return;
        }
        learner.has_learned = true;
        let answers = std::mem::take(&mut learner.answers);
        self.epoch = answers.values().map(|answer| answer.epoch).max().unwrap_or_default();
        let best = answers.into_values().max_by_key(Answer::end);
        best.into_iter().flat_map(|best| best.entries).for_each(|entry| self.append(entry));
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
