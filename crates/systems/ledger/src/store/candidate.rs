//! A candidate: asks the others to follow it in an epoch that it leads.

use cluster_sim_node::{ClockReadings, LocalInstant};

use super::{LedgerStore, Role};
use crate::config::next_epoch_of;
use crate::entry::Entry;
use crate::message::{LedgerMessage, Outbox};

/// The state of a candidate.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Then it tries the next epoch that it leads.
    give_up: LocalInstant,
}

impl LedgerStore {
    /// Asks to lead the next epoch that is this store's, unless a primary may still count on it.
    ///
    /// A store whose disk is so slow that its epoch is not on it yet waits, so as not to keep others from leading.
    pub(super) fn campaign(&mut self, now: LocalInstant) {
        if now < self.promise_from {
            self.deadline = Some(self.promise_from);
            return;
        }
        if !self.is_settled() {
            self.deadline = Some(now + self.config.heartbeat);
            return;
        }
        self.epoch = next_epoch_of(self.id, self.epoch);
        self.asked = None;
        self.disk.save_epoch(self.epoch);
        let give_up = self.timeout(now);
        self.role = Role::Candidate(Candidate { give_up });
        self.deadline = Some(now + self.config.heartbeat);
    }

    pub(super) fn on_candidate_tick(&mut self, now: LocalInstant, outbox: &mut Outbox) {
        let Role::Candidate(candidate) = &self.role else { return };
        if now >= candidate.give_up {
            return self.campaign(now);
        }
        self.deadline = Some((now + self.config.heartbeat).min(candidate.give_up));
        if self.is_settled() {
            self.prepare(outbox);
        }
    }

    pub(super) fn prepare(&self, outbox: &mut Outbox) {
        self.send_peers(&LedgerMessage::Prepare { epoch: self.epoch, last: self.log.last() }, outbox);
    }

    /// Leads with the better of two logs: its own and that of the first store that promises are a majority's.
    pub(super) fn on_promise(&mut self, clocks: ClockReadings, epoch: u64, better: Option<Vec<Entry>>, outbox: &mut Outbox) {
        if !matches!(self.role, Role::Candidate(_)) || epoch != self.epoch || !self.is_settled() {
            return;
        }
        if let Some(better) = better {
            self.replace_log(better);
        }
        self.lead(clocks, outbox);
    }
}
