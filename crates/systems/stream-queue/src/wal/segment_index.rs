//! The segments of a log in memory: which offsets and bytes each has, and which are closed.

use crate::format::{Record, SEGMENT_HEADER_BYTES};

/// A place in a segment is noted every 4 KiB, so that a read scans no more than that before its first record.
const MARK_BYTES: u64 = 4 << 10;

/// When a log begins a new segment.
///
/// Both are judged by the records alone, so that all replicas begin their segments at equal offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalConfig {
    /// The most bytes of a segment with its header; a segment of one record may have more.
    pub segment_bytes: u64,
    /// The time in ms after its first record at which a segment takes no more, by their timestamps.
    pub segment_age_ms: u64,
}

impl Default for WalConfig {
    /// 1 MiB, and one minute.
    fn default() -> Self {
        Self { segment_bytes: 1 << 20, segment_age_ms: 60_000 }
    }
}

/// How far a segment is filled: all that decides whether a record belongs into the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fill {
    pub(super) records: u64,
    pub(super) bytes: u64,
    pub(super) first_ms: u64,
}

impl Fill {
    pub(super) const EMPTY: Self = Self { records: 0, bytes: SEGMENT_HEADER_BYTES as u64, first_ms: 0 };

    /// Whether a record with that time and length belongs into the next segment.
    pub(super) fn is_full_for(self, timestamp_ms: u64, length: u64, config: WalConfig) -> bool {
        let age_ms = timestamp_ms.saturating_sub(self.first_ms);
        self.records > 0 && (self.bytes + length > config.segment_bytes || age_ms >= config.segment_age_ms)
    }

    pub(super) fn push(&mut self, timestamp_ms: u64, length: u64) {
        if self.records == 0 {
            self.first_ms = timestamp_ms;
        }
        self.records += 1;
        self.bytes += length;
    }
}

/// A segment of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentInfo {
    /// The offset of its first record.
    pub base: u64,
    /// The offset after its last record.
    pub end: u64,
    /// Its length with its header.
    pub bytes: u64,
    /// The timestamp of its first record; zero without one.
    pub first_ms: u64,
    /// The timestamp of its last record; zero without one.
    pub last_ms: u64,
    /// Whether no record will be appended to it any more.
    pub is_closed: bool,
    /// Offsets and positions of records that are 4 KiB or more apart, the first record among them.
    marks: Vec<(u64, u64)>,
}

impl SegmentInfo {
    /// A segment without records.
    pub(super) fn new(base: u64) -> Self {
        let bytes = SEGMENT_HEADER_BYTES as u64;
        Self { base, end: base, bytes, first_ms: 0, last_ms: 0, is_closed: false, marks: Vec::new() }
    }

    pub(super) fn fill(&self) -> Fill {
        Fill { records: self.end - self.base, bytes: self.bytes, first_ms: self.first_ms }
    }

    /// Notes a record at its end.
    pub(super) fn push(&mut self, record: &Record, length: u64) {
        if self.marks.last().is_none_or(|(_, position)| self.bytes - position >= MARK_BYTES) {
            self.marks.push((record.offset, self.bytes));
        }
        if self.end == self.base {
            self.first_ms = record.timestamp_ms;
        }
        self.last_ms = record.timestamp_ms;
        self.bytes += length;
        self.end = record.offset + 1;
    }

    /// Returns offset and position of the last noted record that is not after an offset.
    pub(super) fn mark_before(&self, offset: u64) -> (u64, u64) {
        let after = self.marks.partition_point(|(marked, _)| *marked <= offset);
        match after.checked_sub(1) {
            Some(index) => self.marks[index],
            None => (self.base, SEGMENT_HEADER_BYTES as u64),
        }
    }
}

/// The segments of a log, oldest first and without gaps; the last may be open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SegmentIndex {
    /// The base of the first segment, or the offset at which the first one will begin.
    start: u64,
    segments: Vec<SegmentInfo>,
}

impl SegmentIndex {
    /// A log without segments whose first record will have an offset.
    pub(super) fn starting_at(start: u64) -> Self {
        Self { start, segments: Vec::new() }
    }

    /// Returns the first offset that the log has, or will have.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Returns the offset after the last record.
    pub fn end(&self) -> u64 {
        self.segments.last().map_or(self.start, |segment| segment.end)
    }

    /// Returns the bytes of all segments.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// Returns the segments, oldest first.
    pub fn segments(&self) -> &[SegmentInfo] {
        &self.segments
    }

