//! Faults beyond what the ledger claims to survive: a run says which claim, and blames no rule.
//!
//! The numbers are rows of the catalogue of must-not-fire traps: T06, T12. Each test also runs without the claim, to show that the
//! faults do break the ledger.

use cluster_sim::fault::{Claim, Clocks, DiskFault, Trigger};
use cluster_sim::node::{Hosted, run_protocol};
use cluster_sim::prelude::*;
use cluster_sim_ledger::rules::{FreshReads, all_is_settled};
use cluster_sim_ledger::{Client, Config, LedgerFact, LedgerStore, STORES};
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_testkit::faults::cut;
use cluster_sim_testkit::units::milliseconds;
use rstest::rstest;

const SEEDS: u64 = 8;
const FRESH_READS: &str = "a read counts all that was acknowledged before";
const SETTLED: &str = "in the end all stores have one ledger and all clients their answers";

fn config() -> Config {
    let (pause, answer_timeout, deadline) = (milliseconds(10), milliseconds(30), milliseconds(150));
    Config { requests: 100, pause, answer_timeout, deadline, ..Config::default() }
}

/// Three stores and three clients that claim nothing.
fn ledger(style: NodeStyle) -> Scenario {
    let config = config();
    let nodes = match style {
        NodeStyle::Machine => Scenario::new("ledger")
            .machines("store", STORES, move |node: &Boot| Hosted::<LedgerStore>::boot(config, node))
            .machines("client", 3, move |node: &Boot| Hosted::<Client>::boot(config, node)),
        NodeStyle::Async => Scenario::new("ledger")
            .nodes("store", STORES, move |node| run_protocol::<LedgerStore>(node, config))
            .nodes("client", 3, move |node| run_protocol::<Client>(node, config)),
    };
    nodes
        .observe(FRESH_READS, FreshReads::default)
        .eventually(SETTLED, move |world| all_is_settled(world, config.requests))
        .duration(Duration::from_secs(5))
}

/// Runs a few seeds of a scenario with a claim, each of which must exceed it and break no rule; returns the message of the last.
fn exceeded(scenario: Scenario, claim: Claim) -> (String, Report) {
    let scenario = scenario.survives(claim);
    let mut last = None;
    for seed in 0..SEEDS {
        let report = scenario.run(Seed(seed));
        assert_eq!((report.outcome, report.finding()), (Outcome::AssumptionExceeded, None), "{report}");
        last = Some((report.exceeded.clone().expect("it says so").message, report));
    }
    last.expect("there are seeds")
}

/// The rule that each seed breaks; `None` of a seed that breaks none.
fn broken(scenario: &Scenario) -> Vec<Option<String>> {
    (0..SEEDS).map(|seed| scenario.run(Seed(seed)).finding().map(|finding| finding.rule)).collect()
}

#[rstest]
fn t06_the_loss_of_every_copy_is_beyond_the_claim(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let reformat = |plan: FaultPlan, number| {
        let node = format!("store/{number}");
        plan.at(milliseconds(1_000), DiskFault::Reformat { node, down_for: Some(milliseconds(50)) })
    };
    let scenario = ledger(style).faults((0..STORES).fold(FaultPlan::new(), reformat));
    let broken = broken(&scenario);
    assert!(broken.iter().all(Option::is_some), "no store has the ledger any more: {broken:?}");
    // The third is one too many: until it comes, one copy is left.
    let (message, report) = exceeded(scenario, Claim::damaged_disks(2, "store"));
    assert_eq!(message, "3 of 3 store nodes had a damaged disk (claim: at most 2 of store with a damaged disk)");
    assert_eq!(report.faults.iter().map(|record| record.effect).collect::<Vec<_>>(), [1, 1, 1]);
}

/// Cuts the first primary and a client off from all others, once it has led for a while, and changes its monotonic clock.
fn deposed(style: NodeStyle, change: fn(String) -> ClockFault) -> Scenario {
    let on_lead = |name: &str, fault: fn(String, fn(String) -> ClockFault) -> Fault| {
        let trigger = Trigger::new(name, move |seen, world| {
            let leads = matches!(seen.fact(), Some(LedgerFact::Leads { .. }));
            leads.then(|| fault(world.name(seen.node()).to_owned(), change))
        });
        trigger.after(milliseconds(300))
    };
    ledger(style)
        .trigger(on_lead("a leader is cut off", |leader, _| cut([leader.as_str(), "client/0"], ["*"], milliseconds(800))))
        .trigger(on_lead("its clock changes", |leader, change| change(leader).into()))
}

#[rstest]
fn t12_a_stale_read_beyond_the_claimed_drift_is_no_bug(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let claim = || Claim::clock_drift(100_000_000, "store");
    let frozen = deposed(style, |leader| ClockFault::freeze(leader, Clocks::Monotonic, milliseconds(700)));
    let broken = broken(&frozen);
    assert!(broken.iter().flatten().any(|rule| rule == FRESH_READS), "a lease that never ends answers from the past: {broken:?}");
    let (message, _) = exceeded(frozen, claim());
    assert!(message.contains("(claim: monotonic clocks of store drifting at most 100000.000 ppm)"), "{message}");
    let slow = deposed(style, |leader| ClockFault::drift(leader, Clocks::Monotonic, -100_000_000, milliseconds(700)));
    let slow = slow.survives(claim());
    (0..SEEDS).for_each(|seed| slow.run(Seed(seed)).assert_ok());
}
