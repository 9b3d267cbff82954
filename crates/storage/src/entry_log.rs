//! A log of entries by index, as the records of a journal.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::journal::{JournalError, JournalRecord};

/// A log of entries by index, with a small state and a snapshot of all before the log.
///
/// For protocols that replicate a log, such as Raft, Paxos or view-stamped replication: their entries have indexes of their own, and
/// a conflict replaces the end of the log, while the records of a [journal](crate::JournalEngine) are only appended. Entries, state
/// and snapshot are bytes, in any encoding of the protocol.
///
/// This is the log in memory; each change returns the payload of a record, and [`read`](Self::read) makes the log of the records. A
/// record is one change as a whole, so state and entries that change together are together durable or lost:
///
/// ```
/// use cluster_sim_storage::{EntryLog, JournalRecord};
///
/// let mut log = EntryLog::default();
/// let mut payloads = vec![log.append("term 1", 1, ["a", "b", "c"])?];
/// payloads.push(log.append("term 2", 2, ["B"])?);
/// payloads.push(log.compact(1, "state after a")?);
/// assert_eq!((log.base(), log.last(), log.entry(2)), (1, 2, Some(&"B".into())));
///
/// let records: Vec<_> = (1..).zip(payloads).map(|(sequence, payload)| JournalRecord { sequence, payload }).collect();
/// assert_eq!(EntryLog::read(&records)?, log);
/// // The record of a snapshot holds the whole log, so all before it may be removed.
/// assert_eq!(EntryLog::read(&records[2..])?, log);
/// # Ok::<(), cluster_sim_storage::JournalError>(())
/// ```
///
/// The crate `node` has the form that machines use, `MachineLog`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryLog {
    state: Bytes,
    snapshot: Option<Bytes>,
    /// The index before the first entry.
    base: u64,
    entries: VecDeque<Bytes>,
}

/// The parts of a log that a record changed, besides the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepeatedChange {
    /// Whether it replaced the snapshot and all entries.
    pub is_snapshot: bool,
    /// The index from which on entries are new; the one after the last if none is.
    pub first: u64,
}

/// The payload of a record.
#[derive(Serialize, Deserialize)]
struct Change {
    state: Bytes,
    /// The whole log before this change is replaced, by a snapshot up to this index.
    snapshot: Option<(u64, Bytes)>,
    /// The index of the first entry. The entries replace those of their indexes and all later ones.
    first: u64,
    entries: Vec<Bytes>,
}

impl EntryLog {
    /// Makes the log of the records of a journal that holds nothing else.
    ///
    /// Records before the last snapshot are ignored: some of them may have been removed.
    ///
    /// # Errors
    /// [`JournalError::NotALog`] if a record is no change of a log.
    pub fn read(records: &[JournalRecord]) -> Result<Self, JournalError> {
        let mut log = Self::default();
        let mut changes = Vec::new();
        for record in records {
            let change: Change = postcard::from_bytes(&record.payload).map_err(|_| not_a_log(record))?;
            if change.snapshot.is_some() {
                changes.clear();
            }
            changes.push((record, change));
        }
        changes.into_iter().try_for_each(|(record, change)| log.apply(change).map_err(|_| not_a_log(record)))?;
        Ok(log)
    }

    /// Repeats the change of a record that follows all those that the log was made of.
    ///
    /// # Errors
    /// [`JournalError::NotALog`] if it is no change of this log; nothing changes then.
    pub fn repeat(&mut self, record: &JournalRecord) -> Result<RepeatedChange, JournalError> {
        let change: Change = postcard::from_bytes(&record.payload).map_err(|_| not_a_log(record))?;
        let is_snapshot = change.snapshot.is_some();
        let first = if change.entries.is_empty() { None } else { Some(change.first) };
        self.apply(change).map_err(|_| not_a_log(record))?;
        Ok(RepeatedChange { is_snapshot, first: first.unwrap_or(self.last() + 1) })
    }

    /// Returns the state of the last change; empty before the first.
    pub fn state(&self) -> &Bytes {
        &self.state
    }

    /// Returns the snapshot of all up to [`base`](Self::base); `None` before the first.
    pub fn snapshot(&self) -> Option<&Bytes> {
        self.snapshot.as_ref()
    }

