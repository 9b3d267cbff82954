//! Snapshots: of the host in place of old entries, and of a leader in place of the whole log (§5.1, figure 5.3).

use bytes::Bytes;
use cluster_sim_node::{LocalInstant, NodeId};

use super::{Outbox, Replica};
use crate::bug::Bug;
use crate::entry::EntryId;
use crate::log::Frame;
use crate::log_fact::LogFact;
use crate::log_message::Body;

impl Replica {
    /// Replaces entries by a snapshot. Only entries that the host has executed, and so only committed ones.
    pub(super) fn compact(&mut self, index: u64, state: Bytes, out: &mut Outbox) {
        if index <= self.log.base().index || index > self.applied || self.installing.is_some() {
            return;
        }
        let record = self.log.compact(index, state);
        self.write(record, out);
        out.facts.push(LogFact::Compacted { index, applied: self.applied });
    }

    /// Takes the snapshot of a leader, unless it has all of it already.
    pub(super) fn on_snapshot(&mut self, from: NodeId, round: u64, last: EntryId, frame: Bytes, out: &mut Outbox) {
        let is_old = last.index <= self.commit;
        let is_known = is_old || self.log.term_at(last.index) == Some(last.term);
        let is_known = is_known && !(self.has_bug(Bug::SnapshotLowersApplied) && last.index < self.applied);
        if is_known && self.installing.is_none() {
            // The entries up to it are committed, and here (figure 5.3, step 6).
            self.learn_commit(last.index);
            let matched = last.index.min(self.log.stable());
            return self.send(from, Body::Appended { round, matched }, out);
        }
        let Some(content) = Frame::decode(&frame).filter(|_| !is_known) else { return };
        let chain = content.chain;
        let record = self.log.replace(last.index, content, frame);
        self.write(record, out);
        out.facts.push(LogFact::Installed { last, chain, applied: self.applied });
        (self.commit, self.applied, self.installing) = (last.index, last.index, Some(last.index));
        self.hand_out_snapshot(out);
        // It acknowledges the leader, and the entries only once the host has the snapshot.
        self.send(from, Body::Appended { round, matched: 0 }, out);
    }

    pub(super) fn hand_out_snapshot(&self, out: &mut Outbox) {
        let frame = self.log.snapshot().and_then(|bytes| Frame::decode(bytes));
        out.install = frame.map(|frame| (self.log.base().index, frame.state));
    }

    /// The host has the state of a snapshot: from now on the replica votes and acknowledges again.
    pub(super) fn on_installed(&mut self, now: LocalInstant, index: u64, out: &mut Outbox) {
        if self.installing == Some(index) {
            self.installing = None;
            self.begin_to_follow(now, out);
        }
    }
}
