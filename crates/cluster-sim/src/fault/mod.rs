//! What goes wrong, as data.

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

/// One disturbance. Nodes are named as the scenario declares them: group and index, `edge/1`.
///
/// What stays apart: loss is not a cut, a crash (everything in memory is gone, the node may come back) is not a kill (for good), a
/// pause (everything is kept, nothing happens) is neither.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Nothing sent from one side reaches the other, whatever its link; what is under way is eaten on arrival.
    Cut {
        /// The nodes of one side.
        from: Vec<String>,
        /// The nodes of the other.
        to: Vec<String>,
        /// Whether the way back is cut too.
        both_ways: bool,
        /// For how long; nothing for until everything heals.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Every cut ends.
    HealAll,
    /// A node loses everything it holds in memory.
    Crash {
        /// Which node.
        node: String,
        /// When it comes back; nothing for when everything heals.
        #[serde(rename = "down_for_ns", with = "nanoseconds::optional", default)]
        down_for: Option<Duration>,
    },
    /// A crashed node comes back.
    Restart {
        /// Which node.
        node: String,
    },
    /// A node is gone for good.
    Kill {
        /// Which node.
        node: String,
    },
    /// A node stops with everything it holds; messages wait in its bounded inbox, timers fire when it goes on.
    ///
    /// A pause of a node that is paused has no effect, and the end of the first one ends it.
    Pause {
        /// Which node.
        node: String,
        /// For how long; nothing for until everything heals.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// A paused node goes on before its time.
    Resume {
        /// Which node.
        node: String,
    },
    /// A further, independent trial that every message of a class of links must pass.
    Loss {
        /// The class of links.
        links: String,
        /// The rule, under whose name what it eats is counted; it replaces an earlier one of the same name on that class.
        rule: String,
        /// How likely a message is lost; zero takes the rule away.
        ratio: Ratio,
        /// For how long; nothing for until everything heals.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// A class of links is of another model from now on. A model that cannot be is refused with the plan.
    Links {
        /// The class of links.
        links: String,
        /// The model; in force until everything heals or another one replaces it.
        model: LinkModel,
    },
}

impl Fault {
    /// The name of this kind of fault.
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

    /// How long it lasts; nothing where it has no end of its own.
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

    /// The nodes it names, with repetitions.
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

    /// The class of links it names.
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