    /// Returns the closed segments, oldest first.
    pub fn closed(&self) -> &[SegmentInfo] {
        let count = self.segments.len() - usize::from(self.segments.last().is_some_and(|last| !last.is_closed));
        &self.segments[..count]
    }

    /// Returns the segments from the one that has an offset on; none if no segment has it.
    pub fn from(&self, offset: u64) -> &[SegmentInfo] {
        let first = self.segments.partition_point(|segment| segment.end <= offset);
        let is_in = self.segments.get(first).is_some_and(|segment| segment.base <= offset);
        if is_in { &self.segments[first..] } else { &[] }
    }

    pub(super) fn last_mut(&mut self) -> Option<&mut SegmentInfo> {
        self.segments.last_mut()
    }

    /// Adds a segment; the one before it is closed by that.
    pub(super) fn push(&mut self, segment: SegmentInfo) {
        match self.segments.last_mut() {
            Some(last) => last.is_closed = true,
            None => self.start = segment.base,
        }
        self.segments.push(segment);
    }

    pub(super) fn pop(&mut self) -> Option<SegmentInfo> {
        self.segments.pop()
    }

    /// Forgets the first segment if it is closed.
    pub(super) fn remove_first(&mut self) {
        if !self.closed().is_empty() {
            self.start = self.segments.remove(0).end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Draft;

    fn segment(base: u64, ends: u64) -> SegmentInfo {
        let mut segment = SegmentInfo::new(base);
        (base..ends).for_each(|offset| segment.push(&Draft::default().at(offset, 10 * offset), 1_000));
        segment
    }

    fn index() -> SegmentIndex {
        let mut index = SegmentIndex::starting_at(5);
        [segment(5, 10), segment(10, 30), segment(30, 32)].into_iter().for_each(|segment| index.push(segment));
        index
    }

    #[test]
    fn an_index_tells_its_offsets_bytes_and_closed_segments() {
        let index = index();
        assert_eq!((index.start(), index.end(), index.bytes()), (5, 32, 3 * 32 + 27_000));
        let closed: Vec<u64> = index.closed().iter().map(|segment| segment.base).collect();
        assert_eq!(closed, [5, 10]);
        assert_eq!((index.segments()[1].first_ms, index.segments()[1].last_ms), (100, 290));
        let empty = SegmentIndex::starting_at(7);
        assert_eq!((empty.start(), empty.end(), empty.bytes(), empty.closed()), (7, 7, 0, &[][..]));
    }

    #[test]
    fn an_offset_is_found_in_its_segment_or_in_none() {
        let index = index();
        let first = |offset| index.from(offset).first().map(|segment| segment.base);
        assert_eq!(
            [0, 4, 5, 9, 10, 29, 30, 31, 32].map(first),
            [None, None, Some(5), Some(5), Some(10), Some(10), Some(30), Some(30), None]
        );
    }

    #[test]
    fn a_mark_is_at_most_4_kib_before_the_record() {
        let segment = segment(10, 30);
        for offset in 10..30 {
            let (marked, position) = segment.mark_before(offset);
            assert_eq!(position, 32 + 1_000 * (marked - 10));
            assert!(marked <= offset && (offset - marked) * 1_000 <= MARK_BYTES, "{offset}: {marked}");
        }
    }

    #[test]
    fn a_segment_is_full_by_size_or_by_age_but_never_empty() {
        let config = WalConfig { segment_bytes: 3_032, segment_age_ms: 25 };
        let full = |fill: Fill, timestamp_ms, length| fill.is_full_for(timestamp_ms, length, config);
        assert!(!full(Fill::EMPTY, u64::MAX, u64::MAX / 2), "one record is always taken");
        let two = segment(5, 7).fill();
        assert_eq!([1_000, 1_001].map(|length| full(two, 60, length)), [false, true]);
        assert_eq!([74, 75, 0].map(|timestamp_ms| full(two, timestamp_ms, 1)), [false, true, false], "a clock may step back");
        let mut filled = Fill::EMPTY;
        [50, 60].into_iter().for_each(|timestamp_ms| filled.push(timestamp_ms, 1_000));
        assert_eq!(filled, two);
    }

    #[test]
    fn only_closed_segments_are_removed_from_the_front() {
        let mut index = index();
        (0..5).for_each(|_| index.remove_first());
        assert_eq!((index.start(), index.end(), index.segments().len()), (30, 32, 1));
        index.pop();
        assert_eq!((index.start(), index.end()), (30, 30));
    }
}
