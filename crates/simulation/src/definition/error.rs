//! [`ScenarioError`]: why a scenario cannot be run.

use std::fmt;

use cluster_sim_runtime::InvalidDistribution;
use cluster_sim_storage::InvalidObjectStore;
use cluster_sim_transport::InvalidLink;

use crate::fault::{FaultDomain, PlanError};
use crate::known_names::{listed, suggested};

/// A scenario that cannot be run; nothing was run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ScenarioError {
    /// It has no nodes.
    NoNodes,
    /// Two groups have one name.
    DuplicateGroup {
        /// The name.
        group: String,
    },
    /// [`Scenario::without`](crate::Scenario::without) names an unknown node.
    UnknownAbsent {
        /// The node as named.
        node: String,
        /// The nodes of the scenario.
        known: Vec<String>,
    },
    /// [`Scenario::start_at`](crate::Scenario::start_at) names an unknown node or group.
    UnknownStart {
        /// The node or group as named.
        name: String,
        /// The groups and nodes of the scenario.
        known: Vec<String>,
    },
    /// A profile of faults spares an unknown group.
    UnknownSparedGroup {
        /// The group as named.
        group: String,
        /// The groups of the scenario.
        known: Vec<String>,
    },
    /// [`Scenario::may_shrink`](crate::Scenario::may_shrink) names an unknown group.
    UnknownShrinkableGroup {
        /// The group as named.
        group: String,
        /// The groups of the scenario.
        known: Vec<String>,
    },
    /// [`Scenario::survives`](crate::Scenario::survives) names an unknown group or set.
    UnknownClaimedGroup {
        /// The group or set as named.
        set: String,
        /// The groups of the scenario.
        known: Vec<String>,
    },
    /// A claim [counts](crate::Claim::counting) domains of a kind in which a node of it does not stand.
    NoClaimedDomain {
        /// The group or set as named.
        set: String,
        /// The first such node.
        node: String,
        /// The kind of domain.
        domain: FaultDomain,
    },
    /// A claim that no run could exceed, or that mixes what cannot be claimed together.
    ImpossibleClaim {
        /// The claim in words.
        claim: String,
        /// The reason, and the cure.
        reason: String,
    },
    /// A profile of faults none of whose kinds can be drawn in the scenario.
    IdleProfile {
        /// The reason, and the cure.
        reason: String,
    },
    /// A failpoint is declared twice, or without a name.
    InvalidFailpoint {
        /// The name.
        name: String,
        /// The reason, and the cure.
        reason: &'static str,
    },
    /// Two triggers have one name.
    DuplicateTrigger {
        /// The name.
        trigger: String,
    },
    /// A zone lies in two regions, or a rack in two zones.
    SplitDomain {
        /// The zone or rack, such as `zone:a`.
        domain: String,
        /// Two places of its nodes.
        within: [String; 2],
    },
    /// A group is spread over no zone or no rack.
    NoDomains {
        /// The group.
        group: String,
        /// `zone` or `rack`.
        kind: &'static str,
    },
    /// The model of a class of links is invalid.
    Links {
        /// The class.
        class: String,
        /// The reason.
        error: InvalidLink,
    },
    /// The model of a disk has an invalid time.
    Disks {
        /// The group whose disks it is for; absent for those of all nodes.
        group: Option<String>,
        /// The reason.
        error: InvalidDistribution,
    },
    /// The model of an object store is out of bounds.
    ObjectStore {
        /// The group of the store.
        group: String,
        /// The reason.
        error: InvalidObjectStore,
    },
    /// [`Scenario::disks_of`](crate::Scenario::disks_of) names an unknown group.
    UnknownDiskGroup {
        /// The group as named.
        group: String,
        /// The groups of the scenario.
        known: Vec<String>,
    },
    /// The fault plan does not fit the scenario.
    Plan(PlanError),
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNodes => {
                write!(formatter, "there are no nodes in it; add a group with `Scenario::machines` or `Scenario::nodes`")
            }
            Self::DuplicateGroup { group } => write!(formatter, "two groups are called {group:?}; give each a name of its own"),
            Self::UnknownAbsent { node, known } => {
                write!(
                    formatter,
                    "node {node:?} is to be left out, but the scenario has no such node; name it by group and index, as in \"edge/1\"{}{}",
                    suggested(node, known),
                    listed(known)
                )
            }
            Self::UnknownStart { name, known } => {
                let (suggested, listed) = (suggested(name, known), listed(known));
                write!(
                    formatter,
                    "a start is set for {name:?}, but the scenario has no such node or group; name a node by group and index, as in \"edge/1\"{suggested}{listed}"
                )
            }
            Self::UnknownSparedGroup { group, known } => {
                let (suggested, listed) = (suggested(group, known), listed(known));
                write!(formatter, "the fault profile names group {group:?}, but the scenario has no such group{suggested}{listed}")
            }
            Self::UnknownShrinkableGroup { group, known } => {
                let (suggested, listed) = (suggested(group, known), listed(known));
                write!(formatter, "group {group:?} may shrink, but the scenario has no such group{suggested}{listed}")
            }
            Self::UnknownClaimedGroup { set, known } => {
                let (suggested, listed) = (suggested(set, known), listed(known));
                write!(formatter, "a claim is about group {set:?}, but the scenario has no such group or set{suggested}{listed}")
            }
            Self::NoClaimedDomain { set, node, domain } => write!(
                formatter,
                "a claim counts the {domain}s of {set:?}, but {node} stands in no {domain}; put all its nodes into one with `{}`, or claim a number of nodes",
                domain.declared_by()
            ),
            Self::ImpossibleClaim { claim, reason } => write!(formatter, "the claim {claim:?} is impossible: {reason}"),
            Self::IdleProfile { reason } => write!(formatter, "the fault profile draws nothing: {reason}"),
            Self::InvalidFailpoint { name, reason } => write!(formatter, "failpoint {name:?} is invalid: {reason}"),
            Self::DuplicateTrigger { trigger } => {
                write!(formatter, "two triggers are called {trigger:?}; give each a name of its own")
            }
            Self::SplitDomain { domain, within: [one, other] } => write!(
                formatter,
                "{domain} lies in {one} and in {other}; give its nodes one place, or each part a name of its own, as in \"eu-a\""
            ),
            Self::NoDomains { group, kind } => {
                write!(formatter, "group {group:?} is spread over no {kind}; name at least one, or leave its {kind}s out")
            }
            Self::Links { class, error } => write!(formatter, "the links {class:?} are invalid: {error}"),
            Self::Disks { group, error } => {
                let whose = group.as_ref().map_or_else(|| "all nodes".to_owned(), |group| format!("group {group:?}"));
                write!(formatter, "the disks of {whose} have an invalid time: {error}")
            }
            Self::ObjectStore { group, error } => {
                write!(formatter, "the model of the object store {group:?} is invalid: {error}")
            }
            Self::UnknownDiskGroup { group, known } => {
                let (suggested, listed) = (suggested(group, known), listed(known));
                write!(formatter, "disks are set for group {group:?}, but the scenario has no such group{suggested}{listed}")
            }
            Self::Plan(error) => write!(formatter, "{error}"),
        }
    }
}

impl std::error::Error for ScenarioError {}
