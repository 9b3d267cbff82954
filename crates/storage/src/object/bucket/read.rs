//! Reads: conditions, versions, ranges.

use std::ops::Range;
use std::sync::Arc;

use cluster_sim_types::VirtualInstant;

use super::{Bucket, Object};
use crate::object::object_answer::{ObjectErrorKind, ObjectInfo};
use crate::object::operation::{ByteRange, GetConditions};

/// A read of one object.
#[derive(Debug, Clone, Copy)]
pub(in crate::object) struct Read<'a> {
    pub(in crate::object) key: &'a str,
    pub(in crate::object) conditions: &'a GetConditions,
    pub(in crate::object) range: Option<ByteRange>,
    pub(in crate::object) version: Option<&'a str>,
}

impl Bucket {
    /// Finds an object as it was at that instant, and the bytes of it that are asked for.
    ///
    /// # Errors
    /// If there is none, a condition does not hold, or no byte is in the range.
    pub(in crate::object) fn get(
        &self,
        then: VirtualInstant,
        read: Read<'_>,
    ) -> Result<(Arc<Object>, Range<u64>), ObjectErrorKind> {
        let history = self.keys.get(read.key).ok_or(ObjectErrorKind::NoSuchKey)?;
        let found = match read.version {
            None => history.at(then),
            Some(name) => u64::from_str_radix(name, 16).ok().and_then(|number| history.version(number)),
        };
        let object = found.ok_or(ObjectErrorKind::NoSuchKey)?;
        check(read.conditions, object)?;
        let range = bytes_in(read.range, object.content.len() as u64).ok_or(ObjectErrorKind::InvalidRange)?;
        Ok((Arc::clone(object), range))
    }

    /// Describes an object of that key.
    pub(in crate::object) fn info(&self, key: &str, object: &Object) -> ObjectInfo {
        ObjectInfo {
            key: key.to_owned(),
            size: object.content.len() as u64,
            modified: object.modified,
            tag: object.tag.clone(),
            version: self.version_name(object),
        }
    }
}

/// Checks the conditions of a read in the order of RFC 9110, section 13.2.2.
fn check(conditions: &GetConditions, object: &Object) -> Result<(), ObjectErrorKind> {
    let names = |list: &str| list == "*" || list.split(',').any(|tag| tag.trim() == object.tag);
    let modified = i64::try_from(object.modified.as_nanoseconds()).unwrap_or(i64::MAX);
    let holds = match (&conditions.if_match, conditions.if_unmodified_since) {
        (Some(list), _) => names(list),
        (None, Some(since)) => modified <= since,
        (None, None) => true,
    };
    if !holds {
        return Err(ObjectErrorKind::PreconditionFailed);
    }
    let is_new = match (&conditions.if_none_match, conditions.if_modified_since) {
        (Some(list), _) => !names(list),
        (None, Some(since)) => modified > since,
        (None, None) => true,
    };
    if is_new { Ok(()) } else { Err(ObjectErrorKind::NotModified) }
}

/// The bytes of an object of that length which are in a range; `None` if that is empty or begins behind them.
fn bytes_in(range: Option<ByteRange>, length: u64) -> Option<Range<u64>> {
    match range {
        None => Some(0..length),
        Some(ByteRange::Bounded(start, end)) => (start < end && start < length).then(|| start..end.min(length)),
        Some(ByteRange::From(start)) => (start < length).then_some(start..length),
        Some(ByteRange::Last(0)) => None,
        Some(ByteRange::Last(count)) => Some(length.saturating_sub(count)..length),
    }
}
