//! Appends records to the segments of a log, and removes them from its ends.

use cluster_sim_node::{Disk, File, OpenOptions};

use super::cut::cut;
use super::error::WalError;
use super::place::WalPlace;
use super::plan::plan;
use super::recover::{Expectation, Recovery, recover};
use super::segment_index::{SegmentIndex, SegmentInfo, WalConfig};
use crate::format::{Record, SegmentHeader};

/// Appends records to a log on a disk, and removes them from its ends.
///
/// Records are durable up to [`synced_end`](Self::synced_end), and readable up to [`end`](Self::end). After an error of the disk, and
/// after a future that was dropped before it was done, every operation is refused until [`reopen`](Self::reopen): data that a failed
/// sync left in the cache would look durable to the next one.
#[derive(Debug)]
pub struct WalWriter {
    disk: Disk,
    place: WalPlace,
    config: WalConfig,
    index: SegmentIndex,
    /// The last segment of the index, open for writing; absent if there is none.
    active: Option<File>,
    /// The end of the index, but while a cut is under way: then the end that is wanted.
    end: u64,
    synced_end: u64,
    /// The start of the index, but while a segment is being removed: then the end of that.
    start_max: u64,
    /// Whether an operation is under way, failed, or was given up.
    is_in_doubt: bool,
}

impl WalWriter {
    /// Begins a log whose first record will have an offset.
    ///
    /// # Errors
    /// If the directory has segments, or the disk fails.
    pub async fn create(disk: &Disk, place: &WalPlace, config: WalConfig, start: u64) -> Result<Self, WalError> {
        place.create(disk).await?;
        if !place.bases(disk).await?.is_empty() {
            return Err(WalError::NotEmpty { directory: place.directory().to_owned() });
        }
        Ok(Self::opened(disk, place, config, SegmentIndex::starting_at(start), None))
    }

    /// Opens the log of a directory after a restart.
    ///
    /// # Errors
    /// If the disk fails; if the log is damaged before the end that was durable, and then nothing was changed.
    pub async fn recover(
        disk: &Disk,
        place: &WalPlace,
        config: WalConfig,
        expected: Expectation,
    ) -> Result<(Self, Recovery), WalError> {
        place.create(disk).await?;
        let (index, active, recovery) = recover(disk, place, expected).await?;
        Ok((Self::opened(disk, place, config, index, active), recovery))
    }

    fn opened(disk: &Disk, place: &WalPlace, config: WalConfig, index: SegmentIndex, active: Option<File>) -> Self {
        let (start_max, end) = (index.start(), index.end());
        let (disk, place) = (disk.clone(), place.clone());
        Self { disk, place, config, index, active, end, synced_end: end, start_max, is_in_doubt: false }
    }

    /// Reads the log again after an error, and returns its end, up to which all is durable.
    ///
    /// That is the end from before the error, or less if the disk lost records that were not durable: the caller appends these again.
    ///
    /// # Errors
    /// As [`recover`](Self::recover); then it may be called again.
    pub async fn reopen(&mut self) -> Result<u64, WalError> {
        (self.is_in_doubt, self.active) = (true, None);
        let expected = Expectation { start_max: self.start_max, durable_end: self.synced_end };
        let (index, active, _) = recover(&self.disk, &self.place, expected).await?;
        let end = self.end.min(index.end());
        *self = Self::opened(&self.disk, &self.place, self.config, index, active);
        self.cut_to(end).await?;
        Ok(end)
    }

    /// Returns the segments.
    pub fn index(&self) -> &SegmentIndex {
        &self.index
    }

    /// Returns the directory.
    pub fn place(&self) -> &WalPlace {
        &self.place
    }

    /// Returns the first offset.
    pub fn start(&self) -> u64 {
        self.index.start()
    }

    /// Returns the offset after the last record that was written.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Returns the offset after the last record that is durable.
    pub fn synced_end(&self) -> u64 {
        self.synced_end
    }

    /// Tells whether the log has to be reopened.
    pub fn is_in_doubt(&self) -> bool {
        self.is_in_doubt
    }

