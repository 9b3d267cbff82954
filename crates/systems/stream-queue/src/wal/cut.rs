//! Removes the end of a log, and whole logs.

use cluster_sim_node::{Disk, File, OpenOptions};

use super::error::WalError;
use super::place::WalPlace;
use super::scan::scan;
use super::segment_index::SegmentIndex;

/// Removes the records from an offset on that the log has, and opens the segment that is the last one then.
///
/// A crash on the way leaves a log without gaps that ends at `end` or later.
pub(super) async fn cut(disk: &Disk, place: &WalPlace, index: &mut SegmentIndex, end: u64) -> Result<Option<File>, WalError> {
    while let Some(last) = index.segments().last().filter(|last| last.base >= end) {
        disk.remove(&place.segment_path(last.base)).await?;
        // One after the other, so that a crash brings back no segment with a gap before it.
        disk.sync_dir(place.directory()).await?;
        index.pop();
    }
    let Some(last) = index.last_mut() else { return Ok(None) };
    last.is_closed = false;
    let path = place.segment_path(last.base);
    let file = disk.open(&path, OpenOptions::write()).await?;
    if last.end > end {
        let bytes = file.read_to_end().await?;
        let scan =
            scan(&bytes, place.partition(), last.base, end).map_err(|cause| WalError::Header { path: path.clone(), cause })?;
        if let Some(cause) = scan.damage {
            return Err(WalError::Damaged { path, cause });
        }
        file.set_len(scan.info.bytes).await?;
        file.sync().await?;
        *last = scan.info;
    }
    Ok(Some(file))
}

/// Removes all segments of a log, the last one first, durably.
///
/// # Errors
/// If the disk fails; then some are left, from the first one on and without a gap.
pub async fn remove_all(disk: &Disk, place: &WalPlace) -> Result<(), WalError> {
    place.create(disk).await?;
    for base in place.bases(disk).await?.into_iter().rev() {
        disk.remove(&place.segment_path(base)).await?;
        disk.sync_dir(place.directory()).await?;
    }
    Ok(())
}
