//! Crashes of one disk: outcomes that must be found, and an independent model that says which may be.

mod failed_syncs;
mod oracle;
mod outcomes;

use cluster_sim_runtime::{Address, Choice, Roll, Seed, Stream};

use super::super::model::DiskModel;
use super::super::node_disk::NodeDisk;
use super::super::rules::CrashRules;
use super::CrashReport;
use crate::operation::{DiskOp, DiskOutput, DiskResult, FileId, OpenOptions};

/// A disk of its own, without a simulation.
pub(super) struct TestDisk {
    pub(super) disk: NodeDisk,
    next: u32,
}

impl TestDisk {
    pub(super) fn new(rules: CrashRules) -> Self {
        let model = DiskModel { crash: rules, ..DiskModel::default() };
        Self { disk: NodeDisk::new(&model.compile().unwrap()), next: 0 }
    }

    pub(super) fn run(&mut self, op: DiskOp) -> DiskResult {
        self.disk.execute(&op)
    }

    /// Opens a file, and creates it if it is not there.
    pub(super) fn open(&mut self, path: &str) -> FileId {
        self.open_as(path, OpenOptions::create())
    }

    pub(super) fn open_as(&mut self, path: &str, options: OpenOptions) -> FileId {
        self.next += 1;
        let file = FileId(self.next);
        self.run(DiskOp::Open { file, path: path.to_owned(), options }).unwrap();
        file
    }

    pub(super) fn write(&mut self, file: FileId, offset: u64, data: &[u8]) {
        self.run(DiskOp::Write { file, offset, data: data.to_vec() }).unwrap();
    }

    pub(super) fn sync(&mut self, file: FileId) {
        assert_eq!(self.run(DiskOp::Sync { file }), Ok(DiskOutput::Done));
    }

    pub(super) fn sync_dir(&mut self, path: &str) {
        self.run(DiskOp::SyncDir { path: path.to_owned() }).unwrap();
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) {
        self.run(DiskOp::Rename { from: from.to_owned(), to: to.to_owned() }).unwrap();
    }

    /// A file with these synced bytes, and a synced name.
    pub(super) fn with_synced(rules: CrashRules, path: &str, bytes: &[u8]) -> (Self, FileId) {
        let mut disk = Self::new(rules);
        let file = disk.open(path);
        disk.write(file, 0, bytes);
        disk.sync(file);
        disk.sync_dir("/");
        (disk, file)
    }

    /// Crashes; the seed decides.
    pub(super) fn crash(&mut self, seed: u64) -> CrashReport {
        self.disk.end_life();
        let mut decide = |choice: Choice, address: Address, _: (&str, Option<u64>), read: &dyn Fn(Roll) -> u64| {
            read(Seed(seed).roll(Stream::named("test"), address.number(choice as u64)))
        };
        self.disk.tree.crash(Address::new(), &mut decide)
    }

    /// Crashes with canonical decisions.
    pub(super) fn crash_canonically(&mut self) -> CrashReport {
        self.disk.end_life();
        self.disk.tree.crash(Address::new(), &mut |_, _, _, read| read(Roll(0)))
    }

    /// The bytes of a file; `None` if it is not there.
    pub(super) fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.disk.tree.image(|directory| &directory.current, |file| &file.current).read(path)
    }
}
