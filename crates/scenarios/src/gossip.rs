//! Gossip, ready to run: three nodes that spread news, through crashes, pauses, cuts and loss.

use cluster_sim::{NodeInfo, Scenario};
use cluster_sim_gossip::{Config, Gossip, Measured, Memory, Newest, gossip};
use serde_json::json;

use crate::node_style::NodeStyle;
use crate::prepared::Prepared;
use crate::registry::BuiltinScenario;
use crate::smoke::{self, smoke_second};

/// The observer whose measurements are the report's snapshot.
const OBSERVER: &str = "nobody forgets what it knew";
const SIGNED: &[&str] = &["news", "learned"];
const NODES: u32 = 3;

/// Three nodes, written in that form. Each seed draws faults of its own for the first second.
///
/// Whatever happens, nobody forgets what it knew in its present life, and in the end everybody knows of the last news.
pub fn scenario(form: NodeStyle) -> Scenario {
    let config = Config::default();
    let last = Newest(config.last(NODES));
    let nodes = match form {
        NodeStyle::Machine => Scenario::new("gossip").machines("gossip", NODES, move |seat: &NodeInfo| Gossip::boot(config, seat)),
        NodeStyle::Async => Scenario::new("gossip-async").nodes("gossip", NODES, move |node| gossip(node, config)),
    };
    let known = nodes
        .observe(OBSERVER, Memory::default)
        .eventually("everybody knows of the last news", move |world| world.views::<Newest>().all(|(_, newest)| *newest == last));
    smoke_second(known)
}

/// The ready scenarios of the gossip.
pub(crate) fn builtin() -> impl IntoIterator<Item = BuiltinScenario> {
    [
        ("gossip", "three nodes tell each other the newest they know, through crashes, pauses, cuts and loss", NodeStyle::Machine),
        ("gossip-async", "the same, with nodes written as async functions", NodeStyle::Async),
    ]
    .map(|(name, summary, form)| {
        let prepare = move |_: &_| {
            let prepared = Prepared::new(scenario(form), smoke::SEED, json!({"system": "gossip", "form": form}));
            Ok(prepared.measured_by(OBSERVER, json!(Measured::default()), SIGNED))
        };
        BuiltinScenario::new(name, summary, prepare).for_many_seeds()
    })
}
