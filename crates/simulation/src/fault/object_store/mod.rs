//! Faults of object stores: errors, lost answers, wrong bytes, older states, slowness.
//!
//! | file | content |
//! |---|---|
//! | `requests.rs` | [`ObjectRequests`]: which requests they hit |
//! | `object_family.rs` | their names, parts and durations |
//! | `object_rules.rs` | names become numbers, faults become rules; what is impossible is refused |
//! | `object_draws.rs` | those that profiles draw |

mod object_draws;
mod object_family;
mod object_rules;
mod requests;
#[cfg(test)]
mod tests;

use std::time::Duration;

use cluster_sim_runtime::nanoseconds;
use cluster_sim_storage::{ObjectDamage, ObjectErrorKind};
use serde::{Deserialize, Serialize};

pub use requests::ObjectRequests;
#[cfg(test)]
pub(super) use tests::one_of_each;

use super::Fault;

/// A fault of an object store.
///
/// Each names the requests that it hits: the store by the node that serves it, as in `s3/0`, their kinds, how their keys begin,
/// and the share of them. A duration that is absent lasts until the fault phase ends. An outage is a
/// [fault of all requests](Self::outage), or a crash, a pause or a cut of the node.
///
/// A fault counts as [fired](crate::FaultRecord::fired) the requests that it did its thing to, and as
/// [effect](crate::FaultRecord::effect) those whose answer, its time, or the content of the store differ for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ObjectStoreFault {
    /// Requests are refused without an effect.
    ///
    /// A request to delete many keys is refused for some of them if the kind [`Delete`](cluster_sim_storage::ObjectOpKind::Delete)
    /// is named.
    #[serde(rename = "object_error")]
    Fail {
        /// The requests.
        requests: ObjectRequests,
        /// The errors, of which each is equally frequent.
        errors: Vec<ObjectErrorKind>,
        /// The time that clients are asked to wait.
        #[serde(rename = "retry_after_ns", with = "nanoseconds::optional", default)]
        retry_after: Option<Duration>,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Requests are done, and their answers lost.
    ///
    /// A request that the store refuses is answered all the same.
    #[serde(rename = "object_lost_answer")]
    LoseAnswer {
        /// The requests.
        requests: ObjectRequests,
        /// The time after which a write is done, or done a second time.
        ///
        /// It may come after the end of the fault.
        #[serde(rename = "after_ns", with = "nanoseconds", default)]
        after: Duration,
        /// Whether a write is done at once, and again after that time.
        #[serde(default)]
        twice: bool,
        /// The answer in place of the lost one; absent for none, and the session breaks.
        #[serde(default)]
        error: Option<ObjectErrorKind>,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Writes are answered as done and change nothing.
    ///
    /// A lost abort leaves the parts of its upload behind.
    #[serde(rename = "object_lost_write")]
    LoseWrite {
        /// The requests.
        requests: ObjectRequests,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Reads answer with wrong bytes or a wrong tag; the object stays as it is.
    #[serde(rename = "object_damage")]
    Damage {
        /// The requests.
        requests: ObjectRequests,
        /// The damage.
        damage: ObjectDamage,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Reads and lists show the store as it was some time before, but not before the fault.
    #[serde(rename = "object_lag")]
    Lag {
        /// The requests.
        requests: ObjectRequests,
        /// The age of what they show.
        #[serde(rename = "lag_ns", with = "nanoseconds")]
        lag: Duration,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Lists come in shorter pages, between which the store may change.
    #[serde(rename = "object_pages")]
    ShortPages {
        /// The requests.
        requests: ObjectRequests,
        /// The most entries of a page, from 1 on.
        entries: u32,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Objects that are deleted come back after a while, if nothing was written in their place.
    ///
    /// That may be after the end of the fault.
    #[serde(rename = "object_resurrect")]
    Resurrect {
        /// The requests.
        requests: ObjectRequests,
        /// The time after which an object is back.
        #[serde(rename = "after_ns", with = "nanoseconds")]
        after: Duration,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Objects are gone, as by a wrong rule of a lifecycle.
    #[serde(rename = "object_expire")]
    Expire {
        /// The objects by prefix and share; the kinds of requests do not count.
        requests: ObjectRequests,
    },
    /// Requests that arrive take longer; of several such faults the slowest counts.
    #[serde(rename = "slow_objects")]
    Slow {
        /// The requests.
        requests: ObjectRequests,
        /// By what their time is multiplied; at least 1.
        #[serde(default = "once")]
        factor: u32,
        /// Time added to each.
        #[serde(rename = "extra_ns", with = "nanoseconds", default)]
        extra: Duration,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Requests are done and answered once it ends; a crash of the node before that drops them.
    #[serde(rename = "object_stall")]
    Stall {
        /// The requests.
        requests: ObjectRequests,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Requests beyond a rate are refused with `slow_down`; bursts of one second's requests pass.
    #[serde(rename = "object_throttle")]
    Throttle {
        /// The requests.
        requests: ObjectRequests,
        /// How many of them are served in a second, from 1 on.
        requests_per_second: u64,
        /// How long.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
}

const fn once() -> u32 {
    1
}

impl ObjectStoreFault {
    /// Refuses requests with an error.
    pub fn fail(requests: impl Into<ObjectRequests>, error: ObjectErrorKind, duration: impl Into<Option<Duration>>) -> Self {
        Self::Fail { requests: requests.into(), errors: vec![error], retry_after: None, duration: duration.into() }
    }

    /// Refuses all requests to a store with `slow_down`, as S3 answers in an outage.
    pub fn outage(store: impl Into<String>, duration: impl Into<Option<Duration>>) -> Self {
        Self::fail(ObjectRequests::to(store), ObjectErrorKind::SlowDown, duration)
    }

    /// Does requests and breaks their sessions in place of an answer.
    pub fn lose_answer(requests: impl Into<ObjectRequests>, duration: impl Into<Option<Duration>>) -> Self {
        let (requests, duration) = (requests.into(), duration.into());
        Self::LoseAnswer { requests, after: Duration::ZERO, twice: false, error: None, duration }
    }

    /// The requests that it hits.
    pub(super) fn requests(&self) -> &ObjectRequests {
        match self {
            Self::Fail { requests, .. }
            | Self::LoseAnswer { requests, .. }
            | Self::LoseWrite { requests, .. }
            | Self::Damage { requests, .. }
            | Self::Lag { requests, .. }
            | Self::ShortPages { requests, .. }
            | Self::Resurrect { requests, .. }
            | Self::Expire { requests }
            | Self::Slow { requests, .. }
            | Self::Stall { requests, .. }
            | Self::Throttle { requests, .. } => requests,
        }
    }
}

impl From<ObjectStoreFault> for Fault {
    fn from(fault: ObjectStoreFault) -> Self {
        Self::ObjectStore(fault)
    }
}
