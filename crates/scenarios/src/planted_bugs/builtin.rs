//! The clusters by name, without a planted bug.

use cluster_sim_registry::{NodeStyle, Prepared};
use serde_json::json;

use super::{BugHunt, echo, edge_cache, gossip};
use crate::registry::BuiltinScenario;
use crate::smoke;

/// Builds a cluster in one of the node styles.
type Make = fn(NodeStyle) -> BugHunt;

/// The clusters by name, in both node styles.
pub(crate) fn builtin() -> impl IntoIterator<Item = BuiltinScenario> {
    let echo: Make = |style| echo(style, None);
    let gossip: Make = |style| gossip(style, None);
    let edge_cache: Make = |style| edge_cache(style, None);
    [
        (
            "hunt-echo",
            "echo without a planted bug: five seconds, many questions, faults drawn by each seed",
            echo,
            NodeStyle::Machine,
        ),
        ("hunt-echo-async", "hunt-echo with server and clients written as async functions", echo, NodeStyle::Async),
        (
            "hunt-gossip",
            "gossip without a planted bug: five seconds, much news, faults drawn by each seed",
            gossip,
            NodeStyle::Machine,
        ),
        ("hunt-gossip-async", "hunt-gossip with nodes written as async functions", gossip, NodeStyle::Async),
        (
            "hunt-edge-cache",
            "an edge cache without a planted bug: gated edges, guarded sessions, a rule for each promise",
            edge_cache,
            NodeStyle::Machine,
        ),
        ("hunt-edge-cache-async", "hunt-edge-cache with clients written as async functions", edge_cache, NodeStyle::Async),
    ]
    .map(|(name, summary, make, style)| {
        let prepare = move |_: &_| Ok(Prepared::new(make(style).scenario(), smoke::SEED, json!({"hunt": name, "form": style})));
        BuiltinScenario::new(name, summary, prepare)
    })
}
