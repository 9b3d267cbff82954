//! [`PlanError`]: why a plan does not fit its scenario.

use crate::known_names::{listed, suggested};

/// A fault plan that does not fit its scenario; nothing was run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A fault names an unknown node.
    #[error(
        "fault {index} ({kind}) names node {node:?}; the scenario has no such node, name it by group and index, as in \"edge/1\"{}{}",
        suggested(node, known),
        listed(known)
    )]
    UnknownNode {
        /// Its position in the plan.
        index: usize,
        /// Its kind.
        kind: &'static str,
        /// The node as named.
        node: String,
        /// The nodes of the scenario.
        known: Vec<String>,
    },
    /// A fault names an unknown class of links.
    #[error(
        "fault {index} ({kind}) names links {links:?}; the scenario has no such class, declare it with `Scenario::links`{}{}",
        suggested(links, known),
        listed(known)
    )]
    UnknownLinks {
        /// Its position in the plan.
        index: usize,
        /// Its kind.
        kind: &'static str,
        /// The class as named.
        links: String,
        /// The classes of links of the scenario.
        known: Vec<String>,
    },
    /// A fault names a failpoint that the scenario does not declare.
    #[error(
        "fault {index} ({kind}) names failpoint {point:?}; the scenario declares no such point, name it in `Scenario::failpoints`{}{}",
        suggested(point, known),
        listed(known)
    )]
    UnknownFailpoint {
        /// Its position in the plan.
        index: usize,
        /// Its kind.
        kind: &'static str,
        /// The point as named.
        point: String,
        /// The points of the scenario.
        known: Vec<String>,
    },
    /// A fault asks for the impossible, as for an invalid link model.
    #[error("fault {index} ({kind}) is invalid: {reason}")]
    Impossible {
        /// Its position in the plan.
        index: usize,
        /// Its kind.
        kind: &'static str,
        /// The reason.
        reason: String,
    },
    /// A cut has a node on both of its sides.
    #[error("fault {index} ({kind}) has node {node:?} on both sides; name it on one of them")]
    OnBothSides {
        /// Its position in the plan.
        index: usize,
        /// Its kind.
        kind: &'static str,
        /// The first node that is on both sides.
        node: String,
    },
    /// The faults are not in order of time.
    #[error("fault {index} is scheduled before the one in front of it; put the faults in order of time")]
    OutOfOrder {
        /// Position of the first fault out of order.
        index: usize,
    },
}