    /// Appends records, of which the first has the offset of the end, and returns the new end.
    ///
    /// A new segment begins where size or age ask for it, also between two records of one call; the old one is synced first.
    ///
    /// # Errors
    /// If a record has another offset or is too large, and then nothing was written; if the disk fails, and then the end is as before
    /// and the log has to be reopened.
    pub async fn append(&mut self, records: &[Record]) -> Result<u64, WalError> {
        self.check_no_doubt()?;
        self.check(records)?;
        let mut runs = plan(records, self.index.segments().last().map(SegmentInfo::fill), self.config);
        self.is_in_doubt = true;
        for run in &mut runs {
            if let Some(base) = run.begins {
                self.begin_segment(base).await?;
            }
            let active = self.active.as_ref().expect("the last segment is open");
            active.write_at(run.position, std::mem::take(&mut run.bytes)).await?;
        }
        for run in runs {
            if let Some(base) = run.begins {
                self.index.push(SegmentInfo::new(base));
                self.synced_end = base;
            }
            let segment = self.index.last_mut().expect("it was begun now or earlier");
            run.records.iter().for_each(|(record, length)| segment.push(record, *length));
        }
        self.end = self.index.end();
        self.is_in_doubt = false;
        Ok(self.end)
    }

    fn check_no_doubt(&self) -> Result<(), WalError> {
        if self.is_in_doubt { Err(WalError::NotReopened) } else { Ok(()) }
    }

    fn check(&self, records: &[Record]) -> Result<(), WalError> {
        let mut expected = self.end();
        for record in records {
            if record.offset != expected {
                return Err(WalError::NotDense { expected, found: record.offset });
            }
            record.check().map_err(|cause| WalError::Unwritable { offset: record.offset, cause })?;
            expected = expected.checked_add(1).ok_or(WalError::OffsetsSpent)?;
        }
        Ok(())
    }

    /// Syncs the segment that is open, and opens the next one in its place.
    async fn begin_segment(&mut self, base: u64) -> Result<(), WalError> {
        if let Some(active) = &self.active {
            active.sync().await?;
        }
        let file = self.disk.open(&self.place.segment_path(base), OpenOptions::create().truncate()).await?;
        file.write_at(0, SegmentHeader { partition: self.place.partition() }.encode()).await?;
        file.sync().await?;
        self.disk.sync_dir(self.place.directory()).await?;
        self.active = Some(file);
        Ok(())
    }

    /// Makes all records durable, and returns the end.
    ///
    /// # Errors
    /// If the disk fails; then it is open which records are durable, and the log has to be reopened.
    pub async fn sync(&mut self) -> Result<u64, WalError> {
        self.check_no_doubt()?;
        if self.synced_end < self.end() {
            self.is_in_doubt = true;
            self.active.as_ref().expect("records that are not synced are in the last segment").sync().await?;
            self.synced_end = self.end();
            self.is_in_doubt = false;
        }
        Ok(self.synced_end)
    }

    /// Removes the records from an offset on, durably.
    ///
    /// # Errors
    /// If the offset is not between start and end; if the disk fails, and then the log has to be reopened.
    pub async fn cut_to(&mut self, end: u64) -> Result<(), WalError> {
        self.check_no_doubt()?;
        if !(self.start()..=self.end()).contains(&end) {
            return Err(WalError::OutOfRange { offset: end, start: self.start(), end: self.end() });
        }
        if end < self.end() {
            self.is_in_doubt = true;
            (self.end, self.synced_end, self.active) = (end, end.min(self.synced_end), None);
            self.active = cut(&self.disk, &self.place, &mut self.index, end).await?;
            self.synced_end = end;
            self.is_in_doubt = false;
        }
        Ok(())
    }

    /// Removes the first segment, which must be closed, durably.
    ///
    /// # Errors
    /// If no segment is closed; if the disk fails, and then the log has to be reopened.
    pub async fn remove_first(&mut self) -> Result<(), WalError> {
        self.check_no_doubt()?;
        let Some(first) = self.index.closed().first() else { return Err(WalError::NotClosed { start: self.start() }) };
        (self.is_in_doubt, self.start_max) = (true, first.end);
        self.disk.remove(&self.place.segment_path(first.base)).await?;
        // One after the other, so that a crash brings back no segment with a gap after it.
        self.disk.sync_dir(self.place.directory()).await?;
        self.index.remove_first();
        self.is_in_doubt = false;
        Ok(())
    }
}
