//! The hunts, ready to be swept by name; nothing is planted in them.

use serde_json::json;

use super::{BugHunt, echo, edge_cache, gossip};
use crate::node_style::NodeStyle;
use crate::prepared::Prepared;
use crate::registry::BuiltinScenario;
use crate::smoke;

/// A hunt by its form.
type Make = fn(NodeStyle) -> BugHunt;

/// The ready scenarios for hunting.
pub(crate) fn builtin() -> impl IntoIterator<Item = BuiltinScenario> {
    let echo: Make = |form| echo(form, None);
    let gossip: Make = |form| gossip(form, None);
    let edge_cache: Make = |form| edge_cache(form, None);
    [
        (
            "hunt-echo",
            "an echo to hunt bugs in: five seconds, many questions, and faults that each seed draws",
            echo,
            NodeStyle::Machine,
        ),
        ("hunt-echo-async", "the same, with server and clients written as async functions", echo, NodeStyle::Async),
        (
            "hunt-gossip",
            "a gossip to hunt bugs in: five seconds, much news, and faults that each seed draws",
            gossip,
            NodeStyle::Machine,
        ),
        ("hunt-gossip-async", "the same, with nodes written as async functions", gossip, NodeStyle::Async),
        (
            "hunt-edge-cache",
            "an edge cache to hunt bugs in: gated edges, guarded sessions, and a rule for each promise",
            edge_cache,
            NodeStyle::Machine,
        ),
        ("hunt-edge-cache-async", "the same, with clients written as async functions", edge_cache, NodeStyle::Async),
    ]
    .map(|(name, summary, hunt, form)| {
        let prepare = move |_: &_| Ok(Prepared::new(hunt(form).scenario(), smoke::SEED, json!({"hunt": name, "form": form})));
        BuiltinScenario::new(name, summary, prepare)
    })
}
