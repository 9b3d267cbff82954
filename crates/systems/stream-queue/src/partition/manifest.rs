//! The segments in the object store: a history without gaps, whose epochs never go back.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bounds::{KEY_BYTES_MAX, MANIFEST_MAX, SEGMENT_BYTES_MAX};
use super::refusal::Refusal;
use super::shipped::Shipped;
use crate::bug::Bug;

/// The segments, oldest first; cloning shares them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Manifest(Arc<Vec<Shipped>>);

impl Manifest {
    pub(super) fn segments(&self) -> &[Shipped] {
        &self.0
    }

    /// Returns the offset up to which the segments reach from 0 on.
    pub(super) fn end(&self) -> u64 {
        self.0.last().map_or(0, |last| last.end)
    }

    pub(super) fn segment_at(&self, base: u64) -> Option<&Shipped> {
        let index = self.0.binary_search_by_key(&base, |shipped| shipped.base).ok()?;
        self.0.get(index)
    }

    pub(super) fn segment_of(&self, offset: u64) -> Option<&Shipped> {
        let index = self.0.partition_point(|shipped| shipped.end <= offset);
        self.0.get(index).filter(|shipped| shipped.base <= offset)
    }

    /// Adds the next segment; tells whether it is a new one. `end` is that of the partition.
    pub(super) fn push(&mut self, shipped: Shipped, end: u64, bug: Option<Bug>) -> Result<bool, Refusal> {
        let epoch = self.0.last().map_or(0, |last| last.epoch);
        if shipped.epoch < epoch && bug != Some(Bug::NoEpochCheck) {
            return Err(Refusal::StaleEpoch { epoch, found: shipped.epoch });
        }
        let is_known = |known: &Shipped| (known.end, known.bytes, known.crc) == (shipped.end, shipped.bytes, shipped.crc);
        if self.segment_at(shipped.base).is_some_and(is_known) {
            return Ok(false);
        }
        if shipped.base != self.end() {
            return Err(Refusal::NotNext { expected: self.end(), found: shipped.base });
        }
        if shipped.end <= shipped.base || shipped.end > end {
            return Err(Refusal::SegmentRange { base: shipped.base, segment_end: shipped.end, end });
        }
        if shipped.bytes > SEGMENT_BYTES_MAX as u64 {
            return Err(Refusal::LargeSegment { bytes: shipped.bytes });
        }
        if shipped.key.is_empty() || shipped.key.len() > KEY_BYTES_MAX {
            return Err(Refusal::Key { bytes: shipped.key.len() });
        }
        if self.0.len() >= MANIFEST_MAX {
            return Err(Refusal::ManifestFull);
        }
        Arc::make_mut(&mut self.0).push(shipped);
        Ok(true)
    }

    /// Tells whether the segments have no gap, keep the bounds, and end within the partition.
    pub(super) fn is_consistent(&self, end: u64) -> bool {
        let mut expected = 0;
        let is_next = |shipped: &Shipped| {
            let is_next = shipped.base == expected && shipped.end > shipped.base;
            expected = shipped.end;
            is_next && shipped.bytes <= SEGMENT_BYTES_MAX as u64 && (1..=KEY_BYTES_MAX).contains(&shipped.key.len())
        };
        self.0.len() <= MANIFEST_MAX && self.0.iter().all(is_next) && self.end() <= end
    }
}
