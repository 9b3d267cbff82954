//! The ledger scenario: three stores and their clients, through crashes, pauses, cuts and loss.

pub mod planted;

use cluster_sim::{Boot, Scenario};
use cluster_sim_ledger::rules::{
    Acknowledgements, FreshReads, History, KeepsEpochs, KeepsVouched, Measured, OnePrimary, VouchedIsDurable, all_is_settled,
};
use cluster_sim_ledger::{Client, Config, Hosted, LedgerStore, STORES, run};
use cluster_sim_registry::{BuiltinScenario, NodeStyle, PlantedBugs, Prepared, System};
use serde_json::json;

use self::planted::{ACKNOWLEDGED, DURABLE, EPOCHS, FRESH_READS, HISTORY, ONE_PRIMARY, SETTLED, VOUCHED};
use crate::smoke::{self, smoke_second};

const SIGNATURE_METRICS: &[&str] = &["entries", "acknowledged", "reads"];
const CLIENTS: u32 = 2;

/// Three stores and two clients, through faults that each seed draws for one second.
///
/// No entry that was acknowledged may be lost, and in the end all stores must have the same ledger and clients their answers.
pub fn scenario(style: NodeStyle) -> Scenario {
    let name = if style == NodeStyle::Async { "ledger-async" } else { "ledger" };
    smoke_second(with_rules(nodes(name, style, CLIENTS, Config::default()), Config::default()))
}

fn nodes(name: &str, style: NodeStyle, clients: u32, config: Config) -> Scenario {
    match style {
        NodeStyle::Machine => Scenario::new(name)
            .machines("store", STORES, move |node: &Boot| Hosted::<LedgerStore>::boot(config, node))
            .machines("client", clients, move |node: &Boot| Hosted::<Client>::boot(config, node)),
        NodeStyle::Async => Scenario::new(name).nodes("store", STORES, move |node| run::<LedgerStore>(node, config)).nodes(
            "client",
            clients,
            move |node| run::<Client>(node, config),
        ),
    }
}

fn with_rules(scenario: Scenario, config: Config) -> Scenario {
    scenario
        .observe(HISTORY, History::default)
        .observe(ACKNOWLEDGED, Acknowledgements::default)
        .observe(FRESH_READS, FreshReads::default)
        .observe(ONE_PRIMARY, OnePrimary::default)
        .observe(EPOCHS, KeepsEpochs::default)
        .observe(VOUCHED, KeepsVouched::default)
        .observe(DURABLE, VouchedIsDurable::default)
        .eventually(SETTLED, move |world| all_is_settled(world, config.requests))
}

/// The ledger with its scenarios and planted bugs.
#[derive(Debug, Clone, Copy)]
pub struct LedgerSystem;

impl System for LedgerSystem {
    fn name(&self) -> &'static str {
        "ledger"
    }

    fn scenarios(&self) -> Vec<BuiltinScenario> {
        let both = [
            ("ledger", "three stores keep one ledger on their disks, through crashes, pauses, cuts and loss", NodeStyle::Machine),
            ("ledger-async", "ledger with stores and clients written as async functions", NodeStyle::Async),
        ];
        let builtin = both.map(|(name, summary, style)| {
            let prepare = move |_: &_| {
                let prepared = Prepared::new(scenario(style), smoke::SEED, json!({"system": "ledger", "form": style}));
                // Its observer also measures.
                Ok(prepared.with_observer(HISTORY, json!(Measured::default()), SIGNATURE_METRICS))
            };
            BuiltinScenario::new(name, summary, prepare).for_many_seeds()
        });
        builtin.into()
    }

    fn rules(&self) -> Vec<&'static str> {
        vec![HISTORY, ACKNOWLEDGED, FRESH_READS, ONE_PRIMARY, EPOCHS, VOUCHED, DURABLE, SETTLED]
    }

    fn planted_bugs(&self) -> PlantedBugs {
        let summaries = [
            (NodeStyle::Machine, "the ledger without a planted bug: five seconds, faults of disks and clocks drawn by each seed"),
            (NodeStyle::Async, "hunt-ledger with stores and clients written as async functions"),
        ];
        PlantedBugs::new(self.name(), &summaries, planted::HUNTED, planted::cluster, planted::expected)
    }
}
