//! Planted bugs, and the clusters whose rules and faults must find them.
//!
//! A [`BugHunt`] is a scenario in two parts: a cluster with its rules, and the profile from which each seed draws its faults. A test can
//! replace the profile and compare. The clusters are small: three to six nodes, five seconds.

use std::fmt;
use std::sync::Arc;

use cluster_sim::{FaultProfile, Scenario, Seed};
use cluster_sim_simulation::driver::DriveScenario;
use serde::Serialize;
use serde_json::json;

use crate::builtin::BuiltinScenario;
use crate::node_style::NodeStyle;
use crate::prepared::Prepared;

/// The seed of a hunt that is run by name. Any would do.
const SEED: Seed = Seed(279);

/// A scenario in two parts: a cluster with its rules, and a profile of its faults.
#[derive(Debug, Clone)]
pub struct BugHunt {
    /// The cluster and its rules, without faults.
    pub cluster: Scenario,
    /// The profile from which each seed draws its faults.
    pub profile: FaultProfile,
    /// The link classes that faults may name, in the order of the scenario.
    pub links: &'static [&'static str],
}

impl BugHunt {
    /// Combines both parts into the scenario that a sweep runs.
    pub fn scenario(&self) -> Scenario {
        self.cluster.clone().chaos(self.profile.clone())
    }
}

/// The rule that must find a planted bug, and bounds on the search and on the minimized case.
///
/// The number of seeds is fixed before the first search; those of faults, decisions and operations are the maximum over the first three failing seeds in
/// either node style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// The rule that must be violated first.
    pub rule: &'static str,
    /// The number of seeds, from 0 on, within which one must fail.
    ///
    /// 20 for an easy bug, 200, or 2,000 for a hard one.
    pub seeds: u64,
    /// The most faults that a minimized case may need.
    pub faults: usize,
    /// The most decisions that a minimized case may need.
    pub decisions: usize,
    /// The most operations of clients that a minimized case may need.
    ///
    /// 0 without clients that ask for theirs by number.
    pub operations: u64,
}

impl Expected {
    /// Expects `rule` to find the bug within `seeds`.
    ///
    /// The array bounds the faults and the decisions of its minimized cases.
    pub const fn new(rule: &'static str, seeds: u64, [faults, decisions]: [usize; 2]) -> Self {
        Self { rule, seeds, faults, decisions, operations: 0 }
    }

    /// Bounds the operations of clients in its minimized cases.
    #[must_use]
    pub const fn operations(self, operations: u64) -> Self {
        Self { operations, ..self }
    }
}

/// Builds a cluster in one of the node styles.
type Make = Arc<dyn Fn(NodeStyle) -> BugHunt + Send + Sync>;

/// A bug of a system, with the cluster that must find it. Prints as `system/bug`.
#[derive(Clone, Serialize)]
pub struct PlantedBug {
    /// The name of the system.
    pub system: &'static str,
    /// The name of the bug in its system.
    pub bug: String,
    /// The rule that must find it, and within which bounds.
    #[serde(flatten)]
    pub expected: Expected,
    #[serde(skip)]
    hunt: Make,
    #[serde(skip)]
    sound: Make,
}

impl PlantedBug {
    /// The scenario that must find it: the cluster with the bug.
    pub fn hunt(&self, style: NodeStyle) -> BugHunt {
        (self.hunt)(style)
    }

    /// The scenario that must find it, by the name of its hunt and of the bug; its summary is the rule that breaks.
    fn builtin(&self, style: NodeStyle) -> BuiltinScenario {
        let suffix = if style == NodeStyle::Async { "-async" } else { "" };
        let name = format!("hunt-{}-{}{suffix}", self.system, self.bug);
        let description = json!({"hunt": name, "form": style, "bug": self.bug});
        let (hunt, renamed) = (Arc::clone(&self.hunt), name.clone());
        let prepare = move |_: &_| Ok(Prepared::new(hunt(style).scenario().renamed(&renamed), SEED, description.clone()));
        BuiltinScenario::new(name, self.expected.rule, prepare)
    }

    /// The scenario without the bug: its cluster and faults are equal, and every rule must hold.
    pub fn sound(&self, style: NodeStyle) -> BugHunt {
        (self.sound)(style)
    }
}

impl fmt::Display for PlantedBug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&format!("{}/{}", self.system, self.bug))
    }
}

impl fmt::Debug for PlantedBug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self} {:?}", self.expected)
    }
}

/// Every bug that can be planted in a system, and the cluster to plant it in.
pub struct PlantedBugs {
    system: &'static str,
    summaries: Vec<(NodeStyle, &'static str)>,
    sound: Make,
    bugs: Vec<PlantedBug>,
}

impl PlantedBugs {
    /// The bugs `all` of a system.
    ///
    /// `cluster` builds the cluster with a bug or, of `None`, without one. `expected` is a `match` over all bugs, so that none is forgotten.
    /// The cluster without a bug is a builtin scenario in each node style of the system, which `summaries` describe.
    pub fn new<B: Copy + fmt::Display + Send + Sync + 'static>(
        system: &'static str,
        summaries: &[(NodeStyle, &'static str)],
        all: &[B],
        cluster: fn(NodeStyle, Option<B>) -> BugHunt,
        expected: fn(B) -> Expected,
    ) -> Self {
        let sound: Make = Arc::new(move |style| cluster(style, None));
        let planted = |bug: &B| {
            let (bug, sound) = (*bug, Arc::clone(&sound));
            let hunt: Make = Arc::new(move |style| cluster(style, Some(bug)));
            PlantedBug { system, bug: bug.to_string(), expected: expected(bug), hunt, sound }
        };
        Self { system, summaries: summaries.to_vec(), bugs: all.iter().map(planted).collect(), sound }
    }

    /// The bugs, in the order of their declaration.
    pub fn bugs(&self) -> &[PlantedBug] {
        &self.bugs
    }

    /// The cluster without a bug, by name, in each node style of the system.
    pub(crate) fn builtin(&self) -> impl Iterator<Item = BuiltinScenario> {
        self.summaries.iter().map(|&(style, summary)| {
            let suffix = if style == NodeStyle::Async { "-async" } else { "" };
            let (name, sound) = (format!("hunt-{}{suffix}", self.system), Arc::clone(&self.sound));
            let description = json!({"hunt": name, "form": style});
            let prepare = move |_: &_| Ok(Prepared::new(sound(style).scenario(), SEED, description.clone()));
            BuiltinScenario::new(name, summary, prepare)
        })
    }

    /// The cluster with each bug, by name, in each node style of the system: `hunt-queue-loses-acknowledged`.
    pub(crate) fn with_bugs(&self) -> impl Iterator<Item = BuiltinScenario> {
        let styles = || self.summaries.iter().map(|(style, _)| *style);
        self.bugs.iter().flat_map(move |planted| styles().map(move |style| planted.builtin(style)))
    }
}
