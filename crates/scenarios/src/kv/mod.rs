//! The key-value scenario: three replicas and their clients, through crashes, pauses, cuts and loss.

mod general;
pub mod planted;

use std::time::Duration;

use cluster_sim::fault::{Claim, NodeFault};
use cluster_sim::{Boot, FaultPlan, Scenario};
use cluster_sim_kv::{Bug, Client, Config, KvModel, REPLICAS, Replica, all_is_settled, client, replica};
use cluster_sim_registry::{BuiltinScenario, GeneralFormat, NodeStyle, PlantedBugs, Prepared, System};
use serde_json::json;

use self::planted::{LINEARIZABLE, SETTLED};
use crate::smoke::{self, smoke_second};

const CLIENTS: u32 = 3;

/// Three replicas and three clients, through faults that each seed draws for one second.
///
/// Registers, one per key, could have answered what clients hear. One replica crashes and another one is paused, always
/// at the same time: in so short a run crashes at random let two replicas forget everything before a client has its first answer.
pub fn scenario(style: NodeStyle) -> Scenario {
    let name = if style == NodeStyle::Async { "kv-async" } else { "kv" };
    let milliseconds = Duration::from_millis;
    let plan = FaultPlan::new()
        .at(milliseconds(300), NodeFault::crash("replica/0", milliseconds(50)))
        .at(milliseconds(600), NodeFault::pause("replica/1", milliseconds(150)));
    smoke_second(cluster(name, style, CLIENTS, Config::default())).chaos(smoke::profile().sparing(["replica"])).faults(plan)
}

/// The nodes, the rules and the claim.
fn cluster(name: &str, style: NodeStyle, clients: u32, config: Config) -> Scenario {
    let nodes = match style {
        NodeStyle::Machine => Scenario::new(name)
            .machines("replica", REPLICAS, move |node: &Boot| Replica::boot(config, node))
            .machines("client", clients, move |node: &Boot| Client::boot(config, node)),
        NodeStyle::Async => Scenario::new(name).nodes("replica", REPLICAS, move |node| replica(node, config)).nodes(
            "client",
            clients,
            move |node| client(node, config),
        ),
    };
    nodes.survives(Claim::minority_of("replica")).linearizable::<KvModel>(LINEARIZABLE).eventually(SETTLED, all_is_settled)
}

/// The key-value store with its scenarios and planted bugs.
#[derive(Debug, Clone, Copy)]
pub struct KvSystem;

impl System for KvSystem {
    fn name(&self) -> &'static str {
        "kv"
    }

    fn scenarios(&self) -> Vec<BuiltinScenario> {
        let both = [
            ("kv", "three replicas answer as one register per key, through crashes, pauses, cuts and loss", NodeStyle::Machine),
            ("kv-async", "kv with replicas and clients written as async functions", NodeStyle::Async),
        ];
        let builtin = both.map(|(name, summary, style)| {
            let prepare = move |_: &_| Ok(Prepared::new(scenario(style), smoke::SEED, json!({"system": "kv", "form": style})));
            BuiltinScenario::new(name, summary, prepare).for_many_seeds()
        });
        builtin.into()
    }

    fn rules(&self) -> Vec<&'static str> {
        vec![LINEARIZABLE, SETTLED]
    }

    fn general_format(&self) -> Option<GeneralFormat> {
        Some(general::format())
    }

    fn planted_bugs(&self) -> PlantedBugs {
        let summaries = [
            (NodeStyle::Machine, "the key-value store without a planted bug: five seconds, faults drawn by each seed"),
            (NodeStyle::Async, "hunt-kv with replicas and clients written as async functions"),
        ];
        PlantedBugs::new(self.name(), &summaries, Bug::ALL, planted::cluster, planted::expected)
    }
}
