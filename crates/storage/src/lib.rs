//! Disks: what a node remembers across crashes.
//!
//! | module | feature | contents |
//! |---|---|---|
//! | `operation` | | [`DiskOp`], an operation as data, and [`DiskOutput`], its result |
//! | `path` | | [`DiskPath`]: which paths a disk has |
//! | `error` | | [`DiskError`] |
//! | `content`, `pages` | | [`Content`]: the bytes of a file in shared pages |
//! | `image` | | [`DiskImage`]: a disk at one moment, read-only |
//! | `journal` | | [`JournalEngine`]: an append-only log of checksummed records, without IO |
//! | `entry_log` | | [`EntryLog`]: a log of entries by index, as the records of a journal |
//! | `object` | `object-store` | [`ObjectOp`] and [`ObjectAnswer`]: requests to an object store and its answers, as data |
//! | `object` | `test-utils` | also the simulated object stores, as a device |
//! | `disk` | `test-utils` | the simulated twin: file systems as a device, with what a crash leaves of them |
//! | `real` | `tokio` | `TokioDisk`: the real twin, a folder of the machine |
//!
//! Node code reaches its disk by `Node::disk`, a machine by `Effects::disk`; both are in the crate `node`.
//!
//! A disk has a volatile cache: what is written can be read at once, and is durable only once it is synced. A file's data is
//! synced by [`DiskOp::Sync`], its name by [`DiskOp::SyncDir`] of the directory it stands in.

mod content;
#[cfg(feature = "test-utils")]
mod disk;
mod entry_log;
mod error;
mod image;
mod journal;
#[cfg(any(feature = "test-utils", feature = "object-store"))]
mod object;
mod operation;
mod pages;
mod path;
#[cfg(feature = "tokio")]
mod real;

pub use content::Content;
#[cfg(feature = "test-utils")]
#[doc(hidden)]
pub use disk::{CompiledDisk, DiskRule, DiskSnapshot, Disks, HostDone, OpKey, Rot, RuleCounts, RuleId, crash_choice_text};
#[cfg(feature = "test-utils")]
pub use disk::{CrashRules, DiskModel, DiskTimes, LengthOrder, NameOrder};
pub use entry_log::{EntryLog, RepeatedChange};
pub use error::{DiskError, DiskErrorKind};
pub use image::DiskImage;
#[doc(hidden)]
pub use journal::{DirectoryClaim, OpenJournals};
pub use journal::{
    JournalEngine, JournalError, JournalEvent, JournalOptions, JournalReader, JournalRecord, MAX_PAYLOAD, MAX_SEGMENT, RecordPlace,
    Recovered, SyncEvidence, TornTail,
};
#[cfg(feature = "test-utils")]
#[doc(hidden)]
pub use object::{Admission, CompiledObjectStore, ObjectRule, ObjectRuleId, ObjectScope, ObjectStores, Performed};
#[cfg(any(feature = "test-utils", feature = "object-store"))]
#[doc(hidden)]
pub use object::{
    BODY_CHUNK, ByteRange, GetConditions, OBJECT_PORT, ObjectAnswer, ObjectInfo, ObjectMessage, ObjectOp, PutCondition,
};
#[cfg(feature = "test-utils")]
pub use object::{InvalidObjectStore, ObjectDamage, ObjectStoreModel, ObjectTimes, PrefixModel, Visibility};
#[cfg(any(feature = "test-utils", feature = "object-store"))]
pub use object::{ObjectErrorKind, ObjectOpKind};
pub use operation::{
    DirEntry, DiskOp, DiskOpKind, DiskOutput, DiskResult, EntryKind, FileId, MAX_FILE, MAX_OPEN, Metadata, OpenOptions, Space,
};
pub use path::{DiskPath, MAX_NAME, MAX_PATH};
#[cfg(feature = "tokio")]
pub use real::TokioDisk;
