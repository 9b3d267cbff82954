//! An append-only log of checksummed records, over the operations of a disk.
//!
//! | file | contents |
//! |---|---|
//! | `frame.rs` | the bytes of a record, its checksum, and the search for whole records behind a damaged one |
//! | `segment.rs` | names of segment files, and where the records of one end |
//! | `reader.rs` | [`JournalReader`]: reads files that change again, each time only what is new |
//! | `recover.rs` | what the files of a journal hold: records, a torn tail that is cut off, or corruption |
//! | `tombstone.rs` | what stands for a removed segment until its name is durably gone |
//! | `engine.rs` | [`JournalEngine`], without IO: its state, and the work that is asked of it |
//! | `open.rs`, `plan.rs`, `removal.rs` | that work as operations of a disk: opening, new segments and records, removed ones |
//! | `step.rs`, `result.rs` | what the results of those operations mean |
//! | `event.rs`, `place.rs` | [`JournalEvent`], [`RecordPlace`] |
//! | `error.rs`, `options.rs` | [`JournalError`], [`JournalOptions`] |
//!
//! The crate `node` has the forms that node code uses: `Journal` for async nodes, `MachineJournal` for machines.
//!
//! # Format
//!
//! A journal is a directory of segment files, named by their first record: `00000000000000000001.journal`. Records are numbered
//! from 1 without gaps, over all segments. A record is, in little endian,
//!
//! | bytes | content |
//! |---|---|
//! | 4 | length of the payload |
//! | 4 | CRC32C of its place (first record of the segment, offset in the file) and of all other fields |
//! | 8 | sequence number |
//! | 8 | watermark: the last record that was known to be synced when this one was written |
//! | n | payload |
//!
//! The place is in the checksum so that a record is whole only where it was written: not as a part of another record's payload, and
//! not where a disk misdirected it.
//!
//! A segment says of all records before it that they are synced, and replaces all that earlier segments have from its first record
//! on. So a new end is put in place at once: it is written and synced under the name `new`, renamed, and the directory is synced.
//! Rotation, truncation and recovery do that; no file is cut where a record may be believed in. Only after that the end that was
//! replaced is cut off, so that it cannot come back.
//!
//! # Torn tail or corruption
//!
//! A crash may damage what is unsynced, in any order, and must not damage what was synced. So a damaged record `s` is
//!
//! - **corrupt** if it is known to have been synced: a whole record behind it has a watermark of `s` or more, or a later segment
//!   exists, which is created only once all records before it are synced;
//! - **torn** otherwise. It is cut off with all that follows, also with whole records that reordering kept.
//!
//! A torn tail is never taken for corruption. A watermark of `s` is written only after a sync of `s` has succeeded, and numbers are
//! used again only after a cut that was synced: the records with a higher watermark are durably gone then.
//!
//! Corruption is taken for a torn tail in one case: the last synced records rot while no whole record behind them says that they
//! were synced. To narrow it, append a small record once a sync is answered: it has the watermark.
//!
//! # Errors of the disk
//!
//! After a failed sync it is unknown what is durable, and a later sync that succeeds proves nothing. So the first failed sync is final:
//! the journal refuses all work until it is opened again. Opening reads the records and writes those that no watermark covers to a new
//! segment, since the cache may hold bytes that the disk lost; so it does with an empty segment, whose name may be lost. An earlier
//! segment is cut back only once the later one has its name again.
//!
//! Names are lost in this way, too. A failed sync of the directory may leave a change in the cache alone for ever, so each such change is made
//! again when the journal is opened: a directory that has no segment yet is created again, if it is empty; a segment whose name nothing
//! proves is renamed again. A removed name could not be removed again, because nothing shows it. So a segment is removed in two steps: a
//! tombstone durably replaces it, then the name goes without a sync. A tombstone that is found when the journal is opened is put in place
//! again, and removed. A segment behind the last one gets a record without a number; one before the first an empty file, which fits on
//! a full disk. So a first segment that loses all its bytes is taken for a removed one, as one that loses its name.
//!
//! A write that fails, as on a full disk, uses up no number: the segment is durably cut back to its last whole record.
//!
//! # Needs of the disk
//!
//! A write spares the synced bytes of a sector that it extends ("powersafe overwrite"), and a rename replaces a file at once.

mod engine;
mod error;
mod event;
mod frame;
mod open;
mod open_journals;
mod options;
mod place;
mod plan;
mod reader;
mod recover;
mod removal;
mod result;
mod segment;
mod step;
mod tombstone;

pub use engine::JournalEngine;
pub use error::{JournalError, SyncEvidence};
pub use event::JournalEvent;
pub use frame::MAX_PAYLOAD;
pub use open_journals::{DirectoryClaim, OpenJournals};
pub use options::JournalOptions;
pub use place::RecordPlace;
pub use reader::JournalReader;
pub use recover::{JournalRecord, Recovered, TornTail};
pub use segment::MAX_SEGMENT;
