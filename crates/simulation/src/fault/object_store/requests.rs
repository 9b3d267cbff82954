//! [`ObjectRequests`]: the requests that a fault hits.

use std::collections::BTreeSet;

use cluster_sim_storage::ObjectOpKind;
use cluster_sim_types::Ratio;
use serde::{Deserialize, Serialize};

use crate::fault::objects_only::read_from_objects_only;

/// The requests to an object store that a fault hits.
///
/// ```
/// use cluster_sim::fault::ObjectRequests;
/// use cluster_sim::object_store::ObjectOpKind;
/// use cluster_sim::prelude::*;
///
/// let requests = ObjectRequests::to("s3/0").only([ObjectOpKind::Put]).below("topic/").share(Ratio::percent(5));
/// assert_eq!(requests.prefix, "topic/");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct ObjectRequests {
    /// The node that serves the store.
    pub store: String,
    /// Their kinds; empty for all but [`ObjectOpKind::Delete`], the deletion of one key of many.
    #[serde(default)]
    pub operations: BTreeSet<ObjectOpKind>,
    /// How their keys begin.
    #[serde(default)]
    pub prefix: String,
    /// How many of them, as the probability for each.
    #[serde(default = "all")]
    pub share: Ratio,
}

read_from_objects_only!(ObjectRequests);

const fn all() -> Ratio {
    Ratio::ONE
}

impl ObjectRequests {
    /// All requests to the store that this node serves.
    pub fn to(store: impl Into<String>) -> Self {
        Self { store: store.into(), operations: BTreeSet::new(), prefix: String::new(), share: Ratio::ONE }
    }

    /// Those of these kinds alone.
    #[must_use]
    pub fn only(self, operations: impl IntoIterator<Item = ObjectOpKind>) -> Self {
        Self { operations: operations.into_iter().collect(), ..self }
    }

    /// Those whose keys begin so.
    #[must_use]
    pub fn below(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// That share of them.
    #[must_use]
    pub fn share(self, share: Ratio) -> Self {
        Self { share, ..self }
    }
}

impl From<&str> for ObjectRequests {
    fn from(store: &str) -> Self {
        Self::to(store)
    }
}
