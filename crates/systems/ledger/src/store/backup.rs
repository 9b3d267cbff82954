//! A backup: follows the primary of its epoch, or waits for one.

use cluster_sim_node::{LocalInstant, NodeId};

use super::{LedgerStore, Role};
use crate::entry::{Entry, LogEnd};
use crate::fact::LedgerFact;
use crate::message::{LedgerMessage, Outbox};

/// The state of a backup.
#[derive(Debug, Default)]
pub(super) struct Backup {
    /// The number up to which its log is known to be that of the primary.
    matched: u64,
    /// The number up to which it vouched in this epoch.
    vouched: u64,
}

/// The content of [`LedgerMessage::Append`].
#[derive(Debug)]
pub(super) struct Append {
    pub(super) epoch: u64,
    pub(super) beat: u64,
    pub(super) previous: LogEnd,
    pub(super) entries: Vec<Entry>,
    pub(super) commit: u64,
}

impl LedgerStore {
    /// Becomes a backup of its epoch.
    pub(super) fn follow(&mut self, now: LocalInstant) {
        self.role = Role::Backup(Backup::default());
        self.deadline = Some(self.timeout(now));
    }

    /// Becomes a backup of a later epoch, in which it acts once that is saved.
    fn follow_epoch(&mut self, now: LocalInstant, epoch: u64) {
        self.epoch = epoch;
        self.asked = None;
        self.disk.save_epoch(epoch);
        self.follow(now);
    }

    pub(super) fn on_stale(&mut self, now: LocalInstant, epoch: u64) {
        if epoch > self.epoch && matches!(self.role, Role::Candidate(_) | Role::Primary(_)) {
            self.follow_epoch(now, epoch);
        }
    }

    pub(super) fn on_prepare(&mut self, now: LocalInstant, from: NodeId, epoch: u64, last: LogEnd, outbox: &mut Outbox) {
        if epoch < self.epoch {
            return outbox.send(from, LedgerMessage::Stale { epoch: self.epoch });
        }
        if epoch > self.epoch {
            // A primary may still count on this store.
            if now < self.promise_from {
                return;
            }
            self.follow_epoch(now, epoch);
        }
        if matches!(self.role, Role::Backup(_)) {
            self.asked = Some((from, last));
            if self.is_settled() {
                self.promise(outbox);
            }
        }
    }

    /// Promises a candidate to follow no earlier epoch, and hands it the log if that is better than its own.
    pub(super) fn promise(&mut self, outbox: &mut Outbox) {
        let Some((candidate, last)) = self.asked.take() else { return };
        let better = (self.log.last() > last).then(|| self.log.entries().to_vec());
        outbox.send(candidate, LedgerMessage::Promise { epoch: self.epoch, better });
    }

    pub(super) fn on_append(&mut self, now: LocalInstant, from: NodeId, append: Append, outbox: &mut Outbox) {
        if append.epoch < self.epoch {
            return outbox.send(from, LedgerMessage::Stale { epoch: self.epoch });
        }
        if append.epoch > self.epoch {
            self.follow_epoch(now, append.epoch);
        }
        let timeout = self.timeout(now);
        if !self.is_settled() || !matches!(self.role, Role::Backup(_)) {
            return;
        }
        self.deadline = Some(timeout);
        let (beat, commit) = (append.beat, append.commit);
        self.take(from, append, outbox);
        let Role::Backup(backup) = &self.role else { return };
        self.commit_to(commit.min(backup.matched), outbox);
        if beat > 0 {
            self.promise_from = now + self.config.promise();
            self.vouch(from, beat, outbox);
        }
    }

    /// Takes over entries, or asks for those that are missing before them.
    fn take(&mut self, from: NodeId, append: Append, outbox: &mut Outbox) {
        let Append { epoch, previous, entries, .. } = append;
        if self.log.position(previous.index) != Some(previous) {
            // Of what is committed every log has the same.
            let after = if previous.index > self.log.len() { self.log.len() } else { self.commit };
            return outbox.send(from, LedgerMessage::Missing { epoch, after });
        }
        let end = previous.index + entries.len() as u64;
        for entry in entries {
            if self.log.position(entry.index) == Some(entry.position()) {
                continue;
            }
            self.truncate(entry.index - 1);
            self.append(entry);
        }
        if let Role::Backup(backup) = &mut self.role {
            backup.matched = backup.matched.max(end);
        }
    }

    /// Tells the primary what has become durable.
    pub(super) fn vouch_for_new(&mut self, outbox: &mut Outbox) {
        let Role::Backup(backup) = &self.role else { return };
        if self.is_settled() && self.disk.vouched().min(backup.matched) > backup.vouched {
            self.vouch(crate::config::primary_of(self.epoch), 0, outbox);
        }
    }

    fn vouch(&mut self, primary: NodeId, beat: u64, outbox: &mut Outbox) {
        let Role::Backup(backup) = &mut self.role else { return };
        let upto = self.disk.vouched().min(backup.matched);
        if upto > backup.vouched {
            backup.vouched = upto;
            outbox.emit(LedgerFact::Vouched { epoch: self.epoch, upto });
        }
        outbox.send(primary, LedgerMessage::Accepted { epoch: self.epoch, beat, upto: backup.vouched });
    }
}
