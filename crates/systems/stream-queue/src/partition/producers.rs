//! The batches that producers sent last: a retry has no second effect.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::bounds::{BATCHES_MAX, PRODUCERS_MAX};
use super::refusal::Refusal;
use super::state_hash::{StateHash, digest};
use crate::message::ProducerId;

/// A batch that was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Batch {
    pub(super) sequence: u64,
    /// The offset of its first record.
    pub(super) base: u64,
    /// A checksum of its records.
    pub(super) content: u32,
}

/// The last batches of each producer, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Producers(BTreeMap<ProducerId, VecDeque<Batch>>);

impl Producers {
    /// Returns the batch of that number if it was appended; `None` if it is the next one.
    pub(super) fn find(&self, producer: ProducerId, sequence: u64, content: u32) -> Result<Option<Batch>, Refusal> {
        let batches = self.0.get(&producer);
        let expected = batches.and_then(VecDeque::back).map_or(1, |last| last.sequence + 1);
        if sequence == expected {
            return Ok(None);
        }
        let oldest = batches.and_then(VecDeque::front).map_or(1, |first| first.sequence);
        match batches.into_iter().flatten().find(|batch| batch.sequence == sequence) {
            Some(batch) if batch.content == content => Ok(Some(*batch)),
            Some(_) => Err(Refusal::OtherBatch { sequence }),
            None if sequence > expected || sequence == 0 => Err(Refusal::SequenceGap { expected, found: sequence }),
            None => Err(Refusal::Forgotten { oldest, found: sequence }),
        }
    }

    /// Remembers a batch, and forgets what is beyond the bounds.
    ///
    /// A producer that is forgotten and sends its first batch again is taken for a new one: its number must not be used for longer
    /// than that many others need to appear.
    pub(super) fn push(&mut self, producer: ProducerId, batch: Batch, hash: &mut StateHash) {
        if !self.0.contains_key(&producer) && self.0.len() >= PRODUCERS_MAX {
            let last_base = |batches: &VecDeque<Batch>| batches.back().map(|last| last.base);
            let silent = self.0.iter().min_by_key(|(_, batches)| last_base(batches)).map(|(producer, _)| *producer);
            if let Some((silent, batches)) = silent.and_then(|silent| self.0.remove_entry(&silent)) {
                hash.remove(digest("producer", &(silent, batches)));
            }
        }
        let batches = self.0.entry(producer).or_default();
        if !batches.is_empty() {
            hash.remove(digest("producer", &(producer, &*batches)));
        }
        if batches.len() == BATCHES_MAX {
            batches.pop_front();
        }
        batches.push_back(batch);
        hash.add(digest("producer", &(producer, &*batches)));
    }

    /// Adds all to a hash.
    pub(super) fn hash_into(&self, hash: &mut StateHash) {
        self.0.iter().for_each(|entry| hash.add(digest("producer", &entry)));
    }

    /// Tells whether they keep the bounds and are in order.
    pub(super) fn is_consistent(&self, end: u64) -> bool {
        let is_sound = |batches: &VecDeque<Batch>| {
            let pairs = batches.iter().zip(batches.iter().skip(1));
            (1..=BATCHES_MAX).contains(&batches.len())
                && batches.iter().all(|batch| batch.sequence > 0 && batch.sequence < u64::MAX && batch.base < end)
                && pairs.into_iter().all(|(left, right)| left.sequence + 1 == right.sequence && left.base <= right.base)
        };
        self.0.len() <= PRODUCERS_MAX && self.0.values().all(is_sound)
    }
}
