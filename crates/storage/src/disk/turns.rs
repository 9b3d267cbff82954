//! The order and the addresses of the operations of one life.

use cluster_sim_runtime::Address;
use cluster_sim_types::VirtualInstant;
use rustc_hash::FxHashMap;

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
    /// The addresses of appends and syncs, which most operations are.
    append: Address,
    sync: Address,
}

impl Turn {
    fn new(place: Address, answered: VirtualInstant) -> Self {
        Self { answered, place, append: place.name("append"), sync: place.name("sync") }
    }

    /// The address of an operation on the file.
    pub(super) fn about(&self, op: &DiskOp) -> Address {
        match op {
            DiskOp::Append { .. } => self.append,
            DiskOp::Sync { .. } => self.sync,
            op => about(self.place, op),
        }
    }

    /// The instant of an answer that would come at `at`: after that of the operation before.
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

/// The operations of one life that were submitted.
#[derive(Debug, Default)]
pub(super) struct Submitted {
    /// By number of the file, from the submission of the open on.
    pub(super) turns: FxHashMap<FileId, Turn>,
    /// How often an operation was submitted, by address: equal ones get different rolls.
    pub(super) counts: FxHashMap<u64, u32>,
}

impl Submitted {
    /// Forgets them at the end of the life.
    pub(super) fn clear(&mut self) {
        self.turns.clear();
        self.counts.clear();
    }

    /// Notes that a file is opened.
    pub(super) fn open(&mut self, file: FileId, place: Address) {
        let turn = self.turns.entry(file).or_insert_with(|| Turn::new(place, VirtualInstant::ZERO));
        *turn = Turn::new(place, turn.answered);
    }
}

/// The address of an operation among equal ones of this life.
pub(super) fn count(counts: &mut FxHashMap<u64, u32>, address: Address) -> Address {
    if counts.len() >= COUNTED {
        counts.clear();
    }
    let count = counts.entry(address.key()).or_default();
    *count += 1;
    address.number(u64::from(*count))
}
