//! The order and the addresses of the operations of one life.

use cluster_sim_runtime::Address;
use cluster_sim_types::VirtualInstant;
use rustc_hash::FxHashMap;

use super::open_files::FileTable;
use crate::operation::{DiskOp, FileId};

/// The operations of a life whose addresses are counted; then counting starts again.
const COUNTED: usize = 4_096;

/// The order of the operations on one file, and their addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// When the last operation on it that was submitted is answered.
    answered: VirtualInstant,
    /// Its path, as an address.
    place: Address,
    /// Appends and syncs, which most operations are.
    pub(super) append: Subject,
    pub(super) sync: Subject,
}

impl Turn {
    fn new(place: Address, answered: VirtualInstant) -> Self {
        Self { answered, place, append: Subject::new(place.name("append")), sync: Subject::new(place.name("sync")) }
    }

    /// The address of an operation on the file.
    pub(super) fn about(&self, op: &DiskOp) -> Address {
        about(self.place, op)
    }

    /// The instant of an answer that would come at `at`: after that of the operation before.
    #[inline]
    pub(super) fn take(&mut self, at: VirtualInstant) -> VirtualInstant {
        // Of events of one instant a roll decides which is first.
        self.answered = self.answered.after_nanoseconds(1).max(at);
        self.answered
    }
}

/// The address of an operation on a file or path.
pub(super) fn about(place: Address, op: &DiskOp) -> Address {
    let place = place.name(op.name());
    match op {
        DiskOp::Read { offset, .. } | DiskOp::Write { offset, .. } => place.number(*offset),
        DiskOp::SetLen { length, .. } => place.number(*length),
        DiskOp::Rename { to, .. } => place.name(to),
        _ => place,
    }
}

/// Equal operations: their address, and where they are counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject {
    about: Address,
    /// The index of their count, and the [start](Counts::start) of the counting that it belongs to.
    index: u32,
    start: u32,
}

impl Subject {
    /// Equal operations that were not counted yet.
    pub(super) fn new(about: Address) -> Self {
        Self { about, index: 0, start: 0 }
    }
}

/// How often each operation was submitted, by address: equal ones get different rolls.
#[derive(Debug)]
pub(super) struct Counts {
    /// The indexes of the counts, by address.
    indexes: FxHashMap<u64, u32>,
    counts: Vec<u32>,
    /// How often counting started; indexes from before are void.
    start: u32,
}

impl Default for Counts {
    fn default() -> Self {
        Self { indexes: FxHashMap::default(), counts: Vec::new(), start: 1 }
    }
}

impl Counts {
    /// Counts an operation; returns its address among equal ones of this life.
    #[inline]
    pub(super) fn count(&mut self, subject: &mut Subject) -> Address {
        if self.counts.len() >= COUNTED {
            self.clear();
        }
        if subject.start != self.start {
            self.find(subject);
        }
        let count = &mut self.counts[subject.index as usize];
        *count += 1;
        subject.about.number(u64::from(*count))
    }

    /// Finds or adds the count of equal operations.
    #[inline(never)]
    fn find(&mut self, subject: &mut Subject) {
        let next = self.counts.len() as u32;
        let index = *self.indexes.entry(subject.about.key()).or_insert(next);
        if index == next {
            self.counts.push(0);
        }
        (subject.index, subject.start) = (index, self.start);
    }

    #[cold]
    fn clear(&mut self) {
        self.indexes.clear();
        self.counts.clear();
        self.start += 1;
    }
}

/// The operations of one life that were submitted.
#[derive(Debug, Default)]
pub(super) struct Submitted {
    /// By number of the file, from the submission of the open on.
    pub(super) turns: FileTable<Turn>,
    pub(super) counts: Counts,
}

impl Submitted {
    /// Forgets them at the end of the life.
    pub(super) fn clear(&mut self) {
        self.turns.clear();
        self.counts.clear();
    }

    /// Notes that a file is opened.
    pub(super) fn open(&mut self, file: FileId, place: Address) {
        let answered = self.turns.get(file).map_or(VirtualInstant::ZERO, |turn| turn.answered);
        self.turns.insert(file, Turn::new(place, answered));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_operations_are_counted_by_whatever_file_they_come() {
        let about = Address::new().name("log").name("append");
        let (mut counts, mut one, mut other) = (Counts::default(), Subject::new(about), Subject::new(about));
        for number in 1..9 {
            let subject = if number % 3 == 0 { &mut other } else { &mut one };
            assert_eq!(counts.count(subject), about.number(number));
        }
        counts.clear();
        assert_eq!([counts.count(&mut other), counts.count(&mut one)], [about.number(1), about.number(2)], "in the next life");
    }

    #[test]
    fn counting_starts_again_after_many_operations() {
        let mut counts = Counts::default();
        let mut kept = Subject::new(Address::new().name("kept"));
        counts.count(&mut kept);
        for number in 1..COUNTED as u64 {
            assert_eq!(counts.count(&mut kept), kept.about.number(number + 1));
            counts.count(&mut Subject::new(Address::new().number(number)));
        }
        assert_eq!(counts.count(&mut kept), kept.about.number(1));
    }
}
