//! Results of checks.

use std::fmt;

use cluster_sim_types::{NodeId, VirtualInstant};
use serde::{Deserialize, Serialize};

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The rule holds.
    Holds,
    /// The rule is broken, with evidence.
    Violated(Evidence),
    /// The check cannot decide, with the reason. Never counted as a pass.
    Unknown(String),
}

impl Verdict {
    /// Reports a broken rule, with the nodes that show it and a sentence that explains it.
    pub fn violated(nodes: impl IntoIterator<Item = NodeId>, message: impl Into<String>) -> Self {
        Self::Violated(Evidence { nodes: nodes.into_iter().collect(), message: message.into() })
    }
}

/// Shows that a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The nodes that show it.
    pub nodes: Vec<NodeId>,
    /// The explanation, as a sentence without a full stop.
    pub message: String,
}

/// A broken rule: which, when, where, how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The name of the rule.
    pub rule: String,
    /// The virtual instant of the step that broke it, in nanoseconds.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// The number of that step.
    pub step: u64,
    /// The nodes that show it.
    pub nodes: Vec<NodeId>,
    /// The explanation, as a sentence without a full stop; empty if the name of the rule suffices.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "at {}  step {}  {}", self.at, self.step, self.rule)?;
        if !self.message.is_empty() {
            write!(formatter, ": {}", self.message)?;
        }
        Ok(())
    }
}

/// Return types that a check written as a closure can have.
pub trait IntoVerdict {
    /// Converts to a verdict; `false` and `Err` are violations.
    fn into_verdict(self) -> Verdict;
}

impl IntoVerdict for Verdict {
    fn into_verdict(self) -> Verdict {
        self
    }
}

impl IntoVerdict for bool {
    fn into_verdict(self) -> Verdict {
        if self { Verdict::Holds } else { Verdict::violated([], "") }
    }
}

impl<E: fmt::Display> IntoVerdict for Result<(), E> {
    fn into_verdict(self) -> Verdict {
        match self {
            Ok(()) => Verdict::Holds,
            Err(reason) => Verdict::violated([], reason.to_string()),
        }
    }
}
