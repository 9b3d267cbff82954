//! The state of a partition, folded from the entries of its log.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::bounds::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX, GROUP_BYTES_MAX, GROUPS_MAX};
use super::command::{Command, UNNUMBERED};
use super::manifest::Manifest;
use super::producers::{Batch, Producers};
use super::refusal::Refusal;
use super::shipped::Shipped;
use super::state_hash::{StateHash, digest, mix};
use crate::bug::Bug;
use crate::format::{DataError, Draft, Record, SealError, seal, unseal};
use crate::message::ProducerId;

/// The first bytes of a snapshot.
const MAGIC: [u8; 4] = *b"SQPS";

/// The records that may wait to be shipped before [`Bug::OffsetReuseUnderBackpressure`] takes it for backpressure.
const BACKLOG: u64 = 256;

/// The state of a partition after some entries of its log; equal on all replicas after equal entries.
///
/// It has no records but the end of them, and no more than the bounds of this module allow. Which records a replica has on its disk
/// is no part of it: each trims its own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PartitionState {
    /// The offset of the next record.
    end: u64,
    /// The timestamp of the last record.
    last_ms: u64,
    /// The base and the producer of the last batch.
    last_batch: Option<(u64, ProducerId)>,
    /// A hash over the contents of all records, in order.
    log_hash: u64,
    producers: Producers,
    groups: BTreeMap<String, u64>,
    manifest: Manifest,
    /// Of producers, groups and manifest.
    parts_hash: StateHash,
}

/// The effect of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Records were appended, or had been: then the log has them already.
    Appended {
        /// The offset of the first record of the batch.
        base: u64,
        /// The records to be written; none if the command is a retry.
        records: Vec<Record>,
    },
    /// A group goes on at an offset.
    GroupMoved {
        /// The group.
        group: String,
        /// The offset.
        offset: u64,
    },
    /// The manifest has the segment.
    Shipped,
}

impl PartitionState {
    /// Returns the offset of the next record.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Returns the offset up to which all records are in the object store.
    pub fn shipped(&self) -> u64 {
        self.manifest.end()
    }

    /// Returns the segments in the object store, from offset 0 on and without gaps.
    pub fn manifest(&self) -> &[Shipped] {
        self.manifest.segments()
    }

    /// Returns the segment in the object store that begins at an offset.
    pub fn segment_at(&self, base: u64) -> Option<&Shipped> {
        self.manifest.segment_at(base)
    }

    /// Returns the segment in the object store that has an offset.
    pub fn segment_of(&self, offset: u64) -> Option<&Shipped> {
        self.manifest.segment_of(offset)
    }

    /// Returns the offset at which a group goes on; `None` if it has committed none.
    pub fn committed(&self, group: &str) -> Option<u64> {
        self.groups.get(group).copied()
    }

    /// Returns a hash of the state and of the contents of all records before it.
    ///
    /// Costs nothing. Two replicas that differ have equal hashes by accident alone.
    pub fn hash(&self) -> u64 {
        let parts = [self.end, self.last_ms, self.log_hash, self.parts_hash.value()];
        parts.into_iter().fold(0, |hash, part| mix(hash ^ part).wrapping_add(1))
    }

    /// Lets the next entry of the log take effect.
    ///
    /// # Errors
    /// If the command is refused; then the state is as before.
    pub fn apply(&mut self, command: Command) -> Result<Outcome, Refusal> {
        self.apply_with(command, None)
    }

