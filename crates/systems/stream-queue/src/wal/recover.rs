//! Reads a log after a restart or an error, and makes what is left of it durable.

use cluster_sim_node::{Disk, File, OpenOptions};

use super::error::WalError;
use super::place::WalPlace;
use super::scan::{Scan, scan};
use super::segment_index::SegmentIndex;
use crate::format::{BatchError, SEGMENT_HEADER_BYTES};

/// The least that must be found of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expectation {
    /// The log must begin here or earlier: all before it is in the object store.
    pub start_max: u64,
    /// All before this offset was durable, so damage there is no torn write.
    pub durable_end: u64,
}

/// The work that a recovery did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovery {
    /// The torn end that was cut off.
    pub cut: Option<TornEnd>,
    /// The bytes that were written and synced once more, since no sync of theirs was known.
    pub rewritten_bytes: u64,
}

/// The end of a log that a crash or a failed write left incomplete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornEnd {
    /// The path of the segment.
    pub path: String,
    /// The bytes that were cut off.
    pub bytes: u64,
    /// The record that was incomplete; absent if the segment had no records yet.
    pub cause: Option<BatchError>,
}

/// Reads the segments of a directory and returns them with the last one open.
///
/// Records beyond the durable end are kept as far as they are sound, written once more and synced: a sync that fails leaves them in the
/// cache, and the next one that succeeds would prove nothing. Damage beyond the durable end is cut off in the last segment, since a
/// segment is synced before the next one begins; all other damage is an error. Segments behind a gap beyond the durable end are removed.
pub(super) async fn recover(
    disk: &Disk,
    place: &WalPlace,
    expected: Expectation,
) -> Result<(SegmentIndex, Option<File>, Recovery), WalError> {
    let Found { index, tail, unconfirmed, leftovers } = read(disk, place, expected).await?;
    if index.end() < expected.durable_end {
        let directory = place.directory().to_owned();
        return Err(WalError::Lost { directory, end: index.end(), durable_end: expected.durable_end });
    }
    let mut recovery = Recovery::default();
    let mut active = None;
    for segment in unconfirmed {
        recovery.rewritten_bytes += segment.bytes.len() as u64;
        let file = disk.open(&place.segment_path(segment.base), OpenOptions::write()).await?;
        let base = segment.base;
        segment.confirm(&file).await?;
        active = Some((base, file));
    }
    if let Some(tail) = tail.as_ref().filter(|tail| tail.cause.is_none()) {
        disk.remove(&tail.path).await?;
    }
    for path in &leftovers {
        disk.remove(path).await?;
    }
    // The names of files may be as unconfirmed as their bytes.
    disk.sync_dir(place.directory()).await?;
    recovery.cut = tail;
    let active = match (index.segments().last(), active) {
        (None, _) => None,
        (Some(last), Some((base, file))) if base == last.base => Some(file),
        (Some(last), _) => Some(disk.open(&place.segment_path(last.base), OpenOptions::write()).await?),
    };
    Ok((index, active, recovery))
}

/// A log as it was read.
struct Found {
    index: SegmentIndex,
    tail: Option<TornEnd>,
    /// The ends of segments that no sync is known to have made durable.
    unconfirmed: Vec<Unconfirmed>,
    /// Segments behind a gap beyond the durable end.
    ///
    /// They were removed once: a sync of their directory failed, so a crash brought their names back, however many later syncs succeeded.
    leftovers: Vec<String>,
}

/// The sound bytes of a segment that are not known to be durable.
///
/// They are kept from the read that verified them: a second read may flip bits, which would be written back as lasting damage.
struct Unconfirmed {
    base: u64,
    from: u64,
    bytes: Vec<u8>,
}

impl Unconfirmed {
    /// Cuts the segment off after these bytes and makes them durable.
    async fn confirm(self, file: &File) -> Result<(), WalError> {
        file.set_len(self.from + self.bytes.len() as u64).await?;
        if !self.bytes.is_empty() {
            file.write_at(self.from, self.bytes).await?;
        }
        file.sync().await?;
        Ok(())
    }
}

/// Reads all segments and changes nothing.
async fn read(disk: &Disk, place: &WalPlace, expected: Expectation) -> Result<Found, WalError> {
    let bases = place.bases(disk).await?;
    let mut index = SegmentIndex::starting_at(expected.durable_end);
    let (mut tail, mut unconfirmed, mut leftovers) = (None, Vec::new(), Vec::new());
    for (number, base) in bases.iter().copied().enumerate() {
        let path = place.segment_path(base);
        if number > 0 && base > index.end() && index.end() >= expected.durable_end {
            leftovers = bases[number..].iter().map(|base| place.segment_path(*base)).collect();
            break;
        }
        check_base(&path, base, (number > 0).then(|| index.end()), expected.start_max)?;
        let bytes = disk.read(&path).await?;
        let is_last = number + 1 == bases.len();
        if is_last && base >= expected.durable_end && bytes.len() <= SEGMENT_HEADER_BYTES {
            // It was being created. The next record creates it anew.
            let bytes = bytes.len() as u64;
            if number == 0 {
                index = SegmentIndex::starting_at(base);
            }
            tail = Some(TornEnd { path, bytes, cause: None });
            break;
        }
        let Scan { info, damage, .. } =
            scan(&bytes, place.partition(), base, u64::MAX).map_err(|cause| WalError::Header { path: path.clone(), cause })?;
        if let Some(cause) = damage {
            if !is_last || cause.offset < expected.durable_end {
                return Err(WalError::Damaged { path, cause });
            }
            tail = Some(TornEnd { path, bytes: bytes.len() as u64 - info.bytes, cause: Some(cause) });
        }
        if info.end > expected.durable_end || tail.is_some() {
            let from = if info.base < expected.durable_end { info.mark_before(expected.durable_end).1 } else { 0 };
            unconfirmed.push(Unconfirmed { base, from, bytes: bytes[from as usize..info.bytes as usize].to_vec() });
        }
        index.push(info);
    }
    if bases.is_empty() && expected.start_max < expected.durable_end {
        index = SegmentIndex::starting_at(expected.start_max);
    }
    Ok(Found { index, tail, unconfirmed, leftovers })
}

/// Checks that a segment begins where the one before it ends, or the first one early enough.
fn check_base(path: &str, base: u64, end: Option<u64>, start_max: u64) -> Result<(), WalError> {
    let (path, found) = (path.to_owned(), base);
    match end {
        None if base > start_max => Err(WalError::Gap { path, expected: start_max, found }),
        Some(expected) if base > expected => Err(WalError::Gap { path, expected, found }),
        Some(expected) if base < expected => Err(WalError::Overlap { path, expected, found }),
        _ => Ok(()),
    }
}
