//! [`Span`]: a time in which a fault or a state was in force.

use std::sync::Arc;

use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

use crate::fault::SpanKind;

/// A fault or state that was in force for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its kind.
    pub kind: SpanKind,
    /// Its start, in nanoseconds since the start of the run.
    #[serde(rename = "from_ns")]
    pub from: VirtualInstant,
    /// Its end; `None` if it was still in force when the run ended.
    #[serde(rename = "until_ns")]
    pub until: Option<VirtualInstant>,
    /// The declared names of the nodes concerned; for a cut, one side.
    ///
    /// Empty for spans of a class of links.
    pub nodes: Vec<Arc<str>>,
    /// The other side of a cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Arc<str>>,
    /// The index of the fault in the report that began it, if one did.
    pub fault: Option<usize>,
    /// The span as text, such as `cut [a/0] | [b/0] for 0.100s`.
    pub text: String,
}
