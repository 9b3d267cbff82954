//! Journals of async nodes.

use std::fmt;
use std::pin::Pin;

use cluster_sim_storage::{
    DirEntry, DirectoryClaim, DiskErrorKind, DiskResult, EntryKind, FileId, JournalEngine, JournalError, JournalEvent,
    JournalOptions, OpenOptions, Recovered, SyncEvidence,
};

use super::disk::Disk;

/// An append-only log of checksummed records on a [`Disk`].
///
/// Records are numbered from 1 without gaps, and durable once [`sync`](Self::sync) has returned. After a crash
/// [`open`](Self::open) finds all that was synced and perhaps some records after it: it cuts off a torn tail, and reports a synced
/// record that is damaged as [`JournalError::Corrupt`]. The crate `cluster-sim-storage` describes the format, and how the two are told
/// apart.
///
/// ```
/// use cluster_sim_node::{Journal, JournalError, JournalOptions, Node};
///
/// /// Appends a number to those of earlier lives, and returns once all are durable.
/// async fn remember(node: &Node, number: u8) -> Result<Vec<u8>, JournalError> {
///     let (mut journal, recovered) = Journal::open(&node.disk(), "numbers", JournalOptions::default()).await?;
///     journal.append([number]).await?;
///     journal.sync().await?;
///     Ok(recovered.records.iter().map(|record| record.payload[0]).chain([number]).collect())
/// }
/// ```
///
/// All futures are cancel safe in one sense: work whose future is dropped goes on with the next call.
///
/// # Errors
/// After [`JournalError::Disk`] the journal is as before the call. After [`JournalError::Failed`], as when a sync failed, it is
/// unknown what is durable: the journal refuses all work until it is opened again, which needs this one to be dropped first.
pub struct Journal {
    disk: Disk,
    engine: JournalEngine,
    files: [FileId; 2],
    /// The operation in flight, also that of a dropped future.
    in_flight: Option<Pin<Box<dyn Future<Output = DiskResult> + Send + Sync>>>,
    /// Keeps other journals out of the directory.
    _claim: DirectoryClaim,
}

impl Journal {
    /// Opens the journal in a directory, or creates one there; returns it with its records.
    ///
    /// The records are durable. Directories on the way are created. At most one journal may be open in a directory at a time.
    ///
    /// # Errors
    /// [`JournalError::AlreadyOpen`] if this life has another one open there, also one that has failed: drop it first.
    /// [`JournalError::Corrupt`] if a record that was synced is damaged; [`JournalError::Disk`] if the disk fails;
    /// [`JournalError::SegmentTooLarge`].
    pub async fn open(disk: &Disk, directory: &str, options: JournalOptions) -> Result<(Self, Recovered), JournalError> {
        let claim = disk.open_journals().claim(directory)?;
        let entries = match disk.list(directory).await {
            Err(error) if error.kind == DiskErrorKind::NotFound => Vec::new(),
            entries => entries?,
        };
        let is_own = |entry: &DirEntry| entry.kind == EntryKind::File && JournalEngine::owns(&entry.name);
        let mut contents = Vec::new();
        for entry in entries.into_iter().filter(is_own) {
            let bytes = disk.read(&format!("{directory}/{}", entry.name)).await?;
            contents.push((entry.name, bytes));
        }
        let files = [disk.next_file(), disk.next_file()];
        let (engine, recovered) = JournalEngine::recover(directory, &options, files, contents)?;
        let mut journal = Self { disk: disk.clone(), engine, files, in_flight: None, _claim: claim };
        match journal.drive().await {
            Err(JournalError::Failed { cause }) => Err(JournalError::Disk(cause)),
            result => result.map(|()| (journal, recovered)),
        }
    }

    /// Runs operations until all work is done.
    async fn drive(&mut self) -> Result<(), JournalError> {
        loop {
            if self.in_flight.is_none() {
                let Some(op) = self.engine.next_op() else { return Ok(()) };
                let disk = self.disk.clone();
                self.in_flight = Some(Box::pin(async move { disk.run(op).await }));
            }
            let Some(in_flight) = &mut self.in_flight else { continue };
            let result = in_flight.await;
            self.in_flight = None;
            self.engine.on_result(&result).map(JournalEvent::into_result).transpose()?;
        }
    }

    /// Appends a record and returns its number; it is not durable before [`sync`](Self::sync).
    ///
    /// # Errors
    /// [`JournalError::Disk`] if the disk refuses it, as when it is full, and the number is free again;
    /// [`JournalError::RecordTooLarge`]; [`JournalError::Failed`].
    pub async fn append(&mut self, payload: impl Into<Vec<u8>>) -> Result<u64, JournalError> {
        let sequence = self.engine.append(payload)?;
        self.drive().await.map(|()| sequence)
    }

    /// Makes all records durable, and returns the number of the last one; zero if there never was one.
    ///
    /// # Errors
    /// [`JournalError::Failed`] if the disk fails, and then for ever: it is unknown what is durable.
    pub async fn sync(&mut self) -> Result<u64, JournalError> {
        if !self.engine.is_synced() {
            self.engine.sync()?;
            self.drive().await?;
        }
        Ok(self.engine.synced())
    }

    /// Removes all records after `sequence`, durably; the next append gets the number after it.
    ///
    /// # Errors
    /// [`JournalError::NoSuchRecord`] if there is no such record and `sequence` is not the one before the first;
    /// [`JournalError::Failed`] if the disk fails.
    pub async fn truncate_after(&mut self, sequence: u64) -> Result<(), JournalError> {
        self.engine.truncate_after(sequence)?;
        self.drive().await
    }

    /// Removes the segments that have only records before `sequence`, durably.
    ///
    /// Returns the number of the first record that is kept.
    ///
    /// # Errors
    /// [`JournalError::NoSuchRecord`] if `sequence` is beyond the next record; [`JournalError::Disk`] if the disk refuses it;
    /// [`JournalError::Failed`] if it is unknown whether the segments are gone.
    pub async fn remove_before(&mut self, sequence: u64) -> Result<u64, JournalError> {
        self.engine.remove_before(sequence)?;
        self.drive().await.map(|()| self.engine.first())
    }

    /// Reads the payload of a record.
    ///
    /// # Errors
    /// [`JournalError::NoSuchRecord`]; [`JournalError::Corrupt`] if it was damaged since it was written or recovered;
    /// [`JournalError::Disk`] if the disk fails.
    pub async fn read(&self, sequence: u64) -> Result<Vec<u8>, JournalError> {
        let place = self.engine.place_of(sequence)?;
        let file = self.disk.open(&place.path, OpenOptions::read()).await?;
        let bytes = file.read_at(place.offset, place.length).await?;
        let payload = place.decode(sequence, &bytes).map(<[u8]>::to_vec);
        let (segment, offset, evidence) = (place.path.into(), place.offset, SyncEvidence::Earlier);
        payload.ok_or(JournalError::Corrupt { segment, offset, sequence, evidence })
    }

    /// Returns the number of the first record; that of the next one if there is none.
    pub fn first(&self) -> u64 {
        self.engine.first()
    }

    /// Returns the number that the next append gets.
    pub fn next(&self) -> u64 {
        self.engine.next()
    }

    /// Returns the number of the last record that is durable; the one before the first if none is.
    pub fn synced(&self) -> u64 {
        self.engine.synced()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.files.into_iter().for_each(|file| self.disk.close(file));
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Journal").field("first", &self.first()).field("next", &self.next()).finish_non_exhaustive()
    }
}
