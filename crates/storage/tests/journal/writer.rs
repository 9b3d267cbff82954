//! A journal on the model of a disk.

use cluster_sim_storage::{JournalEngine, JournalError, JournalEvent, JournalOptions, Recovered};

use crate::model::ModelDisk;

/// A journal with the disk that it is on.
pub(crate) struct Writer {
    pub(crate) engine: JournalEngine,
    pub(crate) disk: ModelDisk,
}

pub(crate) fn options() -> JournalOptions {
    JournalOptions::default().segment_bytes(1_500)
}

/// Reads a journal from the files of a disk.
pub(crate) fn recover(contents: Vec<(String, Vec<u8>)>) -> Result<(JournalEngine, Recovered), JournalError> {
    JournalEngine::recover("wal", &options(), options().files(), contents)
}

impl Writer {
    /// Opens the journal on a disk.
    pub(crate) fn open(disk: ModelDisk) -> Result<(Self, Recovered), JournalError> {
        let (engine, recovered) = recover(disk.contents())?;
        let mut writer = Self { engine, disk };
        assert_eq!(writer.run(), [JournalEvent::Opened]);
        Ok((writer, recovered))
    }

    /// Creates an empty journal.
    pub(crate) fn new() -> Self {
        Self::open(ModelDisk::default()).expect("an empty disk has no damage").0
    }

    /// Runs one operation; `None` if there is none to run.
    pub(crate) fn run_one(&mut self) -> Option<Option<JournalEvent>> {
        let op = self.engine.next_op()?;
        let result = self.disk.execute(&op);
        Some(self.engine.on_result(&result))
    }

    /// Runs all operations, and returns the events.
    pub(crate) fn run(&mut self) -> Vec<JournalEvent> {
        std::iter::from_fn(|| self.run_one()).flatten().collect()
    }

    /// Appends a record and runs all operations.
    pub(crate) fn append(&mut self, payload: &[u8]) -> Vec<JournalEvent> {
        self.engine.append(payload).expect("the journal goes on");
        self.run()
    }

    pub(crate) fn sync(&mut self) -> Vec<JournalEvent> {
        self.engine.sync().expect("the journal goes on");
        self.run()
    }
}
