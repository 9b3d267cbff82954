//! Entries of a partition's replication log.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::shipped::Shipped;
use crate::format::{DataError, Draft, decode};
use crate::message::ProducerId;

/// The number of batches that are appended whatever came before them, and again if they come again.
pub const UNNUMBERED: u64 = 0;

/// A change of a partition, as the replication log keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Append a batch of records, all or none.
    Append {
        /// The producer.
        producer: ProducerId,
        /// The number of the batch among those of the producer, from 1 and without gaps; a retry repeats it.
        ///
        /// [`UNNUMBERED`] for one without a promise, before which others may have been lost.
        sequence: u64,
        /// The wall clock of the leader in ms since 1970.
        timestamp_ms: u64,
        /// The records, at least one.
        records: Vec<Draft>,
    },
    /// Store the offset at which a group goes on.
    CommitOffset {
        /// The name of the group, 1 to 64 bytes.
        group: String,
        /// The offset of the next record to be read.
        offset: u64,
    },
    /// Add a segment to the manifest, once its object is in the store.
    Shipped(Shipped),
}

impl Command {
    /// Returns its bytes, the payload of an entry.
    pub fn encode(&self) -> Bytes {
        postcard::to_stdvec(self).expect("a command can be encoded").into()
    }

    /// Reads the payload of an entry; the replication log has checked its bytes.
    ///
    /// # Errors
    /// If they are no command.
    pub fn decode(bytes: &[u8]) -> Result<Self, DataError> {
        decode(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_reads_back_as_it_was_written() {
        let draft = Draft { key: Bytes::from_static(b"k"), ..Draft::default() };
        let append = Command::Append { producer: ProducerId(3), sequence: 1, timestamp_ms: 7, records: vec![draft; 2] };
        let commit = Command::CommitOffset { group: "g".to_owned(), offset: 300 };
        let shipped = Command::Shipped(Shipped { base: 0, end: 9, bytes: 400, key: "k".to_owned(), crc: 1, epoch: 2 });
        for command in [append, commit, shipped] {
            assert_eq!(Command::decode(&command.encode()), Ok(command.clone()));
            let longer = [&command.encode()[..], &[1]].concat();
            assert_eq!(Command::decode(&longer), Err(DataError::Longer { bytes: 1 }));
            assert!(matches!(Command::decode(&command.encode()[1..]), Err(DataError::Encoding(_) | DataError::Longer { .. })));
        }
    }
}
