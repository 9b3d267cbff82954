//! Why a file cannot be replayed.

use crate::scenario::ScenarioError;

/// A reproducer that cannot be replayed; nothing was run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReproducerError {
    /// It ends in the middle.
    #[error("it is cut short: {reason}; take the whole file")]
    CutShort {
        /// Where it ends.
        reason: String,
    },
    /// It is something else.
    #[error("it is no reproducer: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// It is of a form that this version does not read.
    #[error("it is of format {found}; this version reads format {known}: replay it with the version that wrote it")]
    UnknownFormat {
        /// The form it says it is of.
        found: u64,
        /// The form that is read.
        known: u32,
    },
    /// It is about another scenario.
    #[error("it is about scenario {of:?}, not {asked:?}; replay it with the scenario or test that it names")]
    OtherScenario {
        /// The scenario it is about.
        of: String,
        /// The scenario that it was to be replayed with.
        asked: String,
    },
    /// Its case does not fit the scenario.
    #[error("its case does not fit the scenario: {0}")]
    Unfit(ScenarioError),
}
