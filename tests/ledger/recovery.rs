//! A store that reads its disk again takes part only with all that it vouched for.

use cluster_sim::check::{Change, Invariant};
use cluster_sim::fault::{DiskFault, FaultKind};
use cluster_sim::prelude::*;
use cluster_sim_ledger::{Recovery, Status, StoreView};
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::ledger::{profile, scenario_with};
use cluster_sim_testkit::faults::{crash, cut};
use cluster_sim_testkit::units::milliseconds;
use rstest::rstest;
use serde_json::{Value, json};

/// Disks that lie, and crashes that show it.
const LIES: [FaultKind; 4] = [FaultKind::LyingSync, FaultKind::LostWrite, FaultKind::Rollback, FaultKind::Crash];

#[rstest]
fn a_lying_disk_is_survived_only_with_both_others(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let lying = |recovery| scenario_with(style, recovery).chaos(profile().only(LIES));
    lying(Recovery::BothOthers).sweep(0..1_000).assert_ok();
    let sweep = lying(Recovery::OwnDisk).sweep(0..1_000);
    let report = sweep.failure().expect("a store takes part with less than it vouched for");
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
}

#[rstest]
fn a_failed_sync_makes_a_store_read_its_disk_again(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let fault =
        DiskFault::FailSync { node: "store/0".into(), path: "/".into(), share: Ratio::ONE, duration: Some(milliseconds(300)) };
    let report = scenario_with(style, Recovery::OwnDisk)
        .chaos(FaultProfile::none())
        .faults(FaultPlan::new().at(milliseconds(300), fault))
        .observe("failures", Failures::default)
        .run(Seed(7));
    report.assert_ok();
    assert!(report.faults[0].effect > 0 && report.measured["failures"].as_u64() > Some(0), "{report}");
}

/// The journal rots, the removal of the epoch fails to be synced, and the store crashes once it has cleared its journal and before it has learned.
#[rstest]
fn a_removed_epoch_does_not_come_back(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let store = || "store/0".to_owned();
    let rot = DiskFault::BitRot { node: store(), path: "/journal".into(), share: Ratio::ONE, bits: 1, burst: 1 };
    let fail = DiskFault::FailSync { node: store(), path: "/".into(), share: Ratio::ONE, duration: Some(milliseconds(10)) };
    let plan = FaultPlan::new()
        .at(milliseconds(300), cut(["store/0"], ["store/1", "store/2"], milliseconds(500)))
        .at(milliseconds(310), rot)
        .at(milliseconds(320), crash("store/0", milliseconds(1)))
        .at(milliseconds(320), fail)
        .at(milliseconds(600), crash("store/0", milliseconds(1)));
    let report = scenario_with(style, Recovery::OwnDisk).chaos(FaultProfile::none()).faults(plan).run(Seed(7));
    report.assert_ok();
    assert!(report.faults.iter().all(|record| record.effect > 0), "{report}");
}

/// Counts changes after which a store has failed.
#[derive(Debug, Default)]
struct Failures(u64);

impl Invariant for Failures {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let view = world.view::<StoreView>(change.node());
        self.0 += u64::from(view.is_some_and(|view| view.status == Status::Failed));
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        1
    }

    fn measured(&self) -> Value {
        json!(self.0)
    }
}
