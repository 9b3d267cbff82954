//! Where two runs of one scenario and seed diverge.

mod text;

use std::fmt;

use cluster_sim_runtime::RecordKind;
use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

/// The other run of a comparison: where it took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherRun {
    /// A thread that was started for it.
    FreshThread,
    /// A process that was started for it.
    OtherProcess,
    /// The run of a sweep in which the seed failed; only its report is known.
    EarlierRun,
}

impl fmt::Display for OtherRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::FreshThread => "a fresh thread",
            Self::OtherProcess => "another process",
            Self::EarlierRun => "the sweep before it",
        })
    }
}

/// The point at which two runs of one scenario and seed diverge.
///
/// *Left* is the run of the calling thread, *right* the other run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divergence {
    /// Where the other run took place.
    pub other_run: OtherRun,
    /// The first event that differs; nothing if all events and facts are equal and only the reports differ.
    pub event: Option<DifferingEvent>,
    /// The fields of that event, or the places in the reports, that differ. None if the two events are of different kinds or nodes.
    pub differences: Vec<Difference>,
}

/// The first event of two runs that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferingEvent {
    /// The number of equal events and facts before it.
    pub index: u64,
    /// When, in nanoseconds since the start.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// What.
    pub kind: DivergenceKind,
    /// The declared name of the node that acted.
    ///
    /// Where the two runs go on with events of different nodes it is the one whose event came first: the other run has nothing of the
    /// kind at that instant.
    pub node: String,
    /// The declared name of the other node of the event.
    pub peer: Option<String>,
    /// The task of the node that acted, by its name from the node's main task down; machines have none.
    pub task: Option<String>,
    /// The last events that both runs share, oldest first.
    pub before: Vec<String>,
    /// How the left run went on: the differing event, then what followed.
    pub left: Vec<String>,
    /// How the right run went on.
    pub right: Vec<String>,
}

/// The kind of entry at which two runs diverge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DivergenceKind {
    /// An event: one of those that the digest is made of.
    Event(RecordKind),
    /// A node stated a fact.
    Fact,
    /// The run ended.
    End,
}

/// One value that differs between two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// A field of an event, or the path to a value in the report: `violations[0].message`.
    pub place: String,
    /// The value in the left run.
    pub left: String,
    /// The value in the right run.
    pub right: String,
}
