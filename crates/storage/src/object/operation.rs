//! A request to an object store, as data.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// When a store takes the bytes of a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PutCondition {
    /// Always.
    Always,
    /// If there is no object of that key.
    Absent,
    /// If the object has that entity tag.
    Matches(String),
}

/// When a store answers a read with the object. Instants are nanoseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetConditions {
    /// If its entity tag is one of these, separated by commas; `*` for any.
    pub if_match: Option<String>,
    /// If its entity tag is none of these.
    pub if_none_match: Option<String>,
    /// If it was written after that instant; not asked beside `if_none_match`.
    pub if_modified_since: Option<i64>,
    /// If it was not written after that instant; not asked beside `if_match`.
    pub if_unmodified_since: Option<i64>,
}

/// Bytes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ByteRange {
    /// From the first number on, to before the second one or the end of the object.
    Bounded(u64, u64),
    /// From there on.
    From(u64),
    /// The last ones, at most all.
    Last(u64),
}

/// A request to an object store, as data.
///
/// Keys are any text; a delimiter is `/`. Labels are attributes of an object by name, in order, such as its content type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ObjectOp {
    /// Writes an object as a whole.
    Put {
        /// The key.
        key: String,
        /// Its bytes.
        content: Bytes,
        /// When it is written.
        condition: PutCondition,
        /// Its attributes.
        labels: Vec<(String, String)>,
    },
    /// Reads an object, or with `head` what is known about it.
    Get {
        /// The key.
        key: String,
        /// When it is answered.
        conditions: GetConditions,
        /// Which bytes; absent for all.
        range: Option<ByteRange>,
        /// Which version; absent for the present one.
        version: Option<String>,
        /// Whether to leave out the bytes.
        head: bool,
    },
    /// Deletes objects; keys without one are no mistake.
    Delete {
        /// The keys, at most 1,000.
        keys: Vec<String>,
    },
    /// Lists objects in order of their keys, by pages.
    List {
        /// How the keys begin.
        prefix: String,
        /// The key, or common prefix, after which the page begins.
        after: String,
        /// Whether keys with a `/` after the prefix are listed by what they have up to there in common.
        delimiter: bool,
    },
    /// Writes an object with the bytes of another one.
    Copy {
        /// The key to read.
        from: String,
        /// The key to write.
        to: String,
        /// When it is written.
        condition: PutCondition,
    },
    /// Begins an upload in parts.
    CreateUpload {
        /// The key to write.
        key: String,
        /// The attributes of the object.
        labels: Vec<(String, String)>,
    },
    /// Uploads a part.
    PutPart {
        /// The key.
        key: String,
        /// The upload.
        upload: u64,
        /// The number of the part, from 0 on.
        part: u32,
        /// Its bytes.
        content: Bytes,
    },
    /// Writes the object whose parts were uploaded.
    CompleteUpload {
        /// The key.
        key: String,
        /// The upload.
        upload: u64,
        /// The numbers and tags of the parts, in order.
        parts: Vec<(u32, String)>,
    },
    /// Forgets an upload and its parts.
    AbortUpload {
        /// The key.
        key: String,
        /// The upload.
        upload: u64,
    },
}

/// A kind of request to an object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ObjectOpKind {
    /// A write of a whole object.
    Put,
    /// A read of bytes.
    Get,
    /// A read of what is known about an object.
    Head,
    /// A request to delete objects, as a whole.
    DeleteMany,
    /// The deletion of one key within such a request.
    Delete,
    /// A page of a list.
    List,
    /// A copy.
    Copy,
    /// The begin of an upload in parts.
    CreateUpload,
    /// A part of one.
    PutPart,
    /// The end of one.
    CompleteUpload,
    /// The abort of one.
    AbortUpload,
}

impl ObjectOpKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Put,
        Self::Get,
        Self::Head,
        Self::DeleteMany,
        Self::Delete,
        Self::List,
        Self::Copy,
        Self::CreateUpload,
        Self::PutPart,
        Self::CompleteUpload,
        Self::AbortUpload,
    ];

    /// Whether it changes no content.
    pub const fn is_read(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::List)
    }
}

impl ObjectOp {
    /// Returns its kind; never [`ObjectOpKind::Delete`], which is of one key.
    pub const fn kind(&self) -> ObjectOpKind {
        match self {
            Self::Put { .. } => ObjectOpKind::Put,
            Self::Get { head: true, .. } => ObjectOpKind::Head,
            Self::Get { .. } => ObjectOpKind::Get,
            Self::Delete { .. } => ObjectOpKind::DeleteMany,
            Self::List { .. } => ObjectOpKind::List,
            Self::Copy { .. } => ObjectOpKind::Copy,
            Self::CreateUpload { .. } => ObjectOpKind::CreateUpload,
            Self::PutPart { .. } => ObjectOpKind::PutPart,
            Self::CompleteUpload { .. } => ObjectOpKind::CompleteUpload,
            Self::AbortUpload { .. } => ObjectOpKind::AbortUpload,
        }
    }

    /// Returns the key that it is about.
    ///
    /// That which is written, the prefix of a list, the first key to delete.
    pub fn key(&self) -> &str {
        match self {
            Self::Put { key, .. }
            | Self::Get { key, .. }
            | Self::CreateUpload { key, .. }
            | Self::PutPart { key, .. }
            | Self::CompleteUpload { key, .. }
            | Self::AbortUpload { key, .. } => key,
            Self::Delete { keys } => keys.first().map_or("", String::as_str),
            Self::List { prefix, .. } => prefix,
            Self::Copy { to, .. } => to,
        }
    }

    /// Iterates over the keys that it writes, reads or deletes; the prefix of a list.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let many: &[String] = if let Self::Delete { keys } = self { keys } else { &[] };
        let one = (!matches!(self, Self::Delete { .. })).then(|| self.key());
        many.iter().map(String::as_str).chain(one)
    }

    /// Whether a client repeats it if its answer is lost, so that it may be done twice.
    ///
    /// As the S3 client of `object_store` does: all but conditional writes and deletions.
    pub const fn is_repeated(&self) -> bool {
        match self {
            Self::Put { condition, .. } | Self::Copy { condition, .. } => matches!(condition, PutCondition::Always),
            Self::Delete { .. } | Self::AbortUpload { .. } => false,
            Self::Get { .. }
            | Self::List { .. }
            | Self::CreateUpload { .. }
            | Self::PutPart { .. }
            | Self::CompleteUpload { .. } => true,
        }
    }
}
