//! The replicated log scenario: five servers and their clients, through crashes, pauses, cuts, loss and faults of disks.

pub mod planted;

use std::time::Duration;

use cluster_sim::fault::FaultKind;
use cluster_sim::node::{Hosted, run_protocol};
use cluster_sim::{Boot, FaultProfile, Scenario};
use cluster_sim_registry::{BuiltinScenario, NodeStyle, PlantedBugs, Prepared, System};
use cluster_sim_replicated_log::rules::{
    Elections, Folded, FreshReads, NoRegress, OneGroup, OneLog, OneState, PromisesAreDurable, Quorums, all_is_settled,
};
use cluster_sim_replicated_log::{Bug, Client, Config, Operator, Server, StoreModel};
use serde_json::json;

use self::planted::{DURABLE, ELECTIONS, FRESH_READS, LINEARIZABLE, NO_REGRESS, ONE_LOG, ONE_STATE, QUORUMS, SETTLED};
use crate::smoke::{self, smoke_second};

const SERVERS: u32 = 5;
const CLIENTS: u32 = 3;

/// Five servers and three clients, through faults that each seed draws for one second.
///
/// They are of links, nodes, clocks, and of disks that tell.
///
/// Registers, one per key, could have answered what clients hear, and all servers keep the promises of Raft after every step.
pub fn scenario(style: NodeStyle) -> Scenario {
    let name = if style == NodeStyle::Async { "replicated-log-async" } else { "replicated-log" };
    let config = Config { servers: SERVERS, pause: Duration::from_millis(10), orders: 4, ..Config::default() };
    smoke_second(cluster(name, style, CLIENTS, config)).chaos(profile())
}

/// The faults of [`scenario`]: the common ones, and those of clocks and of disks that tell.
fn profile() -> FaultProfile {
    smoke::profile().also(FaultKind::OF_CLOCKS).also(FaultKind::disk_honest()).at_most_down(u32::MAX)
}

/// The nodes, the rules and the claim.
pub fn cluster(name: &str, style: NodeStyle, clients: u32, config: Config) -> Scenario {
    let nodes = match style {
        NodeStyle::Machine => Scenario::new(name)
            .machines("server", config.servers, move |node: &Boot| Hosted::<Server>::boot(config, node))
            .machines("client", clients, move |node: &Boot| Hosted::<Client>::boot(config, node))
            .machines("operator", 1, move |node: &Boot| Hosted::<Operator>::boot(config, node)),
        NodeStyle::Async => Scenario::new(name)
            .nodes("server", config.servers, move |node| run_protocol::<Server>(node, config))
            .nodes("client", clients, move |node| run_protocol::<Client>(node, config))
            .nodes("operator", 1, move |node| run_protocol::<Operator>(node, config)),
    };
    let clock_error = config.log.clock_error.unwrap_or_default();
    nodes
        .observe(ELECTIONS, Folded::<Elections, OneGroup>::default)
        .observe(ONE_LOG, Folded::<OneLog, OneGroup>::default)
        .observe(NO_REGRESS, Folded::<NoRegress, OneGroup>::default)
        .observe(QUORUMS, Folded::<Quorums, OneGroup>::default)
        .observe(FRESH_READS, move || Folded::<_, OneGroup>::of(FreshReads::with_clock_error(clock_error)))
        .observe(ONE_STATE, OneState::default)
        .observe(DURABLE, PromisesAreDurable::<OneGroup>::default)
        .linearizable::<StoreModel>(LINEARIZABLE)
        .eventually(SETTLED, all_is_settled)
}

/// The replicated log with its scenarios and planted bugs.
#[derive(Debug, Clone, Copy)]
pub struct ReplicatedLogSystem;

impl System for ReplicatedLogSystem {
    fn name(&self) -> &'static str {
        "replicated-log"
    }

    fn scenarios(&self) -> Vec<BuiltinScenario> {
        let both = [
            (
                "replicated-log",
                "five servers keep one log by Raft, through crashes, cuts, loss and failing disks",
                NodeStyle::Machine,
            ),
            ("replicated-log-async", "replicated-log with servers and clients written as async functions", NodeStyle::Async),
        ];
        let builtin = both.map(|(name, summary, style)| {
            let parameters = json!({"system": "replicated-log", "form": style});
            let prepare = move |_: &_| Ok(Prepared::new(scenario(style), smoke::SEED, parameters.clone()));
            BuiltinScenario::new(name, summary, prepare)
        });
        builtin.into()
    }

    fn rules(&self) -> Vec<&'static str> {
        vec![ELECTIONS, ONE_LOG, NO_REGRESS, QUORUMS, FRESH_READS, ONE_STATE, DURABLE, LINEARIZABLE, SETTLED]
    }

    fn planted_bugs(&self) -> PlantedBugs {
        let summaries = [
            (NodeStyle::Machine, "the replicated log without a planted bug: five seconds, faults drawn by each seed"),
            (NodeStyle::Async, "hunt-replicated-log with servers and clients written as async functions"),
        ];
        PlantedBugs::new(self.name(), &summaries, Bug::ALL, planted::cluster, planted::expected)
    }
}
