//! The gossip scenario: three nodes spread news, through crashes, pauses, cuts and loss.

use cluster_sim::{Boot, Scenario};
use cluster_sim_gossip::{Config, Gossip, Measured, Newest, NoRollback, gossip};
use cluster_sim_registry::{NodeStyle, Prepared};
use serde_json::json;

use crate::registry::BuiltinScenario;
use crate::smoke::{self, smoke_second};

/// The observer that measures the report's snapshot.
const OBSERVER: &str = "no node forgets what it knew";
const SIGNATURE_METRICS: &[&str] = &["news", "learned"];
const NODES: u32 = 3;

/// Three nodes, through faults that each seed draws for one second.
///
/// No node may forget what it knew in its incarnation, and in the end every node must know the last news.
pub fn scenario(style: NodeStyle) -> Scenario {
    let config = Config::default();
    let last = Newest(config.last(NODES));
    let nodes = match style {
        NodeStyle::Machine => Scenario::new("gossip").machines("gossip", NODES, move |node: &Boot| Gossip::boot(config, node)),
        NodeStyle::Async => Scenario::new("gossip-async").nodes("gossip", NODES, move |node| gossip(node, config)),
    };
    let known = nodes
        .observe(OBSERVER, NoRollback::default)
        .eventually("every node knows the last news", move |world| world.views::<Newest>().all(|(_, newest)| *newest == last));
    smoke_second(known)
}

/// The gossip by name, in both node styles.
pub(crate) fn builtin() -> impl IntoIterator<Item = BuiltinScenario> {
    [
        ("gossip", "three nodes spread the newest value they know, through crashes, pauses, cuts and loss", NodeStyle::Machine),
        ("gossip-async", "gossip with nodes written as async functions", NodeStyle::Async),
    ]
    .map(|(name, summary, style)| {
        let prepare = move |_: &_| {
            let prepared = Prepared::new(scenario(style), smoke::SEED, json!({"system": "gossip", "form": style}));
            Ok(prepared.with_observer(OBSERVER, json!(Measured::default()), SIGNATURE_METRICS))
        };
        BuiltinScenario::new(name, summary, prepare).for_many_seeds()
    })
}
