//! The segments that were read last from the object store.

use std::collections::VecDeque;

use bytes::Bytes;

/// Decompressed segments, the one that was used last at the end; bounded by their bytes.
#[derive(Debug)]
pub(super) struct SegmentCache {
    bytes_max: usize,
    segments: VecDeque<(u64, Bytes)>,
}

impl SegmentCache {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, segments: VecDeque::new() }
    }

    /// Returns the segment that begins at an offset.
    pub(super) fn get(&mut self, base: u64) -> Option<Bytes> {
        let place = self.segments.iter().position(|(cached, _)| *cached == base)?;
        let segment = self.segments.remove(place)?;
        self.segments.push_back(segment);
        self.segments.back().map(|(_, bytes)| bytes.clone())
    }

    /// Keeps a segment, and drops those that were not used for longest; one that is larger than the cache is not kept.
    pub(super) fn insert(&mut self, base: u64, segment: Bytes) {
        self.segments.retain(|(cached, _)| *cached != base);
        if segment.len() > self.bytes_max {
            return;
        }
        self.segments.push_back((base, segment));
        while self.bytes() > self.bytes_max {
            self.segments.pop_front();
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.segments.iter().map(|(_, segment)| segment.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_segments_that_were_used_last_stay() {
        let mut cache = SegmentCache::new(100);
        let segment = |length: usize| Bytes::from(vec![7; length]);
        [(0, 40), (1, 40)].into_iter().for_each(|(base, length)| cache.insert(base, segment(length)));
        assert!(cache.get(0).is_some());
        cache.insert(2, segment(40));
        assert_eq!([0, 1, 2].map(|base| cache.get(base).is_some()), [true, false, true]);
        cache.insert(0, segment(10));
        assert_eq!((cache.bytes(), cache.get(0)), (50, Some(segment(10))));
        cache.insert(3, segment(101));
        assert_eq!((cache.get(3), cache.bytes()), (None, 50));
    }
}
