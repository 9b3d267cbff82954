//! Logs of entries on the disks of machines.

use bytes::Bytes;
use cluster_sim_storage::{DiskImage, DiskResult, EntryLog, JournalError, JournalOptions};

use crate::effects::Effects;
use crate::machine_journal::MachineJournal;

/// A log of entries by index, with a small state and a snapshot, on the disk of a machine.
///
/// It is an [`EntryLog`] in memory, whose changes become records of a [`MachineJournal`]. Each change asks for its sync too, and a
/// snapshot for the removal of the records before it. [`log`](Self::log) has a change at once, and the disk once it is synced:
/// promises that rest on it wait in [`keep_until_synced`](Self::keep_until_synced).
///
/// A replica of a replicated log, which acknowledges an entry once that is durable:
///
/// ```
/// use cluster_sim_node::{Boot, Effects, Input, JournalError, JournalOptions, MachineLog, NodeId};
///
/// struct Replica {
///     log: MachineLog<(NodeId, u64)>,
/// }
///
/// impl Replica {
///     fn boot(boot: &Boot) -> Result<Self, JournalError> {
///         Ok(Self { log: MachineLog::recover(boot.disk(), "log", JournalOptions::default())? })
///     }
///
///     fn step(&mut self, input: Input<(u64, String)>, effects: &mut Effects<(u64, String)>) -> Result<(), JournalError> {
///         match input {
///             Input::Start => self.log.start(effects),
///             // Replaces what an earlier leader had written from this index on.
///             Input::Message { from, message: (index, entry) } => {
///                 self.log.append(effects, "term 1", index, [entry])?;
///                 self.log.keep_until_synced((from, index));
///                 if self.log.log().last() > self.log.log().base() + 1_000 {
///                     self.log.compact(effects, index, "all that the entries up to this one did")?;
///                 }
///             }
///             Input::Disk(tag, result) => {
///                 self.log.on_disk(effects, tag, &result)?;
///                 while let Some((leader, index)) = self.log.take_synced() {
///                     effects.send(leader, (index, String::new()));
///                 }
///             }
///             _ => {}
///         }
///         Ok(())
///     }
/// }
/// ```
///
/// # Errors
/// Once [`on_disk`](Self::on_disk) has returned an error, memory and disk differ: boot again, as by a panic that a supervisor answers.
#[derive(Debug)]
pub struct MachineLog<T = ()> {
    journal: MachineJournal<T>,
    log: EntryLog,
}

impl<T> MachineLog<T> {
    /// Reads the log in a directory; a missing one is empty.
    ///
    /// As with [`MachineJournal::recover`], what it finds may not be durable yet. A value that is given to
    /// [`keep_until_synced`](Self::keep_until_synced) at once comes back when it is.
    ///
    /// # Errors
    /// Those of [`MachineJournal::recover`] and [`EntryLog::read`].
    pub fn recover(image: &DiskImage, directory: &str, options: JournalOptions) -> Result<Self, JournalError> {
        let (journal, recovered) = MachineJournal::recover(image, directory, options)?;
        Ok(Self { journal, log: EntryLog::read(&recovered.records)? })
    }

    /// Opens the files, at [`Input::Start`](crate::Input::Start).
    pub fn start<M>(&mut self, effects: &mut Effects<M>) {
        self.journal.start(effects);
    }

    /// Returns the log with all changes, durable or not.
    pub fn log(&self) -> &EntryLog {
        &self.log
    }

    /// Appends entries by [`EntryLog::append`], with a state.
    ///
    /// # Errors
    /// [`JournalError::NoSuchEntry`]; [`JournalError::RecordTooLarge`]; [`JournalError::Failed`].
    pub fn append<M>(
        &mut self,
        effects: &mut Effects<M>,
        state: impl Into<Bytes>,
        first: u64,
        entries: impl IntoIterator<Item = impl Into<Bytes>>,
    ) -> Result<(), JournalError> {
        let payload = self.log.append(state, first, entries)?;
        self.write(effects, payload)
    }

    /// Replaces the whole log by [`EntryLog::replace`], as by a snapshot of another replica.
    ///
    /// # Errors
    /// [`JournalError::RecordTooLarge`]; [`JournalError::Failed`].
    pub fn replace<M>(
        &mut self,
        effects: &mut Effects<M>,
        state: impl Into<Bytes>,
        snapshot: (u64, impl Into<Bytes>),
        entries: impl IntoIterator<Item = impl Into<Bytes>>,
    ) -> Result<(), JournalError> {
        let payload = self.log.replace(state, snapshot, entries);
        self.write_first(effects, payload)
    }

    /// Replaces the entries up to `index` by a snapshot, by [`EntryLog::compact`].
    ///
    /// # Errors
    /// [`JournalError::NoSuchEntry`]; [`JournalError::RecordTooLarge`]; [`JournalError::Failed`].
    pub fn compact<M>(&mut self, effects: &mut Effects<M>, index: u64, snapshot: impl Into<Bytes>) -> Result<(), JournalError> {
        let payload = self.log.compact(index, snapshot)?;
        self.write_first(effects, payload)
    }

    fn write<M>(&mut self, effects: &mut Effects<M>, payload: Vec<u8>) -> Result<(), JournalError> {
        self.journal.append(effects, payload)?;
        self.journal.sync(effects)
    }

    /// Writes a record that needs none before it.
    fn write_first<M>(&mut self, effects: &mut Effects<M>, payload: Vec<u8>) -> Result<(), JournalError> {
        self.write(effects, payload)?;
        self.journal.remove_before(effects, self.journal.next() - 1)
    }

    /// Keeps a value until all changes so far are durable.
    ///
    /// [`take_synced`](Self::take_synced) returns it then.
    pub fn keep_until_synced(&mut self, value: T) {
        self.journal.keep_until_synced(value);
    }

    /// Takes the earliest kept value, if all before it is durable.
    ///
    /// Call it until it returns `None`.
    pub fn take_synced(&mut self) -> Option<T> {
        self.journal.take_synced()
    }

    /// Takes an answer of the disk, and submits the next operation; ignores answers for other code.
    ///
    /// # Errors
    /// [`JournalError::Disk`] if the disk refused a write; [`JournalError::Failed`] if it is unknown what is durable.
    pub fn on_disk<M>(&mut self, effects: &mut Effects<M>, tag: u64, result: &DiskResult) -> Result<(), JournalError> {
        self.journal.on_disk(effects, tag, result).map(drop)
    }
}
