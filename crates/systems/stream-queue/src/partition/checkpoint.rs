//! The checkpoint of a partition: its state and the entry of the log after which it was taken.

use cluster_sim_node::{Disk, DiskErrorKind, OpenOptions};
use serde::{Deserialize, Serialize};

use super::state::PartitionState;
use crate::bug::Bug;
use crate::format::{SealError, seal, unseal};
use crate::wal::{WalError, WalPlace};

/// The first bytes of a checkpoint.
const MAGIC: [u8; 4] = *b"SQCP";

/// The file, beside the segments.
const FILE: &str = "checkpoint";

/// The file while it is written.
const NEW_FILE: &str = "checkpoint.new";

/// The state of a partition after an entry of its replication log.
///
/// The end of the state is that of the records that were durable when it was written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The last entry that the state has.
    pub index: u64,
    /// The state.
    pub state: PartitionState,
}

impl Checkpoint {
    /// Takes the checkpoint of a state after the entry that was applied last.
    ///
    /// `earlier` is the state before some of these entries; only a broker with [`Bug::FuzzyCheckpoint`] takes that.
    pub fn capture(state: &PartitionState, applied: u64, earlier: Option<&PartitionState>, bug: Option<Bug>) -> Self {
        let state = earlier.filter(|_| bug == Some(Bug::FuzzyCheckpoint)).unwrap_or(state);
        Self { index: applied, state: state.without_parts(bug) }
    }

    /// Returns its bytes, with a checksum.
    pub fn encode(&self) -> Vec<u8> {
        seal(MAGIC, self)
    }

    /// Reads a checkpoint from its bytes.
    ///
    /// # Errors
    /// If they are damaged, or the state is none that commands lead to.
    pub fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        let checkpoint: Self = unseal(MAGIC, bytes)?;
        checkpoint.state.check().map_err(|cause| SealError::Data { cause })?;
        Ok(checkpoint)
    }
}

/// Reads the checkpoint of a log; `None` if there is none.
///
/// # Errors
/// If the disk fails or the checkpoint is damaged. It is replaced by a rename, so no crash leaves a part of one.
pub async fn read_checkpoint(disk: &Disk, place: &WalPlace) -> Result<Option<Checkpoint>, WalError> {
    let path = place.path(FILE);
    match disk.read(&path).await {
        Ok(bytes) => Checkpoint::decode(&bytes).map(Some).map_err(|cause| WalError::Checkpoint { path, cause }),
        Err(error) if error.kind == DiskErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Replaces the checkpoint of a log, whose records are synced up to the end of the state.
///
/// A crash leaves the old one or the new one. The replication log may be compacted to its index once this has returned.
///
/// # Errors
/// If the disk fails; then either may be there, and it may be written again.
pub async fn write_checkpoint(disk: &Disk, place: &WalPlace, checkpoint: &Checkpoint) -> Result<(), WalError> {
    let (path, new_path) = (place.path(FILE), place.path(NEW_FILE));
    // A crash may have left this name and that of the checkpoint to one file, if it kept the first half of a rename. To overwrite
    // that file would damage the checkpoint, so the name is removed and given to a new one.
    match disk.remove(&new_path).await {
        Err(error) if error.kind != DiskErrorKind::NotFound => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    let file = disk.open(&new_path, OpenOptions::create_new()).await?;
    file.append(checkpoint.encode()).await?;
    file.sync().await?;
    disk.rename(&new_path, &path).await?;
    disk.sync_dir(place.directory()).await?;
    Ok(())
}
