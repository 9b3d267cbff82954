//! Reads the files of a journal again while they change, each time only what is new.

use std::collections::VecDeque;

use cluster_sim_types::FileChange;

use super::error::JournalError;
use super::frame::decode;
use super::recover::{JournalRecord, Recovered, read};
use super::segment::{Segment, first_of, path_of};

/// The places of the records that a journal's files had when they were read last.
///
/// For rules, which look at a journal after each step and do not open it:
///
/// ```
/// use cluster_sim_storage::{DiskImage, JournalError, JournalReader, JournalRecord};
/// use cluster_sim_types::FileChange;
///
/// /// Brings `records` up to date with the files of the journal `wal`, which changed like that.
/// fn update(
///     (reader, records): (&mut JournalReader, &mut Vec<JournalRecord>),
///     changes: &[FileChange],
///     disk: &DiskImage,
/// ) -> Result<(), JournalError> {
///     let part = |path: &str, from: u64| Some(disk.file(path)?.read(from, usize::MAX));
///     match reader.added(changes, part) {
///         Some(added) => records.extend(added),
///         None => {
///             let files = disk.list("wal").filter_map(|path| Some((path.to_owned(), disk.read(path)?)));
///             let recovered;
///             (*reader, recovered) = JournalReader::of("wal", files)?;
///             *records = recovered.records;
///         }
///     }
///     records.retain(|record| record.sequence >= reader.first());
///     Ok(())
/// }
/// ```
#[derive(Debug, Default)]
pub struct JournalReader {
    directory: String,
    /// Of which all bytes are whole records; at least one, but empty if the files are to be read anew.
    segments: VecDeque<Segment>,
}

impl JournalReader {
    /// Reads the journal in a directory from the paths and bytes of files, as [`Recovered::of`].
    ///
    /// # Errors
    /// [`JournalError::Corrupt`] if a record that was synced is damaged or missing.
    pub fn of(directory: &str, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<(Self, Recovered), JournalError> {
        let found = read(directory, files)?;
        let is_whole = found.recovered.torn.is_none() && found.excess.is_empty();
        let segments = if is_whole { found.segments } else { VecDeque::new() };
        Ok((Self { directory: directory.trim_matches('/').to_owned(), segments }, found.recovered))
    }

    /// Returns the number of the first record that the files hold; 0 if they are to be read anew.
    pub fn first(&self) -> u64 {
        self.segments.front().map_or(0, |segment| segment.first)
    }

    /// Returns the records that changes of files added behind all others.
    ///
    /// `bytes` reads a file from an offset on. The changes are those since the files were read last, in order of their names. Segments may
    /// have been removed, from the first one on. `None` after any other change, such as damage, a torn tail, or a new end in place of an
    /// old one: the files are to be read anew.
    pub fn added(&mut self, changes: &[FileChange], bytes: impl Fn(&str, u64) -> Option<Vec<u8>>) -> Option<Vec<JournalRecord>> {
        let mut records = Vec::new();
        for change in changes {
            let Some(first) = first_of(&change.name) else { continue };
            if self.follow(first, change.kept, &bytes, &mut records).is_none() {
                self.segments.clear();
                return None;
            }
        }
        (!self.segments.is_empty()).then_some(records)
    }

    /// Takes over the change of a segment; `None` if there is more to it than new records or a removal.
    fn follow(
        &mut self,
        first: u64,
        kept: Option<u64>,
        bytes: &impl Fn(&str, u64) -> Option<Vec<u8>>,
        records: &mut Vec<JournalRecord>,
    ) -> Option<()> {
        let (front, last) = (self.segments.front()?.first, self.segments.back()?);
        let is_last = first == last.first;
        let path = path_of(&self.directory, first);
        if !is_last && first <= front {
            // Only a segment that stands for no record any more: its name is gone, or it is the tombstone of one before all others.
            let is_removed = kept.is_none() || bytes(&path, 0)?.is_empty();
            if first == front && is_removed {
                self.segments.pop_front();
            }
            return is_removed.then_some(());
        }
        if is_last && kept? < last.length() {
            return None;
        }
        if !is_last {
            if first != last.next() {
                return None;
            }
            kept?;
            self.segments.push_back(Segment::new(first));
        }
        let segment = self.segments.back_mut().expect("there is a last one");
        let added = bytes(&path, segment.length())?;
        let mut rest = &added[..];
        while !rest.is_empty() {
            let frame = decode(rest, first, segment.length()).filter(|frame| frame.sequence == segment.next())?;
            records.push(JournalRecord { sequence: frame.sequence, payload: frame.payload.to_vec() });
            segment.push(frame.len());
            rest = &rest[frame.len() as usize..];
        }
        Some(())
    }
}
