//! [`Minimized`]: the smallest case that a search found.

use std::collections::BTreeSet;
use std::fmt;

use cluster_sim_runtime::{Choice, Digest};
use cluster_sim_simulation::{Decision, Finding};

use serde::{Deserialize, Serialize};

use super::Case;

/// Absent nodes named in the text.
const NAMES: usize = 4;

/// The smallest case found, and the result of its run.
///
/// Prints as `faults 10 -> 1, decisions 9 -> 0, without client/0; 18 runs, minimal`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minimized {
    /// The case.
    pub case: Case,
    /// The finding of its run.
    pub finding: Finding,
    /// The digest of its run.
    pub digest: Digest,
    /// Runs that the search took.
    pub runs: u64,
    /// Whether nothing more can be removed; false if a limit ended the search.
    pub is_minimal: bool,
    /// Number of faults before and after.
    pub faults: (usize, usize),
    /// Number of decisions of the original run and of the case; the latter is absent if the seed decides.
    pub decisions: (usize, Option<usize>),
    /// Number of operations that clients came to in the original run, and of those that the case has.
    ///
    /// Both are 0 if no client numbers its operations.
    #[serde(default)]
    pub operations: (u64, u64),
    /// Whether a script, or a test that takes a [`Trial`](crate::Trial), steers the runs.
    ///
    /// Their steps are code, and stay.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_hand: bool,
    /// Groups of several members whose members all stay.
    ///
    /// [`Scenario::may_shrink`](cluster_sim_simulation::Scenario::may_shrink) lets some be left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept_groups: Vec<String>,
}

impl Minimized {
    /// Which groups keep their members, and how a scenario allows less; absent if none does.
    pub(crate) fn kept_text(&self) -> Option<String> {
        let (first, others) = self.kept_groups.split_first()?;
        let groups = match others.len() {
            0 => first.clone(),
            count if count < NAMES => format!("{first}, {}", others.join(", ")),
            count => format!("{first} and {count} other groups"),
        };
        Some(format!("all members of {groups} stay; `Scenario::may_shrink({first:?})` lets minimizing leave some out"))
    }
}

impl fmt::Display for Minimized {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { case, faults, decisions, runs, is_minimal, by_hand, .. } = self;
        write!(formatter, "faults {} -> {}, decisions {} -> ", faults.0, faults.1, decisions.0)?;
        match decisions.1 {
            Some(left) => write!(formatter, "{left}")?,
            None => write!(formatter, "those of the seed")?,
        }
        if let Some(decisions) = case.decisions.as_ref().filter(|decisions| !decisions.is_empty()) {
            write!(formatter, " ({})", count_by_choice(decisions))?;
        }
        if self.operations.0 > 0 {
            write!(formatter, ", operations {} -> {}", self.operations.0, self.operations.1)?;
        }
        if !case.absent.is_empty() {
            let named: Vec<&str> = case.absent.iter().take(NAMES).map(String::as_str).collect();
            write!(formatter, ", without {}", named.join(", "))?;
            if case.absent.len() > NAMES {
                write!(formatter, " and {} more", case.absent.len() - NAMES)?;
            }
        }
        if *by_hand {
            write!(formatter, ", steps of the test stay")?;
        }
        let end = if *is_minimal { "minimal" } else { "a bound ended the search" };
        write!(formatter, "; {runs} runs, {end}")
    }
}

/// Number of decisions per kind of choice, as in `2 delay, 1 loss`.
fn count_by_choice(decisions: &[Decision]) -> String {
    let keys: BTreeSet<Choice> = decisions.iter().map(|decision| decision.choice).collect();
    let count = |kind: &Choice| decisions.iter().filter(|decision| decision.choice == *kind).count();
    keys.iter().map(|kind| format!("{} {kind:?}", count(kind)).to_lowercase()).collect::<Vec<_>>().join(", ")
}
