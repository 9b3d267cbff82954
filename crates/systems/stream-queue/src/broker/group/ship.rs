//! Closed segments go to the object store, and from the disk once they are there.

use std::sync::Arc;

use cluster_sim_replicated_log::Role;

use super::Group;
use crate::bug::Bug;
use crate::offload::{Archive, ArchiveError};
use crate::partition::{Command, Shipped};
use crate::wal::{SegmentInfo, WalError, WalPlace, WalReader};

/// Work with the object store that is over.
pub(super) enum Offloaded {
    /// The leader stored a segment.
    Stored(Result<Shipped, OffloadError>),
    /// A replica read back the object of a segment that it may delete.
    Confirmed(Result<Shipped, OffloadError>),
}

/// The reason why a segment was not stored or confirmed; it is tried again later.
#[derive(Debug, thiserror::Error)]
pub(super) enum OffloadError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Wal(#[from] WalError),
}

impl Group {
    pub(super) fn place(&self) -> WalPlace {
        WalPlace::new(&self.broker.config.data_dir, self.partition)
    }

    pub(super) fn archive(&self) -> Archive {
        self.archive.clone()
    }

    /// Begins to store the next segment, if this replica leads, or to confirm the first one that the disk need not keep.
    pub(super) fn look_for_offload(&mut self) {
        self.offload_at = self.broker.node.now() + self.broker.config.offload_every;
        if let Some(segment) = self.next_to_store() {
            let (archive, epoch) = (self.archive(), self.replica.view().term);
            let reader = WalReader::new(&self.broker.node.disk(), &self.place());
            self.offloading.begin(async move { Offloaded::Stored(store(archive, reader, segment, epoch).await) });
        } else if let Some(shipped) = self.next_to_trim() {
            let archive = self.archive();
            self.offloading.begin(async move {
                let confirmed = archive.confirm(&shipped).await;
                Offloaded::Confirmed(confirmed.map(|()| shipped).map_err(OffloadError::from))
            });
        }
    }

    /// The first closed segment that the log does not know to be stored, unless this leader has stored it already.
    fn next_to_store(&self) -> Option<SegmentInfo> {
        let shipped = self.state.shipped();
        let is_stored =
            self.stored.as_ref().is_some_and(|(term, stored)| *term == self.replica.view().term && stored.base >= shipped);
        if !self.is_leading() || is_stored {
            return None;
        }
        self.readable.index.closed().iter().find(|segment| segment.base == shipped).cloned()
    }

    /// The first segment on the disk, if it is stored and more than enough are kept.
    ///
    /// That it is stored has to be durable here: a crash brings back the last checkpoint, which then must not miss the segment.
    fn next_to_trim(&mut self) -> Option<Shipped> {
        let first = self.readable.index.closed().first()?;
        if self.has_bug(Bug::TrimsUnshipped) && self.readable.index.closed().len() > self.broker.config.retained_segments {
            let shipped = Shipped { base: first.base, end: first.end, bytes: first.bytes, key: String::new(), crc: 0, epoch: 0 };
            self.to_trim = vec![shipped];
            return None;
        }
        if let Some((_, stored)) = self.stored.as_ref().filter(|_| self.has_bug(Bug::TrimBeforeCommit)) {
            return (stored.base == first.base).then(|| stored.clone());
        }
        let stored = self.readable.index.closed().iter().filter(|segment| segment.end <= self.state.shipped()).count();
        if stored <= self.broker.config.retained_segments || !self.to_trim.is_empty() {
            return None;
        }
        if first.end > self.checkpoint_shipped {
            self.is_checkpoint_due = true;
            return None;
        }
        self.state.segment_at(first.base).cloned()
    }

    /// Takes the end of work with the object store.
    pub(super) fn on_offloaded(&mut self, offloaded: Offloaded) {
        let result = match offloaded {
            Offloaded::Stored(Ok(shipped)) => {
                self.view.stored += 1;
                let term = self.replica.view().term;
                if self.replica.view().role == Role::Leader && self.propose_command(&Command::Shipped(shipped.clone())).is_ok() {
                    self.stored = Some((term, shipped));
                }
                Ok(())
            }
            Offloaded::Confirmed(Ok(shipped)) => {
                self.to_trim.push(shipped);
                Ok(())
            }
            Offloaded::Stored(Err(error)) | Offloaded::Confirmed(Err(error)) => Err(error),
        };
        match result {
            // There may be more to do.
            Ok(()) => self.offload_at = self.broker.node.now(),
            Err(error) => {
                self.view.store_errors += 1;
                self.view.error = Some(error.to_string());
            }
        }
    }

    pub(super) fn has_bug(&self, bug: Bug) -> bool {
        self.broker.config.bug == Some(bug)
    }
}

async fn store(archive: Archive, reader: WalReader, segment: SegmentInfo, epoch: u64) -> Result<Shipped, OffloadError> {
    let bytes = reader.read_whole(&segment).await?;
    Ok(archive.store(&bytes, segment.base, segment.end, epoch).await?)
}

/// The place of the segments of a partition in the object store.
pub(super) fn archive_of(broker: &super::super::Broker, partition: crate::format::TopicPartition) -> Archive {
    Archive::new(Arc::clone(&broker.store), &broker.config.cluster, partition)
}
