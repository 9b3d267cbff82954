//! Faults as data: [`Fault`], plans of them, and profiles from which a seed draws a plan.

mod kind;
mod plan;
mod profile;
mod swarm;

use std::fmt;
use std::time::Duration;

use cluster_sim_runtime::nanoseconds;
use cluster_sim_transport::LinkModel;
use cluster_sim_types::Ratio;
use serde::{Deserialize, Serialize};

pub(crate) use plan::check_fault;
pub use plan::{FaultPlan, PlanError, ScheduledFault};
pub(crate) use profile::CompiledProfile;
pub use profile::FaultProfile;

/// A fault. Names nodes as the scenario declares them, by group and index: `edge/1`.
///
/// A crash loses a node's memory and the node may restart, a kill is for good, a pause keeps the memory. Cuts and losses affect
/// links only. Crashes and pauses do not add up: the end of an earlier one does not end a later one. Cuts do add up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Drops all messages from one side to the other, on every link.
    ///
    /// Messages in flight are dropped on arrival.
    Cut {
        /// Nodes of one side.
        from: Vec<String>,
        /// Nodes of the other side.
        to: Vec<String>,
        /// Whether messages back are dropped too.
        both_ways: bool,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Ends every cut.
    HealAll,
    /// Crashes a node: everything in memory is lost.
    Crash {
        /// The node.
        node: String,
        /// Time until it restarts; absent for until the fault phase ends.
        #[serde(rename = "down_for_ns", with = "nanoseconds::optional", default)]
        down_for: Option<Duration>,
    },
    /// Restarts a crashed node.
    Restart {
        /// The node.
        node: String,
    },
    /// Kills a node: it never restarts.
    Kill {
        /// The node.
        node: String,
    },
    /// Pauses a node, which keeps its memory.
    ///
    /// Up to 256 messages wait in its inbox, and timers fire once it resumes.
    ///
    /// A second pause of a paused node has no effect, and the end of the first one resumes it.
    Pause {
        /// The node.
        node: String,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Resumes a paused node.
    Resume {
        /// The node.
        node: String,
    },
    /// Adds an independent chance of loss for every message of a class of links.
    Loss {
        /// The class of links; `default` is always known.
        links: String,
        /// Name under which its losses are counted; replaces an earlier rule of that name on that class.
        rule: String,
        /// Chance that a message is lost; zero removes the rule.
        ratio: Ratio,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Replaces the model of a class of links. An invalid model is a [`PlanError`].
    Links {
        /// The class of links; `default` is always known.
        links: String,
        /// The new model, until another replaces it or the fault phase ends.
        model: LinkModel,
    },
}

impl Fault {
    /// Name of the kind, such as `crash`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Cut { .. } => "cut",
            Self::HealAll => "heal all",
            Self::Crash { .. } => "crash",
            Self::Restart { .. } => "restart",
            Self::Kill { .. } => "kill",
            Self::Pause { .. } => "pause",
            Self::Resume { .. } => "resume",
            Self::Loss { .. } => "loss",
            Self::Links { .. } => "links",
        }
    }

    /// How long it lasts; absent if it has no end of its own.
    pub fn duration(&self) -> Option<Duration> {
        match self {
            Self::Cut { duration, .. } | Self::Pause { duration, .. } | Self::Loss { duration, .. } => *duration,
            Self::Crash { down_for, .. } => *down_for,
            Self::HealAll | Self::Restart { .. } | Self::Kill { .. } | Self::Resume { .. } | Self::Links { .. } => None,
        }
    }

    /// Whether its effect is counted in messages that it dropped.
    pub fn drops_messages(&self) -> bool {
        matches!(self, Self::Cut { .. } | Self::Loss { .. })
    }

    /// Nodes that it names, with repetitions.
    pub fn nodes(&self) -> Vec<&str> {
        match self {
            Self::Cut { from, to, .. } => from.iter().chain(to).map(String::as_str).collect(),
            Self::Crash { node, .. }
            | Self::Restart { node }
            | Self::Kill { node }
            | Self::Pause { node, .. }
            | Self::Resume { node } => vec![node],
            Self::HealAll | Self::Loss { .. } | Self::Links { .. } => Vec::new(),
        }
    }

    /// Class of links that it names.
    pub fn links(&self) -> Option<&str> {
        match self {
            Self::Loss { links, .. } | Self::Links { links, .. } => Some(links),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span =
            |duration: &Option<Duration>| duration.map_or(String::new(), |duration| format!(" for {:.3}s", duration.as_secs_f64()));
        match self {
            Self::Cut { from, to, both_ways, duration } => {
                let arrow = if *both_ways { "|" } else { "-/->" };
                write!(formatter, "cut [{}] {arrow} [{}]{}", from.join(" "), to.join(" "), span(duration))
            }
            Self::HealAll => write!(formatter, "heal all"),
            Self::Crash { node, down_for } => write!(formatter, "crash {node}{}", span(down_for)),
            Self::Restart { node } => write!(formatter, "restart {node}"),
            Self::Kill { node } => write!(formatter, "kill {node}"),
            Self::Pause { node, duration } => write!(formatter, "pause {node}{}", span(duration)),
            Self::Resume { node } => write!(formatter, "resume {node}"),
            Self::Loss { links, rule, ratio, duration } => write!(formatter, "lose {ratio} of {links} as {rule}{}", span(duration)),
            Self::Links { links, .. } => write!(formatter, "change the links {links}"),
        }
    }
}
