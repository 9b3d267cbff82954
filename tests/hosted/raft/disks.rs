//! Disks that lose what they promised: raft survives none of them, and says so.
//!
//! A replica finds damage by the checksums of its journal and keeps out, unless all evidence that the damaged end was synced is gone
//! too. Every other loss makes it break its promises.
//! Two kinds do nothing here, since a machine reads its disk only when it boots, past the faults of reads: `RotOnRead`, `StaleRead`.

use cluster_sim::fault::{DiskFault, FaultKind};
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::{milliseconds, seconds};
use rstest::rstest;

use super::status::Status;
use super::{on_any_disk, profile, raft};

const SEEDS: u64 = 40;

#[rstest]
#[case::lying_syncs(FaultKind::LyingSync)]
#[case::bit_rot(FaultKind::BitRot)]
#[case::misdirected_writes(FaultKind::Misdirect)]
#[case::lost_writes(FaultKind::LostWrite)]
#[case::rollbacks(FaultKind::Rollback)]
#[case::empty_disks(FaultKind::Reformat)]
fn a_disk_that_loses_promises_exceeds_the_claim(#[case] kind: FaultKind) {
    let faults = profile().only([kind, FaultKind::Crash]).at_most_down(2).beyond_claims();
    let broken = on_any_disk(None).chaos(faults.clone()).sweep(0..SEEDS);
    assert!(broken.failure().is_some(), "raft survives it");
    let claimed = raft(None).chaos(faults).sweep(0..SEEDS);
    claimed.assert_ok();
    assert!(claimed.exceeded() > 0, "no seed goes beyond the claim");
}

/// Every synced sector of one replica rots, and it reads its journal when it restarts.
#[test]
fn a_replica_with_a_rotten_journal_keeps_out() {
    let node = "replica/1".to_owned();
    let rot = DiskFault::BitRot { node: node.clone(), path: "/".to_owned(), share: Ratio::ONE, bits: 8, burst: 8 };
    let crash = NodeFault::Crash { node, down_for: Some(milliseconds(200)) };
    let faults = FaultPlan::new().at(seconds(10), rot).at(milliseconds(10_010), crash);
    let scenario = on_any_disk(None)
        .chaos(FaultProfile::none())
        .faults(faults)
        .sometimes("a replica keeps out", |world| world.changed::<Status>().any(|(_, status)| status.is_out));
    let mut kept_out = 0;
    for seed in 0..SEEDS {
        let report = scenario.run(Seed(seed));
        let is_out = report.checks.iter().any(|check| check.name == "a replica keeps out" && check.times_checked > 0);
        kept_out += u64::from(is_out);
        // A last record that rots looks like one that was never synced: a rule finds the loss, or raft panics over a commit beyond its log.
        assert_ne!(is_out, report.finding().is_some(), "{report}");
    }
    assert!(kept_out >= SEEDS * 3 / 4, "{kept_out} of {SEEDS} replicas kept out");
}
