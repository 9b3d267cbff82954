//! Correct but odd behaviour of the ledger that no rule may report. Each trap asserts that the odd thing did happen.
//!
//! The numbers are rows of the catalogue of must-not-fire traps: T01, T02. Of T06 and T12 see `claims.rs`.

use std::collections::BTreeSet;

use cluster_sim::check::{Change, Invariant};
use cluster_sim::fault::{DiskFault, Trigger};
use cluster_sim::prelude::*;
use cluster_sim_ledger::{LedgerFact, RequestId, Status, StoreView};
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::ledger::planted;
use cluster_sim_testkit::faults::cut;
use cluster_sim_testkit::oddities::{ODD, measured};
use cluster_sim_testkit::units::milliseconds;
use rstest::rstest;
use serde_json::{Value, json};

const SEEDS: u64 = 8;
const STORES: [&str; 3] = ["store/0", "store/1", "store/2"];

/// The ledger without faults.
fn ledger(style: NodeStyle) -> Scenario {
    planted::cluster(style, None).cluster
}

/// Cuts the first primary and a client off from all others, once it has led for a while.
fn with_a_deposed_primary(style: NodeStyle) -> Scenario {
    let isolate = Trigger::new("a store leads", |change, world| {
        let leads = matches!(change.fact(), Some(LedgerFact::Leads { .. }));
        leads.then(|| cut([world.name(change.node()), "client/0"], ["*"], milliseconds(800)))
    });
    ledger(style).trigger(isolate.after(milliseconds(300)))
}

/// Counts steps in which a primary of an earlier epoch has entries that another primary has committed others for.
#[derive(Debug, Default)]
struct Zombies(u64);

impl Invariant for Zombies {
    fn observe(&mut self, _: &Change, world: &World<'_>) -> Verdict {
        let primaries = || world.views::<StoreView>().map(|(_, view)| *view).filter(|view| view.status == Status::Primary);
        let is_zombie = |old: StoreView| {
            let has_tail = old.length > old.commit;
            has_tail && primaries().any(|new| new.epoch > old.epoch && new.commit > old.commit)
        };
        self.0 += u64::from(primaries().any(is_zombie));
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        1
    }

    fn measured(&self) -> Value {
        json!(self.0)
    }
}

#[rstest]
fn t01_a_deposed_primary_may_have_a_divergent_uncommitted_tail(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let zombies = measured(&with_a_deposed_primary(style).observe(ODD, Zombies::default), SEEDS);
    assert!(zombies.iter().all(|count| count.as_u64() > Some(0)), "{zombies:?}");
}

/// Counts deposits that were given up: those that were committed after that, and those that were not.
#[derive(Debug, Default)]
struct TimedOut {
    deposits: BTreeSet<RequestId>,
    committed: BTreeSet<RequestId>,
    given_up: BTreeSet<RequestId>,
    later: u64,
}

impl Invariant for TimedOut {
    fn observe(&mut self, change: &Change, _: &World<'_>) -> Verdict {
        match change.fact::<LedgerFact>() {
            Some(LedgerFact::Asked { deposit, .. }) => drop(self.deposits.insert(deposit.request)),
            Some(LedgerFact::GaveUp { request }) if self.deposits.contains(request) && !self.committed.contains(request) => {
                self.given_up.insert(*request);
            }
            Some(LedgerFact::Committed { entry }) => {
                if let Some(deposit) = entry.deposit() {
                    self.committed.insert(deposit.request);
                    self.later += u64::from(self.given_up.remove(&deposit.request));
                }
            }
            _ => {}
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        1
    }

    fn measured(&self) -> Value {
        json!({ "later": self.later, "never": self.given_up.len() })
    }
}

#[rstest]
fn t02_a_deposit_that_timed_out_may_be_committed_later(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let stall = |plan: FaultPlan, node: &str| {
        plan.at(milliseconds(1_000), DiskFault::Stall { node: node.to_owned(), duration: Some(milliseconds(400)) })
    };
    let stalled = ledger(style).faults(STORES.into_iter().fold(FaultPlan::new(), stall));
    let counts = measured(&stalled.observe(ODD, TimedOut::default), SEEDS);
    assert!(counts.iter().all(|count| count["later"].as_u64() > Some(0)), "{counts:?}");
}

#[rstest]
fn t02_a_deposit_that_timed_out_may_never_be_committed(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let counts = measured(&with_a_deposed_primary(style).observe(ODD, TimedOut::default), SEEDS);
    assert!(counts.iter().all(|count| count["never"].as_u64() > Some(0)), "{counts:?}");
}
