//! The answers of an object store, as data.

use cluster_sim_types::WallTime;
use serde::{Deserialize, Serialize};

/// An object without its bytes, as its store describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectInfo {
    /// Its key.
    pub key: String,
    /// Its length in bytes.
    pub size: u64,
    /// When it was written, by the wall clock of the node that serves the store.
    pub modified: WallTime,
    /// Its entity tag, with quotes.
    pub tag: String,
    /// Its version, in a store that has versions.
    pub version: Option<String>,
}

/// The answer of a store to one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ObjectAnswer {
    /// The object was written, or the part.
    Written {
        /// Its entity tag.
        tag: String,
        /// Its version, in a store that has versions.
        version: Option<String>,
    },
    /// An object; its bytes follow unless the request was about the head alone.
    Found {
        /// The object.
        info: ObjectInfo,
        /// The first byte that follows.
        start: u64,
        /// The byte after the last one.
        end: u64,
        /// Its attributes.
        labels: Vec<(String, String)>,
    },
    /// The objects were deleted, except those at these places of the request.
    Deleted {
        /// The places and reasons, in order.
        refused: Vec<(u32, ObjectErrorKind)>,
    },
    /// A page of a list.
    Page {
        /// Objects, in order of their keys.
        objects: Vec<ObjectInfo>,
        /// Common prefixes up to a delimiter, in order.
        prefixes: Vec<String>,
        /// Where the next page begins; absent on the last one.
        next: Option<String>,
    },
    /// The upload that began.
    Upload(u64),
    /// Done, and nothing to say.
    Done,
    /// The request was refused.
    Refused {
        /// Why.
        kind: ObjectErrorKind,
        /// The time that the client is asked to wait, in nanoseconds.
        retry_after_ns: Option<u64>,
    },
}

/// Why an object store refuses a request. The numbers are statuses of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ObjectErrorKind {
    /// 500.
    InternalError,
    /// 502, as from a proxy.
    BadGateway,
    /// 503, which S3 calls `SlowDown`.
    SlowDown,
    /// 429.
    TooManyRequests,
    /// 401: a token that has expired.
    ExpiredToken,
    /// 403: a signature whose time is too far from that of the store.
    ClockSkew,
    /// 409: another conditional write is in flight.
    Conflict,
    /// 200 with an error in the body, as uploads in parts end at times; nothing was done.
    ErrorInBody,
    /// 404.
    NoSuchKey,
    /// 404: the upload ended, or never began.
    NoSuchUpload,
    /// 304.
    NotModified,
    /// 412.
    PreconditionFailed,
    /// 416: no byte of the object is in the range.
    InvalidRange,
    /// 400: a part that was not uploaded, has another tag or is out of order.
    InvalidPart,
    /// 400: a part other than the last that has fewer bytes than the store allows.
    EntityTooSmall,
    /// 400: more than 1,000 keys to delete.
    TooManyKeys,
}

impl ObjectErrorKind {
    /// Those that a store answers by itself, whatever the request; faults do.
    pub const SPONTANEOUS: [Self; 8] = [
        Self::InternalError,
        Self::BadGateway,
        Self::SlowDown,
        Self::TooManyRequests,
        Self::ExpiredToken,
        Self::ClockSkew,
        Self::Conflict,
        Self::ErrorInBody,
    ];

    /// Returns the status of HTTP.
    pub const fn status(self) -> u16 {
        match self {
            Self::InternalError => 500,
            Self::BadGateway => 502,
            Self::SlowDown => 503,
            Self::TooManyRequests => 429,
            Self::ExpiredToken => 401,
            Self::ClockSkew => 403,
            Self::Conflict => 409,
            Self::ErrorInBody => 200,
            Self::NoSuchKey | Self::NoSuchUpload => 404,
            Self::NotModified => 304,
            Self::PreconditionFailed => 412,
            Self::InvalidRange => 416,
            Self::InvalidPart | Self::EntityTooSmall | Self::TooManyKeys => 400,
        }
    }

    /// Describes it in a few words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::InternalError => "internal error",
            Self::BadGateway => "bad gateway",
            Self::SlowDown => "slow down",
            Self::TooManyRequests => "too many requests",
            Self::ExpiredToken => "the token has expired",
            Self::ClockSkew => "the time of the signature is too far from that of the store",
            Self::Conflict => "another conditional write is in flight",
            Self::ErrorInBody => "success with an error in the body",
            Self::NoSuchKey => "no such key",
            Self::NoSuchUpload => "no such upload",
            Self::NotModified => "not modified",
            Self::PreconditionFailed => "a precondition failed",
            Self::InvalidRange => "no byte of the object is in the range",
            Self::InvalidPart => "a part was not uploaded, has another tag or is out of order",
            Self::EntityTooSmall => "a part other than the last is too small",
            Self::TooManyKeys => "more than 1,000 keys to delete",
        }
    }

    /// Whether the same request may succeed a little later.
    pub const fn is_transient(self) -> bool {
        matches!(self.status(), 429 | 500..) || matches!(self, Self::ErrorInBody)
    }
}
