//! Values that wait until records are durable.

use std::collections::VecDeque;

use cluster_sim_storage::JournalEvent;

/// Values that wait until records are durable, in the order in which they were given.
#[derive(Debug)]
pub(super) struct Kept<T> {
    values: VecDeque<Waiting<T>>,
    /// How many truncations were asked for, and how many are done.
    truncations: [u64; 2],
}

#[derive(Debug)]
struct Waiting<T> {
    record: u64,
    /// How many truncations must be done: numbers are used again after one.
    truncations: u64,
    value: T,
}

impl<T> Kept<T> {
    pub(super) fn new() -> Self {
        Self { values: VecDeque::new(), truncations: [0; 2] }
    }

    /// Keeps a value until this record is durable.
    pub(super) fn push(&mut self, record: u64, value: T) {
        self.values.push_back(Waiting { record, truncations: self.truncations[0], value });
    }

    /// Takes the earliest value if its record is durable.
    pub(super) fn pop(&mut self, synced: u64) -> Option<T> {
        let done = self.truncations[1];
        self.values.front().filter(|first| first.record <= synced && first.truncations <= done)?;
        self.values.pop_front().map(|first| first.value)
    }

    /// Drops the values of the records after this one, which are about to be removed.
    pub(super) fn truncate_after(&mut self, record: u64) {
        self.truncations[0] += 1;
        self.values.retain(|waiting| waiting.record <= record);
    }

    /// Follows what became of the work.
    pub(super) fn on_event(&mut self, event: &JournalEvent) {
        match event {
            JournalEvent::Truncated { .. } => self.truncations[1] += 1,
            JournalEvent::Refused { next, .. } => {
                self.truncations[0] = self.truncations[1];
                let done = self.truncations[1];
                self.values.retain(|waiting| waiting.record < *next && waiting.truncations <= done);
            }
            JournalEvent::Failed { .. } => self.values.clear(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_storage::{DiskError, DiskErrorKind};

    use super::*;

    fn error() -> DiskError {
        DiskError::new(DiskErrorKind::StorageFull, "write", "wal/0")
    }

    #[test]
    fn values_come_back_in_order_once_their_records_are_durable() {
        let mut kept = Kept::new();
        [(1, 'a'), (2, 'b'), (2, 'c'), (3, 'd')].into_iter().for_each(|(record, value)| kept.push(record, value));
        assert_eq!([kept.pop(0), kept.pop(2), kept.pop(2), kept.pop(2)], [None, Some('a'), Some('b'), Some('c')]);
        assert_eq!([kept.pop(3), kept.pop(3)], [Some('d'), None]);
    }

    #[test]
    fn a_value_waits_for_the_truncation_before_its_record() {
        let mut kept = Kept::new();
        [(1, 'a'), (2, 'b')].into_iter().for_each(|(record, value)| kept.push(record, value));
        kept.truncate_after(1);
        kept.push(2, 'c');
        assert_eq!([kept.pop(2), kept.pop(2)], [Some('a'), None], "record 2 is gone, and the next one of this number is not there");
        kept.on_event(&JournalEvent::Truncated { after: 1 });
        assert_eq!([kept.pop(1), kept.pop(2)], [None, Some('c')]);
    }

    #[test]
    fn the_values_of_refused_records_are_dropped() {
        let mut kept = Kept::new();
        [(1, 'a'), (2, 'b'), (3, 'c')].into_iter().for_each(|(record, value)| kept.push(record, value));
        kept.truncate_after(2);
        kept.push(2, 'd');
        kept.on_event(&JournalEvent::Refused { next: 2, error: error() });
        kept.push(2, 'e');
        assert_eq!([kept.pop(2), kept.pop(2), kept.pop(9)], [Some('a'), Some('e'), None]);
    }

    #[test]
    fn a_failed_journal_drops_all_values() {
        let mut kept = Kept::new();
        kept.push(1, 'a');
        kept.on_event(&JournalEvent::Failed { error: error() });
        assert_eq!(kept.pop(9), None);
    }
}
