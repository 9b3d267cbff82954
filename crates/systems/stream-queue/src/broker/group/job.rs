//! Work for the disk of a replica, one after the other.

use super::catch_up::{self, Missing};
use super::local_log::LocalLog;
use crate::format::Record;
use crate::partition::{Checkpoint, Shipped};
use crate::wal::WalError;

/// Work for the disk of a replica.
pub(super) enum Job {
    Nothing,
    /// Write the records of committed entries.
    Append(Applied),
    /// Delete the first segments, which are in the object store.
    Trim(Vec<Shipped>),
    /// Take the log of other replicas in place of this one.
    Install(Box<Missing>),
}

/// The effects of committed entries.
#[derive(Default)]
pub(super) struct Applied {
    /// The last entry.
    pub(super) index: u64,
    pub(super) records: Vec<Record>,
    /// The groups that moved.
    pub(super) moved: Vec<(String, u64)>,
    /// The segments that are listed as shipped from now on.
    pub(super) listed: Vec<Shipped>,
    pub(super) checkpoint: Option<Checkpoint>,
    /// The term of which this is the first entry to take effect here.
    pub(super) term: u64,
}

/// Work that is over, with what is on the disk then.
pub(super) struct JobDone {
    pub(super) job: Job,
    pub(super) result: Result<(), WalError>,
}

impl Job {
    /// Does the work on a log.
    pub(super) async fn run(mut self, mut log: LocalLog) -> (LocalLog, JobDone) {
        let result = match &mut self {
            Job::Nothing => Ok(()),
            Job::Append(applied) => append(&mut log, applied).await,
            Job::Trim(segments) => log.trim(segments).await,
            Job::Install(missing) => catch_up::install(&mut log, missing).await,
        };
        (log, JobDone { job: self, result })
    }
}

async fn append(log: &mut LocalLog, applied: &Applied) -> Result<(), WalError> {
    log.wal.append(&applied.records).await?;
    match &applied.checkpoint {
        Some(checkpoint) => log.save(checkpoint).await,
        None => Ok(()),
    }
}
