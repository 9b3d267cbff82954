//! Syncs that fail, and syncs that lie.

use cluster_sim::disk::DiskModel;
use cluster_sim::node::{DiskErrorKind, DiskOp, DiskOutput, OpenOptions};
use cluster_sim::prelude::*;

use crate::program::{LOG, Ran, Step, agreed, append, ms, read, sync, under_canonical, until, with_log};

fn fail_sync() -> DiskFault {
    DiskFault::FailSync { node: "a/0".to_owned(), path: "/".to_owned(), share: Ratio::ONE, duration: Some(ms(100)) }
}

fn lying_sync() -> DiskFault {
    DiskFault::LyingSync { node: "a/0".to_owned(), path: "log".to_owned(), duration: Some(ms(100)) }
}

/// Syncs `old`, then writes `new` under the fault and syncs twice, perhaps once more after it; crashes at 300 ms.
fn crash_after(fault: DiskFault, late: bool) -> (Ran, Ran) {
    let mut first = with_log([append(b"old"), sync(), until(110), append(b"new"), sync(), sync(), read(0, 9), until(210)]);
    first.extend(late.then(sync));
    let later = with_log([read(0, 9)]);
    let crash = NodeFault::Crash { node: "a/0".to_owned(), down_for: Some(ms(10)) };
    let before = FaultPlan::new().at(ms(100), fault);
    let after = before.clone().at(ms(300), crash);
    (under_canonical(before, first.clone(), later.clone()), under_canonical(after, first, later))
}

#[test]
fn after_a_failed_sync_the_next_one_succeeds_and_keeps_nothing() {
    let (before, after) = crash_after(fail_sync(), true);
    let errors: Vec<Option<DiskErrorKind>> =
        before.answers.iter().map(|answer| answer.as_ref().err().map(|error| error.kind)).collect();
    assert_eq!(errors[5..8], [Some(DiskErrorKind::Io), None, None], "EIO once, then the page is clean");
    assert_eq!((before.data(7), before.counts()), (&b"oldnew"[..], (2, 1)), "the cache has the new bytes");
    assert_eq!(before.effect(), "1 sync failed of 2 hit", "a sync of nothing cannot fail");
    assert_eq!(after.data(2), b"old", "the medium has the old ones, whatever a later sync answered");
}

#[test]
fn a_lying_sync_succeeds_and_one_after_its_end_is_honest() {
    let (before, lost) = crash_after(lying_sync(), false);
    assert!(before.answers.iter().all(Result::is_ok));
    assert_eq!((before.counts(), lost.data(2)), ((2, 2), &b"old"[..]));
    let (_, kept) = crash_after(lying_sync(), true);
    assert_eq!(kept.data(2), b"oldnew", "unlike after a failed sync");
}

#[test]
fn bytes_that_are_written_beside_lost_ones_become_durable_alone() {
    let steps = [append(&[1; 512]), sync(), until(110), append(&[2; 512]), sync(), until(210), append(&[3; 512]), sync()];
    let crash = NodeFault::Crash { node: "a/0".to_owned(), down_for: Some(ms(10)) };
    let plan = FaultPlan::new().at(ms(100), fail_sync()).at(ms(300), crash);
    let ran = under_canonical(plan, with_log(steps), with_log([read(0, 2_000)]));
    assert_eq!(ran.data(2), [[1; 512], [0; 512], [3; 512]].concat());
}

#[test]
fn a_failed_sync_of_a_directory_loses_the_name() {
    let steps = with_log([append(b"x"), sync(), read(0, 1)]);
    let crash = NodeFault::Crash { node: "a/0".to_owned(), down_for: Some(ms(10)) };
    let ran = under_canonical(FaultPlan::new().at(ms(0), fail_sync()).at(ms(300), crash), steps, with_log([read(0, 9)]));
    assert_eq!((ran.counts(), ran.answers[2].clone()), ((2, 2), Ok(DiskOutput::Data(Vec::new()))), "name and data are gone");
}

/// Creates a file before 100 ms, syncs its directory twice from 110 ms on and once more after 210 ms; crashes at 300 ms.
///
/// Returns the answers before the crash, and whether the next life finds the name.
fn synced_name(disk: &DiskModel, plan: FaultPlan) -> (Ran, bool) {
    let sync_dir = || Step::Run(DiskOp::SyncDir { path: "/".into() });
    let open = Step::Run(DiskOp::Open { file: LOG, path: "log".into(), options: OpenOptions::create() });
    let first = vec![open, until(110), sync_dir(), sync_dir(), until(210), sync_dir()];
    let later = vec![Step::Run(DiskOp::List { path: "/".into() })];
    let ran = |plan: FaultPlan| {
        agreed(first.clone(), later.clone(), |scenario| scenario.disks(disk.clone()).faults(plan.clone()).with_decisions(&[]))
    };
    let crash = NodeFault::Crash { node: "a/0".to_owned(), down_for: Some(ms(10)) };
    let found = match &ran(plan.clone().at(ms(300), crash)).answers[0] {
        Ok(DiskOutput::Entries(entries)) => !entries.is_empty(),
        other => panic!("{other:?}"),
    };
    (ran(plan), found)
}

#[test]
fn a_name_whose_directory_sync_failed_is_kept_by_no_later_one() {
    for disk in [DiskModel::strict_posix(), DiskModel::ext4_ordered(), DiskModel::xfs_like()] {
        let (ran, found) = synced_name(&disk, FaultPlan::new().at(ms(100), fail_sync()));
        let failed: Vec<bool> = ran.answers.iter().map(Result::is_err).collect();
        assert_eq!((failed, ran.counts()), (vec![false, true, false, false], (2, 1)), "EIO once: {disk:?}");
        assert!(!found, "the medium never got the name: {disk:?}");
        assert!(synced_name(&disk, FaultPlan::new()).1, "without the fault it did: {disk:?}");
    }
}