    /// Returns the index before the first entry, that of the snapshot; 0 without one.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// Returns the index of the last entry; the base if there is none.
    pub fn last(&self) -> u64 {
        self.base + self.entries.len() as u64
    }

    /// Returns the entry of an index, if the log has it.
    pub fn entry(&self, index: u64) -> Option<&Bytes> {
        self.entries.get(index.checked_sub(self.base + 1)? as usize)
    }

    /// Iterates over the entries from an index on, in order, with their indexes.
    pub fn entries_from(&self, first: u64) -> impl Iterator<Item = (u64, &Bytes)> {
        let skipped = first.saturating_sub(self.base + 1).min(self.entries.len() as u64);
        (self.base + 1 + skipped..).zip(self.entries.range(skipped as usize..))
    }

    /// Appends entries from the index `first` on, in place of that entry and all later ones.
    ///
    /// Without entries only the state changes, and `first` says nothing. Returns the payload of the record.
    ///
    /// # Errors
    /// [`JournalError::NoSuchEntry`] if `first` would leave a gap, or is in the snapshot; nothing changes then.
    pub fn append(
        &mut self,
        state: impl Into<Bytes>,
        first: u64,
        entries: impl IntoIterator<Item = impl Into<Bytes>>,
    ) -> Result<Vec<u8>, JournalError> {
        let entries = entries.into_iter().map(Into::into).collect();
        self.record(Change { state: state.into(), snapshot: None, first, entries })
    }

    /// Replaces the whole log by a snapshot of all up to `index`, and the entries after it.
    ///
    /// Returns the payload of the record, which needs no record before it.
    pub fn replace(
        &mut self,
        state: impl Into<Bytes>,
        (index, snapshot): (u64, impl Into<Bytes>),
        entries: impl IntoIterator<Item = impl Into<Bytes>>,
    ) -> Vec<u8> {
        let entries = entries.into_iter().map(Into::into).collect();
        let change = Change { state: state.into(), snapshot: Some((index, snapshot.into())), first: index + 1, entries };
        self.record(change).expect("the entries follow the snapshot")
    }

    /// Replaces the entries up to `index` by a snapshot, and keeps the later ones.
    ///
    /// Returns the payload of the record, which needs no record before it.
    ///
    /// # Errors
    /// [`JournalError::NoSuchEntry`] if the log does not reach to `index`, or has a later snapshot; nothing changes then.
    pub fn compact(&mut self, index: u64, snapshot: impl Into<Bytes>) -> Result<Vec<u8>, JournalError> {
        if index < self.base || index > self.last() {
            return Err(self.no_such_entry(index));
        }
        let rest: Vec<Bytes> = self.entries_from(index + 1).map(|(_, entry)| entry.clone()).collect();
        Ok(self.replace(self.state.clone(), (index, snapshot), rest))
    }

    fn record(&mut self, change: Change) -> Result<Vec<u8>, JournalError> {
        let payload = postcard::to_stdvec(&change).expect("bytes can be encoded");
        self.apply(change).map(|()| payload)
    }

    fn apply(&mut self, change: Change) -> Result<(), JournalError> {
        let (base, last) = change.snapshot.as_ref().map_or((self.base, self.last()), |(index, _)| (*index, *index));
        if !change.entries.is_empty() && !(base + 1..=last + 1).contains(&change.first) {
            return Err(self.no_such_entry(change.first));
        }
        if let Some((index, snapshot)) = change.snapshot {
            (self.base, self.snapshot) = (index, Some(snapshot));
            self.entries.clear();
        }
        if !change.entries.is_empty() {
            self.entries.truncate((change.first - self.base - 1) as usize);
            self.entries.extend(change.entries);
        }
        self.state = change.state;
        Ok(())
    }

    fn no_such_entry(&self, index: u64) -> JournalError {
        JournalError::NoSuchEntry { index, base: self.base, last: self.last() }
    }
}