    /// Lets the next entry take effect as a broker with a planted bug does.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn apply_with(&mut self, command: Command, bug: Option<Bug>) -> Result<Outcome, Refusal> {
        match command {
            Command::Append { producer, sequence, timestamp_ms, records } => {
                self.append(producer, sequence, timestamp_ms, records, bug)
            }
            Command::CommitOffset { group, offset } => self.commit(group, offset),
            Command::Shipped(shipped) => {
                let part = digest("shipped", &shipped);
                if self.manifest.push(shipped, self.end, bug)? {
                    self.parts_hash.add(part);
                    if bug == Some(Bug::ForgetsSequences) {
                        self.producers = Producers::default();
                        self.parts_hash = self.hash_of_parts();
                    }
                }
                Ok(Outcome::Shipped)
            }
        }
    }

    fn append(
        &mut self,
        producer: ProducerId,
        sequence: u64,
        timestamp_ms: u64,
        drafts: Vec<Draft>,
        bug: Option<Bug>,
    ) -> Result<Outcome, Refusal> {
        check_batch(&drafts)?;
        let content = content_of(&drafts);
        if sequence != UNNUMBERED
            && let Some(batch) = self.producers.find(producer, sequence, content)?
        {
            return Ok(Outcome::Appended { base: batch.base, records: Vec::new() });
        }
        let count = drafts.len() as u64;
        if self.end.checked_add(count).is_none() {
            return Err(Refusal::OffsetsSpent { end: self.end, records: drafts.len() });
        }
        let base = self.end;
        let told = self.told_base(producer, bug);
        // A clock that steps back does not take the log's time back.
        self.last_ms = self.last_ms.max(timestamp_ms);
        self.last_batch = Some((base, producer));
        self.end = base + count;
        self.log_hash = mix(self.log_hash ^ digest("batch", &(base, self.last_ms, count, content)));
        if sequence != UNNUMBERED {
            self.producers.push(producer, Batch { sequence, base: told, content }, &mut self.parts_hash);
        }
        let records = (base..self.end).zip(drafts).map(|(offset, draft)| draft.at(offset, self.last_ms)).collect();
        Ok(Outcome::Appended { base: told, records })
    }

    /// The offset that the producer of a new batch hears of.
    fn told_base(&self, producer: ProducerId, bug: Option<Bug>) -> u64 {
        match self.last_batch {
            Some((base, other))
                if bug == Some(Bug::OffsetReuseUnderBackpressure) && other != producer && self.end - self.shipped() > BACKLOG =>
            {
                base
            }
            _ => self.end,
        }
    }

    fn commit(&mut self, group: String, offset: u64) -> Result<Outcome, Refusal> {
        if group.is_empty() || group.len() > GROUP_BYTES_MAX {
            return Err(Refusal::GroupName { bytes: group.len() });
        }
        if offset > self.end {
            return Err(Refusal::OffsetBeyondEnd { end: self.end, found: offset });
        }
        match self.groups.get(&group).copied() {
            Some(committed) if offset < committed => return Err(Refusal::OffsetRegresses { committed, found: offset }),
            Some(committed) => self.parts_hash.remove(digest("group", &(&group, committed))),
            None if self.groups.len() >= GROUPS_MAX => return Err(Refusal::TooManyGroups),
            None => {}
        }
        self.parts_hash.add(digest("group", &(&group, offset)));
        self.groups.insert(group.clone(), offset);
        Ok(Outcome::GroupMoved { group, offset })
    }

    /// Returns its bytes, with a checksum.
    pub fn snapshot(&self) -> Bytes {
        seal(MAGIC, self).into()
    }

    /// Reads a state from its bytes.
    ///
    /// # Errors
    /// If they are damaged, or no state that commands lead to.
    pub fn from_snapshot(bytes: &[u8]) -> Result<Self, SealError> {
        let state: Self = unseal(MAGIC, bytes)?;
        state.check().map_err(|cause| SealError::Data { cause })?;
        Ok(state)
    }

    /// Checks what every state has in common.
    /// Returns the state, without the parts that a planted bug leaves out of checkpoints.
    pub(super) fn without_parts(&self, bug: Option<Bug>) -> Self {
        let mut state = self.clone();
        if bug == Some(Bug::ForgetsGroups) {
            state.groups.clear();
            state.parts_hash = state.hash_of_parts();
        }
        state
    }

    fn hash_of_parts(&self) -> StateHash {
        let mut hash = StateHash::default();
        self.producers.hash_into(&mut hash);
        self.groups.iter().for_each(|group| hash.add(digest("group", &group)));
        self.manifest().iter().for_each(|shipped| hash.add(digest("shipped", shipped)));
        hash
    }

    pub(super) fn check(&self) -> Result<(), DataError> {
        let is_group = |(group, offset): (&String, &u64)| (1..=GROUP_BYTES_MAX).contains(&group.len()) && *offset <= self.end;
        if self.groups.len() > GROUPS_MAX || !self.groups.iter().all(is_group) {
            return Err(DataError::Inconsistent("the offsets of groups are beyond their bounds"));
        }
        if !self.manifest.is_consistent(self.end) {
            return Err(DataError::Inconsistent("the manifest has a gap or is beyond its bounds"));
        }
        if !self.producers.is_consistent(self.end) || self.last_batch.is_some_and(|(base, _)| base >= self.end) {
            return Err(DataError::Inconsistent("the batches of producers are out of order or beyond their bounds"));
        }
        if self.hash_of_parts() == self.parts_hash {
            Ok(())
        } else {
            Err(DataError::Inconsistent("the hash is not that of the parts"))
        }
    }
}

/// Checks a batch, also before it is proposed.
pub(crate) fn check_batch(drafts: &[Draft]) -> Result<(), Refusal> {
    if drafts.is_empty() {
        return Err(Refusal::EmptyBatch);
    }
    if drafts.len() > BATCH_RECORDS_MAX {
        return Err(Refusal::LongBatch { records: drafts.len() });
    }
    for (index, draft) in drafts.iter().enumerate() {
        draft.check().map_err(|cause| Refusal::Record { index, cause })?;
    }
    let bytes = drafts.iter().map(Draft::encoded_length).sum();
    if bytes > BATCH_BYTES_MAX { Err(Refusal::LargeBatch { bytes }) } else { Ok(()) }
}

/// A checksum of the contents of records, with the lengths of their parts.
fn content_of(drafts: &[Draft]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    for draft in drafts {
        part(&draft.key);
        part(&draft.value);
        part(&(draft.headers.len() as u64).to_le_bytes());
        for header in &draft.headers {
            part(&header.key);
            part(&header.value);
        }
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests;
