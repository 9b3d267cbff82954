//! Where two runs of one scenario and seed part.

mod text;

use std::fmt;

use cluster_sim_runtime::RecordKind;
use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

/// Where the run took place with which that of the calling thread is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherRun {
    /// In a thread of this process that was started for it.
    FreshThread,
    /// In a process that was started for it.
    OtherProcess,
    /// Before the first one: it is the run of a sweep in which the seed failed, and nothing is known of it but its report.
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

/// Where two runs of one scenario and seed part: the one of the calling thread, said to be *here*, and the one elsewhere, *there*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divergence {
    /// Where the other run took place.
    pub elsewhere: OtherRun,
    /// The first event that differs; nothing if every event and fact was the same, and only what the reports say of them differs.
    pub event: Option<DifferingEvent>,
    /// What differs: fields of that event, or places in the reports. Nothing if the two events have nothing to do with each other.
    pub differences: Vec<Difference>,
}

/// The first event of two runs that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferingEvent {
    /// How many events and facts the two runs have in common before it.
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
    /// The declared name of the node with which it dealt.
    pub peer: Option<String>,
    /// The task of the node that acted, by its name from the node's main task down; machines have none.
    pub task: Option<String>,
    /// The last events that both runs have in common, oldest first.
    pub before: Vec<String>,
    /// How the run here went on: the event that differs, then what followed.
    pub left: Vec<String>,
    /// How the run there went on.
    pub right: Vec<String>,
}

/// What kind of thing came about.
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

/// One thing that is not the same in two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// A field of an event, or the way to a value in the report: `violations[0].message`.
    pub place: String,
    /// What it is here.
    pub left: String,
    /// What it is there.
    pub right: String,
}
