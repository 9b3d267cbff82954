//! The gossip scenario: three nodes spread news, through crashes, pauses, cuts and loss.

pub mod planted;

use cluster_sim::{Boot, Scenario};
use cluster_sim_gossip::{Bug, Config, Gossip, Measured, Newest, NoRollback, gossip};
use cluster_sim_registry::{BuiltinScenario, NodeStyle, PlantedBugs, Prepared, System};
use serde_json::json;

use self::planted::{CONVERGENCE, MEMORY, PROMPT_NEWS};
use crate::smoke::{self, smoke_second};

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
        .observe(MEMORY, NoRollback::default)
        .eventually(CONVERGENCE, move |world| world.views::<Newest>().all(|(_, newest)| *newest == last));
    smoke_second(known)
}

/// The gossip with its scenarios and planted bugs.
#[derive(Debug, Clone, Copy)]
pub struct GossipSystem;

impl System for GossipSystem {
    fn name(&self) -> &'static str {
        "gossip"
    }

    fn scenarios(&self) -> Vec<BuiltinScenario> {
        let both = [
            ("gossip", "three nodes spread the newest value they know, through crashes, pauses, cuts and loss", NodeStyle::Machine),
            ("gossip-async", "gossip with nodes written as async functions", NodeStyle::Async),
        ];
        let builtin = both.map(|(name, summary, style)| {
            let prepare = move |_: &_| {
                let prepared = Prepared::new(scenario(style), smoke::SEED, json!({"system": "gossip", "form": style}));
                // Its observer also measures.
                Ok(prepared.with_observer(MEMORY, json!(Measured::default()), SIGNATURE_METRICS))
            };
            BuiltinScenario::new(name, summary, prepare).for_many_seeds()
        });
        builtin.into()
    }

    fn rules(&self) -> Vec<&'static str> {
        vec![MEMORY, CONVERGENCE, PROMPT_NEWS]
    }

    fn planted_bugs(&self) -> PlantedBugs {
        let summaries = [
            (NodeStyle::Machine, "gossip without a planted bug: five seconds, much news, faults drawn by each seed"),
            (NodeStyle::Async, "hunt-gossip with nodes written as async functions"),
        ];
        PlantedBugs::new(self.name(), &summaries, Bug::ALL, planted::cluster, planted::expected)
    }
}
