//! The entries that a store has in memory, and the table of requests.

use std::collections::BTreeMap;

use cluster_sim_node::{Incarnation, NodeId};

use crate::bug::Bug;
use crate::entry::{Deposit, Entry, LogEnd, RequestId};

/// The log of a store, with the entry of each request.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: Vec<Entry>,
    requests: BTreeMap<(NodeId, Incarnation, u64), u64>,
    bug: Option<Bug>,
}

impl Log {
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        Self { bug, ..Self::default() }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the number of the last entry; 0 if there is none.
    pub(crate) fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(crate) fn get(&self, index: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(index.checked_sub(1)?).ok()?)
    }

    /// Returns the position of an entry; that of the empty log for 0.
    pub(crate) fn position(&self, index: u64) -> Option<LogEnd> {
        if index == 0 { Some(LogEnd::default()) } else { self.get(index).map(Entry::position) }
    }

    pub(crate) fn last(&self) -> LogEnd {
        self.entries.last().map(Entry::position).unwrap_or_default()
    }

    /// Returns the entries after a number.
    pub(crate) fn after(&self, index: u64) -> &[Entry] {
        self.entries.get(index as usize..).unwrap_or_default()
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        if let Some(deposit) = entry.deposit() {
            self.requests.insert(self.key(&deposit.request), entry.index);
        }
        self.entries.push(entry);
    }

    /// Forgets the entries after a number.
    pub(crate) fn truncate(&mut self, index: u64) {
        while self.len() > index {
            let Some(entry) = self.entries.pop() else { return };
            if let Some(deposit) = entry.deposit() {
                self.requests.remove(&self.key(&deposit.request));
            }
        }
    }

    /// Returns how many entries two logs have in common from the start.
    pub(crate) fn common(&self, entries: &[Entry]) -> u64 {
        self.entries.iter().zip(entries).take_while(|(one, other)| one == other).count() as u64
    }

    /// Returns the entry that a deposit has already; `None` if it is new.
    pub(crate) fn find(&self, deposit: &Deposit) -> Option<u64> {
        if self.bug == Some(Bug::WallClockOrder) {
            let of_client = |entry: &&Entry| entry.deposit().is_some_and(|last| last.request.client == deposit.request.client);
            let last = self.entries.iter().rev().find(of_client)?;
            return last.deposit().filter(|last| deposit.time <= last.time).map(|_| last.index);
        }
        self.requests.get(&self.key(&deposit.request)).copied()
    }

    fn key(&self, request: &RequestId) -> (NodeId, Incarnation, u64) {
        let life = if self.bug == Some(Bug::AnswersAnEarlierLife) { Incarnation(0) } else { request.life };
        (request.client, life, request.number)
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_node::WallTime;

    use super::*;
    use crate::entry::Body;

    fn deposit(number: u64) -> Deposit {
        let request = RequestId { client: NodeId(3), life: Incarnation(0), number };
        Deposit { request, amount: 1, time: WallTime::ZERO }
    }

    fn log(epochs: &[u64]) -> Log {
        let mut log = Log::new(None);
        for (index, epoch) in (1..).zip(epochs) {
            log.push(Entry { epoch: *epoch, index, body: Body::Deposit(deposit(index)) });
        }
        log
    }

    #[test]
    fn a_request_is_found_until_its_entry_is_cut_off() {
        let mut log = log(&[1, 1, 2]);
        assert_eq!(log.find(&deposit(3)), Some(3));
        log.truncate(2);
        assert_eq!((log.find(&deposit(3)), log.find(&deposit(2))), (None, Some(2)));
        assert_eq!(log.last(), LogEnd { epoch: 1, index: 2 });
    }

    #[test]
    fn a_later_epoch_is_better_than_a_longer_log() {
        assert!(log(&[1, 2]).last() > log(&[1, 1, 1]).last());
        assert!(log(&[1, 1]).last() > log(&[1]).last());
    }

    #[test]
    fn two_logs_have_the_entries_before_the_first_difference_in_common() {
        let (one, other) = (log(&[1, 1, 2]), log(&[1, 1, 1, 1]));
        assert_eq!(one.common(other.entries()), 2);
        assert_eq!(one.after(2).len(), 1);
        assert_eq!(one.after(7).len(), 0);
    }
}
