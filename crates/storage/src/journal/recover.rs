//! Reads the files of a journal: records, a torn tail that is cut off, or corruption.

use std::collections::VecDeque;

use super::error::{JournalError, SyncEvidence};
use super::frame::{decode, sync_evidence};
use super::segment::{Segment, first_of, path_of};
use super::tombstone::take_tombstones;

/// A record of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRecord {
    /// Its number; from 1 on, without gaps.
    pub sequence: u64,
    /// Its bytes.
    pub payload: Vec<u8>,
}

/// The records that a journal holds when it is opened.
///
/// They are a prefix of what was appended, and have all that was synced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Recovered {
    /// The records in order.
    pub records: Vec<JournalRecord>,
    /// The bytes behind the last whole record, which are cut off; `None` if there are none.
    pub torn: Option<TornTail>,
}

impl Recovered {
    /// Reads the journal in a directory from the paths and bytes of files; others are ignored.
    ///
    /// For rules and tools, which look at a journal and do not open it:
    ///
    /// ```
    /// use cluster_sim_storage::Recovered;
    ///
    /// let recovered = Recovered::of("wal", [("wal/00000000000000000001.journal".to_owned(), vec![1, 2, 3])]).unwrap();
    /// assert_eq!(recovered.records, []);
    /// assert_eq!(recovered.torn.unwrap().bytes, 3);
    /// ```
    ///
    /// # Errors
    /// [`JournalError::Corrupt`] if a record that was synced is damaged or missing.
    pub fn of(directory: &str, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, JournalError> {
        read(directory, files).map(|found| found.recovered)
    }
}

/// Bytes at the end of a journal that are no whole record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The path of the segment.
    pub segment: String,
    /// Where they begin.
    pub offset: u64,
    /// Their number.
    pub bytes: u64,
}

/// A journal as its files hold it.
pub(super) struct Scan {
    /// At least one.
    pub(super) segments: VecDeque<Segment>,
    pub(super) recovered: Recovered,
    /// The last record that a watermark or a later segment says was synced.
    pub(super) synced: u64,
    /// The first records and lengths of segments that have bytes behind, which later segments replace.
    pub(super) excess: Vec<(u64, u64)>,
}

/// Reads the journal in a directory from the paths and bytes of files; others are ignored, and tombstones.
///
/// # Errors
/// [`JournalError::Corrupt`] if a record that was synced is damaged or missing.
pub(super) fn read(directory: &str, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Scan, JournalError> {
    let directory = directory.trim_matches('/');
    let first = |path: &str| first_of(path.trim_start_matches('/').strip_prefix(directory)?.strip_prefix('/')?);
    let mut segments: Vec<_> = files.into_iter().filter_map(|(path, bytes)| Some((first(&path)?, bytes))).collect();
    segments.sort_unstable_by_key(|(first, _)| *first);
    drop(take_tombstones(&mut segments));
    scan(directory, &segments)
}

/// Reads segments, in order of their first records.
///
/// # Errors
/// [`JournalError::Corrupt`] if a record that was synced is damaged or missing.
pub(super) fn scan(directory: &str, files: &[(u64, Vec<u8>)]) -> Result<Scan, JournalError> {
    let mut scan = Scan { segments: VecDeque::new(), recovered: Recovered::default(), synced: 0, excess: Vec::new() };
    for (index, (first, bytes)) in files.iter().enumerate() {
        let later = files.get(index + 1).map(|(first, _)| *first);
        scan.add(directory, *first, bytes, later)?;
    }
    if scan.segments.is_empty() {
        scan.segments.push_back(Segment::new(1));
    }
    Ok(scan)
}

impl Scan {
    /// Reads one segment; `later` is the first record of the next one, which replaces what this one has from there on.
    fn add(&mut self, directory: &str, first: u64, bytes: &[u8], later: Option<u64>) -> Result<(), JournalError> {
        let mut segment = Segment::new(first);
        self.synced = self.synced.max(first.saturating_sub(1));
        let whole = |segment: &Segment| {
            let rest = bytes.get(segment.length() as usize..)?;
            decode(rest, first, segment.length()).filter(|frame| frame.sequence == segment.next() && later != Some(frame.sequence))
        };
        while let Some(frame) = whole(&segment) {
            self.recovered.records.push(JournalRecord { sequence: frame.sequence, payload: frame.payload.to_vec() });
            self.synced = self.synced.max(frame.watermark);
            segment.push(frame.len());
        }
        let (offset, next) = (segment.length(), segment.next());
        let is_whole = offset == bytes.len() as u64;
        let evidence = match later {
            Some(later) => (next != later).then_some(SyncEvidence::Segment(later)),
            None if is_whole => None,
            None => sync_evidence(bytes, first, offset, next).map(SyncEvidence::Record),
        };
        if let Some(evidence) = evidence {
            return Err(JournalError::Corrupt { segment: path_of(directory, first).into(), offset, sequence: next, evidence });
        }
        if later.is_some() && !is_whole {
            self.excess.push((first, offset));
        }
        if later.is_none() {
            let torn = || TornTail { segment: path_of(directory, first), offset, bytes: bytes.len() as u64 - offset };
            self.recovered.torn = (!is_whole).then(torn);
        }
        self.segments.push_back(segment);
        Ok(())
    }
}
