//! Journals of machines.

mod kept;

use cluster_sim_storage::{
    DirectoryClaim, DiskImage, DiskResult, JournalEngine, JournalError, JournalEvent, JournalOptions, Recovered,
};

use self::kept::Kept;
use crate::effects::Effects;

/// An append-only log of checksummed records on the disk of a machine.
///
/// As [`Journal`](crate::Journal), by effects and inputs: each call that asks for work is answered by a [`JournalEvent`] or an error,
/// in the order in which the work was asked for. Records are numbered at once, so a machine may append many before the first is written; those
/// that wait become one write.
///
/// After [`JournalError::Failed`] it is unknown what is durable, and the journal refuses all work. The image that the machine
/// got at boot is older than that, so it cannot recover in the same life: it panics, as a process exits, and a restart policy of the group (`Scenario::restart_policy`) boots it again, with the disk as it is then.
///
/// It also keeps values of type `T` until the records before them are durable, such as answers to be sent then:
///
/// ```
/// use cluster_sim_node::{Boot, Effects, Input, JournalError, JournalOptions, MachineJournal, NodeId};
///
/// struct Register {
///     /// With the clients that wait for their values.
///     journal: MachineJournal<(NodeId, u8)>,
///     value: u8,
/// }
///
/// impl Register {
///     fn boot(boot: &Boot) -> Result<Self, JournalError> {
///         let (journal, recovered) = MachineJournal::recover(boot.disk(), "values", JournalOptions::default())?;
///         let value = recovered.records.last().map_or(0, |record| record.payload[0]);
///         Ok(Self { journal, value })
///     }
///
///     fn step(&mut self, input: Input<u8>, effects: &mut Effects<u8>) -> Result<(), JournalError> {
///         match input {
///             Input::Start => self.journal.start(effects),
///             Input::Message { from, message: value } => {
///                 self.value = value;
///                 self.journal.append(effects, [value])?;
///                 self.journal.sync(effects)?;
///                 self.journal.keep_until_synced((from, value));
///             }
///             Input::Disk(tag, result) => {
///                 self.journal.on_disk(effects, tag, &result)?;
///                 while let Some((client, value)) = self.journal.take_synced() {
///                     effects.send(client, value);
///                 }
///             }
///             _ => {}
///         }
///         Ok(())
///     }
/// }
/// ```
#[derive(Debug)]
pub struct MachineJournal<T = ()> {
    engine: JournalEngine,
    tag: u64,
    kept: Kept<T>,
    /// Keeps other journals out of the directory.
    _claim: DirectoryClaim,
}

impl<T> MachineJournal<T> {
    /// Reads the journal in a directory; a missing one is empty.
    ///
    /// The image is that of [`Boot::disk`](crate::Boot::disk). The records are durable once [`start`](Self::start) is answered by
    /// [`JournalEvent::Opened`]: promise nothing about them before. A value that is given to
    /// [`keep_until_synced`](Self::keep_until_synced) at once comes back when they are.
    ///
    /// # Errors
    /// [`JournalError::Corrupt`] if a record that was synced is damaged; [`JournalError::SegmentTooLarge`];
    /// [`JournalError::AlreadyOpen`] while another journal lives that was read from this directory of the image.
    pub fn recover(image: &DiskImage, directory: &str, options: JournalOptions) -> Result<(Self, Recovered), JournalError> {
        let claim = image.open_journals().claim(directory)?;
        let prefix = format!("{}/", directory.trim_matches('/'));
        let named = |path: &str| Some((path.strip_prefix(prefix.trim_start_matches('/'))?.to_owned(), image.read(path)?));
        let is_own = |path: &&str| path.rsplit('/').next().is_some_and(JournalEngine::owns);
        let contents = image.list(directory).filter(is_own).filter_map(named);
        let (engine, recovered) = JournalEngine::recover(directory, &options, options.files(), contents)?;
        Ok((Self { engine, tag: options.tag(), kept: Kept::new(), _claim: claim }, recovered))
    }

