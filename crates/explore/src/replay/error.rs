//! [`ReproducerError`]: why a reproducer cannot be replayed.

use cluster_sim_simulation::ScenarioError;
use cluster_sim_simulation::text::{listed, suggested};

/// A reproducer that cannot be replayed; nothing was run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReproducerError {
    /// The file is truncated.
    #[error("it is cut short: {reason}; take the whole file")]
    CutShort {
        /// Where it ends.
        reason: String,
    },
    /// The file is not a reproducer.
    #[error("it is no reproducer: {reason}")]
    Malformed {
        /// The reason.
        reason: String,
    },
    /// The file has a format that this version does not read.
    #[error("it is of format {found}; this version reads format {known}: replay it with the version that wrote it")]
    UnknownFormat {
        /// The format of the file.
        found: u64,
        /// The format that this version reads.
        known: u32,
    },
    /// The file is about another scenario.
    #[error("it is about scenario {of:?}, not {asked:?}; replay it with the scenario or test that it names")]
    OtherScenario {
        /// The scenario of the file.
        of: String,
        /// The scenario to replay it with.
        asked: String,
    },
    /// The scenario has no rule like the one that the case breaks, so it cannot break it.
    #[error(
        "it breaks the rule {rule:?}, which scenario {scenario:?} does not have; keep the rule under its name, or search for the \
         failure again{}{}",
        suggested(rule, known),
        listed(known)
    )]
    UnknownRule {
        /// The rule.
        rule: String,
        /// The scenario.
        scenario: String,
        /// The rules of the scenario.
        known: Vec<String>,
    },
    /// The case does not fit the scenario.
    #[error("its case does not fit the scenario: {0}")]
    Unfit(ScenarioError),
}
