//! The epoch file: the identity of a member.

use cluster_sim_node::{DiskOp, FileId, OpenOptions};

use super::{Durable, Then};
use crate::bug::Bug;

const EPOCH: &str = "epoch";
const NEW_EPOCH: &str = "epoch.new";
const EPOCH_FILE: FileId = FileId(0);

/// The content of the epoch file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// The epoch that it acts in.
    pub(super) epoch: u64,
    /// Whether the journal has all that the store vouched for.
    ///
    /// A store that cuts a torn tail off its journal first writes here that it cannot tell: else the next life would find no tear.
    pub(super) is_whole: bool,
}

impl Standing {
    /// Returns the bytes: a number, and its complement, so that other bytes are damaged.
    fn encode(self) -> Vec<u8> {
        let number = self.epoch << 1 | u64::from(self.is_whole);
        [number.to_le_bytes(), (!number).to_le_bytes()].concat()
    }

    /// Reads the bytes; `None` if they are damaged.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (number, complement) = bytes.split_first_chunk::<8>()?;
        let number = u64::from_le_bytes(*number);
        let standing = Self { epoch: number >> 1, is_whole: number & 1 == 1 };
        (complement == (!number).to_le_bytes()).then_some(standing)
    }
}

impl Durable {
    pub(super) fn read_epoch(&mut self) {
        self.step(DiskOp::Open { file: EPOCH_FILE, path: EPOCH.into(), options: OpenOptions::read() }, Then::EpochOpened);
    }

    pub(super) fn on_epoch_opened(&mut self) {
        self.step(DiskOp::Read { file: EPOCH_FILE, offset: 0, length: u32::MAX }, Then::EpochRead);
    }

    /// Replaces the epoch file.
    pub(super) fn save(&mut self, standing: Standing) {
        let options = OpenOptions::create().truncate();
        self.step(DiskOp::Open { file: EPOCH_FILE, path: NEW_EPOCH.into(), options }, Then::Nothing);
        self.step(DiskOp::Write { file: EPOCH_FILE, offset: 0, data: standing.encode() }, Then::Nothing);
        self.step(DiskOp::Sync { file: EPOCH_FILE }, Then::Nothing);
        self.step(DiskOp::Close { file: EPOCH_FILE }, Then::Nothing);
        let rename = DiskOp::Rename { from: NEW_EPOCH.into(), to: EPOCH.into() };
        if self.bug == Some(Bug::RenameWithoutDirSync) && self.standing.is_some() {
            return self.step(rename, Then::Saved(standing));
        }
        self.step(rename, Then::Nothing);
        self.step(DiskOp::SyncDir { path: "/".into() }, Then::Saved(standing));
    }

    /// Removes the epoch file, so that no crash brings it back.
    ///
    /// After a failed sync an earlier removal may be in the cache alone, and no later sync would make that durable: so it gets the name
    /// again, and is removed anew. An empty file counts as damaged.
    pub(super) fn remove_epoch(&mut self) {
        if self.is_doubtful {
            self.step(DiskOp::Open { file: EPOCH_FILE, path: EPOCH.into(), options: OpenOptions::create() }, Then::Nothing);
            self.step(DiskOp::Close { file: EPOCH_FILE }, Then::Nothing);
        }
        self.step(DiskOp::Remove { path: EPOCH.into() }, Then::MayBeMissing);
        self.step(DiskOp::SyncDir { path: "/".into() }, Then::Nothing);
        self.standing = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_epoch_is_none() {
        for is_whole in [false, true] {
            let standing = Standing { epoch: 7, is_whole };
            let bytes = standing.encode();
            assert_eq!(Standing::decode(&bytes), Some(standing));
            for bit in 0..8 * bytes.len() {
                let mut bytes = bytes.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Standing::decode(&bytes), None, "bit {bit}");
            }
            assert_eq!(Standing::decode(&bytes[..12]), None);
        }
    }
}
