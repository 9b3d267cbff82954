//! Faults for plans and injection, without the field names.
//!
//! Nodes are named as in a plan: `worker/0`. A duration is a [`Duration`], or `None` for a fault that lasts until something ends
//! it.
//!
//! ```
//! use cluster_sim::prelude::*;
//! use cluster_sim_testkit::faults::{crash, cut};
//! use cluster_sim_testkit::units::milliseconds;
//!
//! let plan = FaultPlan::new()
//!     .at(milliseconds(100), crash("worker/0", milliseconds(50)))
//!     .at(milliseconds(300), cut(["worker/0"], ["worker/1"], None));
//! assert_eq!(plan.faults().len(), 2);
//! ```

use cluster_sim::prelude::*;

/// Stops a node; it loses its memory and restarts after `down_for`.
pub fn crash(node: &str, down_for: impl Into<Option<Duration>>) -> Fault {
    NodeFault::Crash { node: node.to_owned(), down_for: down_for.into() }.into()
}

/// Stops a node at its first visit of a failpoint; it loses its memory and restarts after `down_for`.
pub fn crash_at(node: &str, point: &str, down_for: impl Into<Option<Duration>>) -> Fault {
    let (node, point) = (node.to_owned(), point.to_owned());
    NodeFault::CrashAt { node, point, visit: 1, down_for: down_for.into(), duration: None }.into()
}

/// Starts a node that is down.
pub fn restart(node: &str) -> Fault {
    NodeFault::Restart { node: node.to_owned() }.into()
}

/// Stops a node for the rest of the run.
pub fn kill(node: &str) -> Fault {
    NodeFault::Kill { node: node.to_owned() }.into()
}

/// Suspends a node; it keeps its memory, and its messages and timers wait.
pub fn pause(node: &str, duration: impl Into<Option<Duration>>) -> Fault {
    NodeFault::Pause { node: node.to_owned(), duration: duration.into() }.into()
}

/// Ends the pause of a node.
pub fn resume(node: &str) -> Fault {
    NodeFault::Resume { node: node.to_owned() }.into()
}

/// Cuts the links between two sides, both ways.
pub fn cut<'a>(
    from: impl IntoIterator<Item = &'a str>,
    to: impl IntoIterator<Item = &'a str>,
    duration: impl Into<Option<Duration>>,
) -> Fault {
    NetworkFault::Cut { from: names(from), to: names(to), both_ways: true, duration: duration.into() }.into()
}

/// Cuts the links from one side to the other; the way back stays open.
pub fn one_way_cut<'a>(
    from: impl IntoIterator<Item = &'a str>,
    to: impl IntoIterator<Item = &'a str>,
    duration: impl Into<Option<Duration>>,
) -> Fault {
    NetworkFault::Cut { from: names(from), to: names(to), both_ways: false, duration: duration.into() }.into()
}

/// Adds a loss rule to the links of a class; its losses are counted under the name of the rule.
pub fn loss(links: &str, rule: &str, ratio: Ratio, duration: impl Into<Option<Duration>>) -> Fault {
    NetworkFault::Loss { links: links.to_owned(), rule: rule.to_owned(), ratio, duration: duration.into() }.into()
}

fn names<'a>(nodes: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    nodes.into_iter().map(str::to_owned).collect()
}
