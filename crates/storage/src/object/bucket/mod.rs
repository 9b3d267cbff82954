//! The content of one object store, and operations on it.
//!
//! | file | contents |
//! |---|---|
//! | `history.rs` | the states of one key over time, so that a late view can read an older one |
//! | `tag.rs` | entity tags |
//! | `read.rs` | reads: conditions, versions, ranges |
//! | `list.rs` | pages of lists |
//! | `upload.rs` | uploads in parts |
//!
//! A bucket has no clock: each operation is handed the instant at which it takes effect. Reads and lists may ask for the content
//! as it was at an earlier instant; writes and their conditions are always about the present one, as in S3.

mod history;
mod list;
mod read;
mod tag;
#[cfg(test)]
mod tests;
mod upload;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cluster_sim_types::{VirtualInstant, WallTime};

use history::History;
pub(super) use history::Object;
pub(super) use read::Read;
use tag::tag_of;
use upload::Upload;

use super::object_answer::ObjectErrorKind;
use super::operation::PutCondition;

/// The instant of an operation, as virtual time and as its store shows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) now: VirtualInstant,
    pub(super) wall: WallTime,
}

/// Attributes of an object by name.
pub(super) type Labels = Arc<[(String, String)]>;

/// The most keys of one request to delete.
const MOST_KEYS: usize = 1_000;

/// After how many writes the older states of all keys are looked through.
const SWEPT_AFTER: u64 = 1_024;

/// The objects and uploads of one store.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    keys: BTreeMap<String, History>,
    uploads: BTreeMap<u64, Upload>,
    /// How many writes there were; the number of the next version.
    writes: u64,
    /// How many uploads began.
    begun: u64,
    /// Whether every version stays, to be read by its name.
    is_versioned: bool,
    /// How long an older state of a key can still be asked for.
    horizon: Duration,
    /// The fewest bytes of a part that is not the last.
    smallest_part: u64,
}

/// The result of a write: the tag of the object, and its version if the bucket has versions.
pub(super) type Written = (String, Option<String>);

impl Bucket {
    /// Makes an empty bucket.
    pub(super) fn new(is_versioned: bool, horizon: Duration, smallest_part: u64) -> Self {
        Self { is_versioned, horizon, smallest_part, ..Self::default() }
    }

    /// Sets how long an older state can still be asked for.
    pub(super) fn set_horizon(&mut self, horizon: Duration) {
        self.horizon = horizon;
    }

    /// Returns the present object of a key.
    pub(super) fn present(&self, key: &str) -> Option<&Arc<Object>> {
        self.keys.get(key)?.present()
    }

    /// Iterates over all present objects in order of their keys.
    pub(super) fn objects(&self) -> impl Iterator<Item = (&str, &Arc<Object>)> {
        self.keys.iter().filter_map(|(key, history)| Some((key.as_str(), history.present()?)))
    }

    /// Iterates over the uploads that neither ended nor were aborted: their keys, and the bytes of their parts.
    pub(super) fn open_uploads(&self) -> impl Iterator<Item = (&str, u64)> {
        self.uploads.values().map(|upload| (upload.key(), upload.bytes()))
    }

    /// Writes an object.
    ///
    /// # Errors
    /// If the condition does not hold.
    pub(super) fn put(
        &mut self,
        at: At,
        key: &str,
        content: Bytes,
        condition: &PutCondition,
        labels: &[(String, String)],
    ) -> Result<Written, ObjectErrorKind> {
        self.check(key, condition)?;
        let tag = tag_of(&content);
        Ok(self.write(at, key, content, tag, labels.into()))
    }

    /// Deletes the object of a key; returns it, if there was one.
    pub(super) fn delete(&mut self, at: At, key: &str) -> Option<Arc<Object>> {
        let deleted = self.present(key).cloned()?;
        self.set(at, key, None);
        Some(deleted)
    }

    /// Checks that a request to delete is not too long.
    ///
    /// # Errors
    /// If it has more than 1,000 keys.
    pub(super) fn check_keys(keys: &[String]) -> Result<(), ObjectErrorKind> {
        if keys.len() > MOST_KEYS { Err(ObjectErrorKind::TooManyKeys) } else { Ok(()) }
    }

    /// Writes the bytes and attributes of one key to another.
    ///
    /// # Errors
    /// If there is no object of the first key, or the condition does not hold.
    pub(super) fn copy(&mut self, at: At, from: &str, to: &str, condition: &PutCondition) -> Result<Written, ObjectErrorKind> {
        let object = self.present(from).cloned().ok_or(ObjectErrorKind::NoSuchKey)?;
        self.check(to, condition)?;
        Ok(self.write(at, to, object.content.clone(), object.tag.clone(), Arc::clone(&object.labels)))
    }

    /// Puts an object back as it was, or its absence.
    pub(super) fn restore(&mut self, at: At, key: &str, object: Option<Arc<Object>>) {
        self.set(at, key, object);
    }

    /// Checks the condition of a write.
    fn check(&self, key: &str, condition: &PutCondition) -> Result<(), ObjectErrorKind> {
        match (condition, self.present(key)) {
            (PutCondition::Always, _) | (PutCondition::Absent, None) => Ok(()),
            (PutCondition::Absent, Some(_)) => Err(ObjectErrorKind::PreconditionFailed),
            (PutCondition::Matches(tag), Some(object)) if object.tag == *tag => Ok(()),
            (PutCondition::Matches(_), Some(_)) => Err(ObjectErrorKind::PreconditionFailed),
            (PutCondition::Matches(_), None) => Err(ObjectErrorKind::NoSuchKey),
        }
    }

    fn write(&mut self, at: At, key: &str, content: Bytes, tag: String, labels: Labels) -> Written {
        let object = Object { content, tag: tag.clone(), version: self.writes, modified: at.wall, labels };
        let version = self.version_name(&object);
        self.set(at, key, Some(Arc::new(object)));
        (tag, version)
    }

    fn set(&mut self, at: At, key: &str, object: Option<Arc<Object>>) {
        self.writes += 1;
        let history = match self.keys.get_mut(key) {
            Some(history) => history,
            None => self.keys.entry(key.to_owned()).or_default(),
        };
        history.set(at.now, object);
        if self.is_versioned {
            return;
        }
        let horizon = self.horizon;
        self.keys.get_mut(key).expect("it was set above").forget(at.now, horizon);
        if self.writes.is_multiple_of(SWEPT_AFTER) {
            self.keys.retain(|_, history| !history.forget(at.now, horizon));
        }
    }

    fn version_name(&self, object: &Object) -> Option<String> {
        self.is_versioned.then(|| format!("{:016x}", object.version))
    }
}
