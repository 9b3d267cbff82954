//! Segments of a journal: their names, and where their records end.

/// The largest length from which on a segment gets no more records: 1 GiB.
pub const MAX_SEGMENT: u64 = 1 << 30;

/// The end of the names of segment files.
const SUFFIX: &str = ".journal";

/// A segment, of which all records are whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    /// The number of its first record, also while it has none.
    pub(super) first: u64,
    /// The offset after each record.
    pub(super) ends: Vec<u32>,
}

impl Segment {
    pub(super) fn new(first: u64) -> Self {
        Self { first, ends: Vec::new() }
    }

    /// The number after its last record.
    pub(super) fn next(&self) -> u64 {
        self.first + self.ends.len() as u64
    }

    /// Its length up to a record, in bytes.
    pub(super) fn length_before(&self, sequence: u64) -> u64 {
        let count = sequence.saturating_sub(self.first);
        count.checked_sub(1).map_or(0, |index| u64::from(self.ends[index as usize]))
    }

    /// Its length, in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length_before(self.next())
    }

    /// Adds a record by its length; the caller bounds segments to 32 bits.
    pub(super) fn push(&mut self, length: u64) {
        self.ends.push((self.length() + length) as u32);
    }

    /// Forgets the records from `sequence` on.
    pub(super) fn truncate(&mut self, sequence: u64) {
        self.ends.truncate(sequence.saturating_sub(self.first) as usize);
    }
}

/// The path of the segment that begins with a record.
pub(super) fn path_of(directory: &str, first: u64) -> String {
    format!("{directory}/{first:020}{SUFFIX}")
}

/// The first record of a segment by the name of its file; `None` for other files.
pub(super) fn first_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    let is_number = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten().filter(|first| *first > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_record_is_read_from_the_name_of_a_segment() {
        let path = path_of("wal", 42);
        assert_eq!(path, "wal/00000000000000000042.journal");
        assert_eq!(first_of(path.strip_prefix("wal/").unwrap()), Some(42));
        let others = ["42.journal", "00000000000000000042", "+0000000000000000042.journal", "99999999999999999999.journal"];
        assert_eq!(others.map(first_of), [None; 4]);
        assert_eq!(first_of("00000000000000000000.journal"), None, "records are numbered from 1");
    }

    #[test]
    fn a_segment_knows_the_place_of_each_record() {
        let mut segment = Segment::new(5);
        [30, 24].into_iter().for_each(|length| segment.push(length));
        assert_eq!((segment.next(), segment.length()), (7, 54));
        assert_eq!([4, 5, 6, 7].map(|sequence| segment.length_before(sequence)), [0, 0, 30, 54]);
        segment.truncate(6);
        assert_eq!((segment.next(), segment.length()), (6, 30));
    }
}
