//! The part of a history that shows a contradiction, as data for a picture.

use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

use crate::cycle_picture::CyclePicture;

/// Operations of several clients around a contradiction, which a reader can take in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPicture {
    /// The contradiction, as a sentence.
    pub message: String,
    /// The names of the processes that have an operation here, in the order of their first one.
    pub lanes: Vec<String>,
    /// The operations, in the order of their invocations.
    pub bars: Vec<HistoryBar>,
    /// The operations of the history that are not here.
    pub left_out: u64,
    /// The cycle, if the contradiction is one between transactions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<CyclePicture>,
}

/// An operation of a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryBar {
    /// The process, as an index of [`HistoryPicture::lanes`].
    pub lane: usize,
    /// The request and its answer, a line for each part.
    pub text: String,
    /// The invocation, in nanoseconds.
    pub from_ns: VirtualInstant,
    /// The answer, in nanoseconds; `None` if the client heard none.
    pub to_ns: Option<VirtualInstant>,
    /// Whether it failed for certain.
    pub failed: bool,
    /// Whether the sentence names it.
    pub contradicts: bool,
    /// Its place in the longest order that explains the answers before the contradiction, from 1.
    pub place: Option<u64>,
}
