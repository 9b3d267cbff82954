//! A follower takes the entries of a leader, so that two logs that agree on one entry agree on all before it (§3.5, Log Matching).

use bytes::Bytes;
use cluster_sim_node::NodeId;

use super::{Outbox, Replica};
use crate::bug::Bug;
use crate::entry::{Entry, EntryId, chain_of, term_of};
use crate::log_fact::LogFact;
use crate::log_message::Body;

/// The entries of a message, and what its sender says about them.
pub(super) struct Sent {
    pub(super) previous: EntryId,
    pub(super) entries: Vec<Bytes>,
    pub(super) commit: u64,
}

impl Replica {
    /// Takes entries that follow one that it has, and acknowledges them once they are durable.
    pub(super) fn on_append(&mut self, from: NodeId, round: u64, sent: Sent, out: &mut Outbox) {
        if self.installing.is_some() {
            // It follows, and has no entries to speak of.
            return self.send(from, Body::Appended { round, matched: 0 }, out);
        }
        let Sent { previous, entries, commit } = self.without_snapshot(sent);
        if self.log.term_at(previous.index) != Some(previous.term) {
            let hint = self.hint(previous);
            return self.send(from, Body::Mismatch { round, previous: previous.index, hint }, out);
        }
        let matched = previous.index + entries.len() as u64;
        if !self.take(previous.index + 1, &entries, out) {
            return;
        }
        self.learn_commit(commit.min(matched));
        self.acknowledge(from, round, matched, !entries.is_empty(), out);
    }

    /// Leaves out entries that its snapshot has: they are committed, so they are equal.
    fn without_snapshot(&self, sent: Sent) -> Sent {
        let base = self.log.base();
        let covered = base.index.saturating_sub(sent.previous.index) as usize;
        match sent {
            sent if covered == 0 => sent,
            Sent { entries, commit, .. } if covered <= entries.len() => {
                Sent { previous: base, entries: entries[covered..].to_vec(), commit }
            }
            Sent { commit, .. } => Sent { previous: base, entries: Vec::new(), commit },
        }
    }

    /// Returns the last index at which its log may agree with one that has `previous`.
    ///
    /// It passes over all entries of the term in conflict at once (§3.5, as an optimization).
    fn hint(&self, previous: EntryId) -> u64 {
        let last = self.log.last().index;
        let Some(conflict) = self.log.term_at(previous.index) else { return last.min(previous.index) };
        let is_before = |index: &u64| self.log.term_at(*index) != Some(conflict);
        (self.commit..previous.index).rev().find(is_before).unwrap_or(self.commit)
    }

    /// Appends the entries that it does not have. One in conflict removes its own from there on, and only that does (figure 3.1): a late
    /// message must not cut off what a later one brought. Whether all is well.
    fn take(&mut self, first: u64, entries: &[Bytes], out: &mut Outbox) -> bool {
        let is_new = |index: u64, entry: &Bytes| self.log.term_at(index) != Some(term_of(entry));
        let cuts =
            self.has_bug(Bug::TruncateOnLength) && !entries.is_empty() && first + entries.len() as u64 <= self.log.last().index;
        let known = match (first..).zip(entries).position(|(index, entry)| is_new(index, entry)) {
            _ if cuts => 0,
            Some(known) => known,
            None => return true,
        };
        let (first, entries) = (first + known as u64, &entries[known..]);
        let mut chain = self.log.chain_at(first - 1).unwrap_or_default();
        for (index, entry) in (first..).zip(entries) {
            if !Entry::is_linked(chain, entry) || Entry::decode(entry).is_none() {
                out.facts.push(LogFact::Unlinked { index });
                return false;
            }
            chain = chain_of(entry);
        }
        self.append(first, entries, out);
        true
    }

    pub(super) fn append(&mut self, first: u64, entries: &[Bytes], out: &mut Outbox) {
        let record = self.log.append(first, entries);
        self.write(record, out);
        let entries = entries.iter().map(|entry| (term_of(entry), chain_of(entry))).collect();
        out.facts.push(LogFact::Appended { first, entries });
    }

    /// Acknowledges the entries up to `matched`, once they are durable. A heartbeat is answered at once, for what is.
    fn acknowledge(&mut self, from: NodeId, round: u64, matched: u64, has_entries: bool, out: &mut Outbox) {
        if self.has_bug(Bug::AckBeforeDurable) {
            return self.send(from, Body::Appended { round, matched }, out);
        }
        let (matched, record) =
            if has_entries { (matched, self.log.record_of(matched)) } else { (matched.min(self.log.stable()), 0) };
        self.send_after(record.max(self.log.hard_record()), from, Body::Appended { round, matched }, out);
    }
}