fn not_a_log(record: &JournalRecord) -> JournalError {
    JournalError::NotALog { sequence: record.sequence }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn records(payloads: &[Vec<u8>]) -> Vec<JournalRecord> {
        (1..).zip(payloads).map(|(sequence, payload)| JournalRecord { sequence, payload: payload.clone() }).collect()
    }

    /// The entries with their indexes.
    fn entries(log: &EntryLog) -> Vec<(u64, &[u8])> {
        log.entries_from(0).map(|(index, entry)| (index, &entry[..])).collect()
    }

    #[test]
    fn an_entry_replaces_that_of_its_index_and_later_ones() {
        let mut log = EntryLog::default();
        log.append("one", 1, ["a", "b", "c"]).expect("it is the first");
        log.append("two", 2, ["B"]).expect("the log reaches to 3");
        assert_eq!(entries(&log), [(1, &b"a"[..]), (2, b"B")]);
        log.append("three", 9, [""; 0]).expect("there are no entries");
        assert_eq!((&log.state()[..], log.last()), (&b"three"[..], 2));
    }

    #[test]
    fn a_gap_is_refused_and_named() {
        let mut log = EntryLog::default();
        log.append("", 1, ["a", "b"]).expect("it is the first");
        log.compact(1, "A").expect("the log has it");
        let before = log.clone();
        let refused = [log.append("", 4, ["d"]), log.append("", 1, ["a"]), log.compact(0, ""), log.compact(3, "")];
        let texts = refused.map(|result| result.expect_err("it is refused").to_string());
        assert_eq!(texts[0], "the log has no entry 4 to begin or end at; after its snapshot of 1 it ends at 2");
        assert!(texts[1..].iter().zip([1, 0, 3]).all(|(text, index)| text.contains(&format!("no entry {index} "))), "{texts:?}");
        assert_eq!(log, before);
    }

    #[test]
    fn a_snapshot_of_others_replaces_all_entries() {
        let mut log = EntryLog::default();
        log.append("", 1, ["a", "b", "c"]).expect("it is the first");
        let payload = log.replace("new", (2, "B"), ["C"]);
        assert_eq!((entries(&log), log.base(), log.snapshot()), (vec![(3, &b"C"[..])], 2, Some(&"B".into())));
        assert_eq!(EntryLog::read(&records(&[payload])), Ok(log));
    }

    #[test]
    fn a_record_of_other_code_is_named() {
        let mut log = EntryLog::default();
        let first = log.append("", 1, ["a"]).expect("it is the first");
        let fifth = EntryLog { base: 4, ..EntryLog::default() }.append("", 5, ["e"]).expect("it follows");
        for other in [vec![0xff; 3], fifth] {
            let error = EntryLog::read(&records(&[first.clone(), other.clone()])).expect_err("the second is not its own");
            assert_eq!(error.to_string(), "record 2 is no change of a log; give each log a journal of its own");
            let mut log = EntryLog::read(&records(std::slice::from_ref(&first))).expect("the first is its own");
            let before = log.clone();
            assert_eq!(log.repeat(&JournalRecord { sequence: 2, payload: other }), Err(error));
            assert_eq!(log, before, "nothing changed");
        }
    }

    proptest! {
        #[test]
        fn the_records_give_the_log_again(changes in prop::collection::vec((0..4_u8, 0..8_u64, 0..4_usize), 1..40)) {
            let (mut log, mut payloads, mut start) = (EntryLog::default(), Vec::new(), 0);
            let mut repeated = EntryLog::default();
            for (number, (kind, place, length)) in changes.into_iter().enumerate() {
                let new = vec![number.to_string(); length];
                let payload = match kind {
                    0 => log.compact(log.base() + place.min(log.last() - log.base()), "compacted").expect("the log has it"),
                    1 => log.replace("replaced", (log.base() + place, "installed"), new),
                    _ => log.append("appended", log.last() + 1 - place.min(log.last() - log.base()), new).expect("no gap"),
                };
                payloads.push(payload);
                if kind < 2 {
                    start = payloads.len() - 1;
                }
                let record = JournalRecord { sequence: number as u64 + 1, payload: payloads[number].clone() };
                let before = repeated.clone();
                let RepeatedChange { is_snapshot, first } = repeated.repeat(&record).expect("it follows");
                prop_assert_eq!((&repeated, is_snapshot), (&log, kind < 2));
                let kept = |log: &EntryLog| log.entries_from(0).filter(|(index, _)| *index < first).map(|(_, entry)| entry.clone()).collect::<Vec<_>>();
                prop_assert!(is_snapshot || kept(&before) == kept(&log), "entries before {} changed", first);
                // Of the records before a snapshot, any first ones may be removed.
                for first in 0..=start {
                    prop_assert_eq!(&EntryLog::read(&records(&payloads[first..])), &Ok(log.clone()));
                }
            }
        }
    }
}
