//! The ledger scenario: three stores and their clients, through crashes, pauses, cuts and loss.

mod general;
pub mod planted;

use std::time::Duration;

use cluster_sim::fault::{Claim, FaultKind};
use cluster_sim::node::{Hosted, run_protocol};
use cluster_sim::{Boot, FaultProfile, Scenario};
use cluster_sim_ledger::rules::{
    Acknowledgements, FreshReads, Measured, OneHistory, OnePrimary, Remembers, VouchedIsDurable, all_is_settled,
};
use cluster_sim_ledger::{Bug, Client, Config, LedgerStore, Recovery, STORES};
use cluster_sim_registry::{BuiltinScenario, GeneralFormat, NodeStyle, PlantedBugs, Prepared, System};
use serde_json::json;

use self::planted::{ACKNOWLEDGED, DURABLE, FRESH_READS, HISTORY, MEMORY, ONE_PRIMARY, SETTLED};
use crate::smoke::{self, smoke_second};

const SIGNATURE_METRICS: &[&str] = &["entries", "acknowledged", "reads"];
const CLIENTS: u32 = 4;
/// So short that disks fill up while they take little more.
const PAUSE: Duration = Duration::from_millis(5);
/// How many disks of the three may be damaged.
const BAD_DISKS: u32 = 1;

/// Three stores and four clients, through faults that each seed draws for one second.
///
/// They are of links, nodes, clocks and disks.
///
/// One disk of the three may lie, rot or be replaced.
///
/// No entry that was acknowledged may be lost, and in the end all stores must have the same ledger and clients their answers.
pub fn scenario(style: NodeStyle) -> Scenario {
    scenario_with(style, Recovery::BothOthers)
}

/// [`scenario`] with another recovery, which its lying disk breaks.
pub fn scenario_with(style: NodeStyle, recovery: Recovery) -> Scenario {
    let name = if style == NodeStyle::Async { "ledger-async" } else { "ledger" };
    // Clocks may freeze, which no lease survives; and a disk may lie.
    let config = Config { requests: 30, pause: PAUSE, lease: Duration::ZERO, recovery, ..Config::default() };
    smoke_second(with_rules(nodes(name, style, CLIENTS, config), config, BAD_DISKS)).chaos(profile())
}

/// The faults of [`scenario`]: the common ones, and all of clocks and disks.
pub fn profile() -> FaultProfile {
    smoke::profile().also(FaultKind::OF_CLOCKS).also(FaultKind::disk_honest()).also(FaultKind::disk_dishonest())
}

fn nodes(name: &str, style: NodeStyle, clients: u32, config: Config) -> Scenario {
    match style {
        NodeStyle::Machine => Scenario::new(name)
            .machines("store", STORES, move |node: &Boot| Hosted::<LedgerStore>::boot(config, node))
            .machines("client", clients, move |node: &Boot| Hosted::<Client>::boot(config, node)),
        NodeStyle::Async => Scenario::new(name)
            .nodes("store", STORES, move |node| run_protocol::<LedgerStore>(node, config))
            .nodes("client", clients, move |node| run_protocol::<Client>(node, config)),
    }
}

/// Adds the rules and the claim; of the disks that may be damaged `liars` may also confirm what they do not do.
fn with_rules(scenario: Scenario, config: Config, liars: u32) -> Scenario {
    scenario
        .survives(Claim::damaged_disks(BAD_DISKS, "store"))
        .observe(HISTORY, OneHistory::default)
        .observe(ACKNOWLEDGED, Acknowledgements::default)
        .observe(FRESH_READS, FreshReads::default)
        .observe(ONE_PRIMARY, OnePrimary::default)
        .observe(MEMORY, Remembers::default)
        .observe(DURABLE, move || VouchedIsDurable::with_bad_disks(liars as usize))
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
        vec![HISTORY, ACKNOWLEDGED, FRESH_READS, ONE_PRIMARY, MEMORY, DURABLE, SETTLED]
    }

    fn general_format(&self) -> Option<GeneralFormat> {
        Some(general::format())
    }

    fn planted_bugs(&self) -> PlantedBugs {
        let summaries = [
            (NodeStyle::Machine, "the ledger without a planted bug: five seconds, faults of disks and clocks drawn by each seed"),
            (NodeStyle::Async, "hunt-ledger with stores and clients written as async functions"),
        ];
        PlantedBugs::new(self.name(), &summaries, Bug::ALL, planted::cluster, planted::expected)
    }
}