    /// Opens the files, at [`Input::Start`](crate::Input::Start). [`JournalEvent::Opened`] follows; work may be asked for before.
    pub fn start<M>(&mut self, effects: &mut Effects<M>) {
        self.submit(effects);
    }

    fn submit<M>(&mut self, effects: &mut Effects<M>) {
        if let Some(op) = self.engine.next_op() {
            effects.disk(self.tag, op);
        }
    }

    /// Appends a record, and returns its number. [`JournalEvent::Appended`] follows.
    ///
    /// # Errors
    /// [`JournalError::RecordTooLarge`]; [`JournalError::Failed`].
    pub fn append<M>(&mut self, effects: &mut Effects<M>, payload: impl Into<Vec<u8>>) -> Result<u64, JournalError> {
        let sequence = self.engine.append(payload)?;
        self.submit(effects);
        Ok(sequence)
    }

    /// Makes all records durable that were appended so far. [`JournalEvent::Synced`] follows.
    ///
    /// # Errors
    /// [`JournalError::Failed`].
    pub fn sync<M>(&mut self, effects: &mut Effects<M>) -> Result<(), JournalError> {
        self.engine.sync()?;
        self.submit(effects);
        Ok(())
    }

    /// Removes all records after `sequence`, durably; the next append gets the number after it. [`JournalEvent::Truncated`] follows.
    ///
    /// Drops the values that were kept for these records.
    ///
    /// # Errors
    /// [`JournalError::NoSuchRecord`] if there is no such record and `sequence` is not the one before the first;
    /// [`JournalError::Failed`].
    pub fn truncate_after<M>(&mut self, effects: &mut Effects<M>, sequence: u64) -> Result<(), JournalError> {
        self.engine.truncate_after(sequence)?;
        self.kept.truncate_after(sequence);
        self.submit(effects);
        Ok(())
    }

    /// Removes the segments that have only records before `sequence`, durably. [`JournalEvent::Removed`] follows.
    ///
    /// # Errors
    /// [`JournalError::NoSuchRecord`] if `sequence` is beyond the next record; [`JournalError::Failed`].
    pub fn remove_before<M>(&mut self, effects: &mut Effects<M>, sequence: u64) -> Result<(), JournalError> {
        self.engine.remove_before(sequence)?;
        self.submit(effects);
        Ok(())
    }

    /// Keeps a value until all that was asked for so far is durable.
    ///
    /// [`take_synced`](Self::take_synced) returns it then. Asks for no sync. Values of work that is dropped are dropped too: with [`JournalError::Disk`] those of the records that were
    /// not written, with [`JournalError::Failed`] all.
    pub fn keep_until_synced(&mut self, value: T) {
        self.kept.push(self.engine.next() - 1, value);
    }

    /// Takes the earliest kept value, if all before it is durable.
    ///
    /// Values come in the order in which they were given. Call it until it returns `None`.
    pub fn take_synced(&mut self) -> Option<T> {
        self.kept.pop(self.engine.synced())
    }

    /// Takes an answer of the disk, and submits the next operation.
    ///
    /// Returns `None` if the answer is for other code, or more operations follow.
    ///
    /// # Errors
    /// [`JournalError::Disk`] if the disk refused a write, as when it is full: all that was asked and not answered was dropped, and
    /// the journal goes on with record [`next`](Self::next). [`JournalError::Failed`] if it is unknown what is durable: see [`MachineJournal`] for what a machine does then.
    pub fn on_disk<M>(
        &mut self,
        effects: &mut Effects<M>,
        tag: u64,
        result: &DiskResult,
    ) -> Result<Option<JournalEvent>, JournalError> {
        if tag != self.tag {
            return Ok(None);
        }
        let event = self.engine.on_result(result);
        event.iter().for_each(|event| self.kept.on_event(event));
        self.submit(effects);
        event.map(JournalEvent::into_result).transpose()
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
