//! Operations that fail: errors, full disks.

use std::collections::BTreeSet;

use cluster_sim::node::{DiskErrorKind, DiskOp, DiskOpKind, DiskOutput, DiskResult, FileId, OpenOptions};
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::ratio;

use crate::program::{LOG, Ran, Step, append, ms, read, sync, under, until, with_log};

fn kinds(answers: &[DiskResult]) -> Vec<Option<DiskErrorKind>> {
    answers.iter().map(|answer| answer.as_ref().err().map(|error| error.kind)).collect()
}

fn fail(operations: &[DiskOpKind], share: Ratio, error: DiskErrorKind, sticky: bool) -> DiskFault {
    let operations: BTreeSet<DiskOpKind> = operations.iter().copied().collect();
    let (node, path, duration) = ("a/0".to_owned(), "log".to_owned(), Some(ms(100)));
    DiskFault::Fail { node, operations, path, share, error, sticky, duration }
}

/// Appends before, during and after 100 ms from 100 ms on.
fn appends(fault: DiskFault) -> Ran {
    let steps = [append(b"a"), until(110), append(b"b"), append(b"c"), sync(), until(210), append(b"d"), read(0, 9)];
    under(FaultPlan::new().at(ms(100), fault), with_log(steps), Vec::new())
}

#[test]
fn operations_fail_without_an_effect_while_the_fault_lasts() {
    let ran = appends(fail(&[DiskOpKind::Append], Ratio::ONE, DiskErrorKind::Io, false));
    let io = Some(DiskErrorKind::Io);
    assert_eq!(kinds(&ran.answers), [None, None, None, io, io, None, None, None]);
    assert_eq!(ran.answers[3].clone().unwrap_err().to_string(), "append log: input/output error");
    assert_eq!(ran.data(7), b"ad");
    assert_eq!((ran.counts(), ran.effect().as_str()), ((2, 2), "2 operations failed"));
}

#[test]
fn a_full_disk_takes_what_fits_and_is_not_an_io_error() {
    let ran = appends(DiskFault::full("a/0", 1, ms(100)));
    let full = Some(DiskErrorKind::StorageFull);
    assert_eq!(kinds(&ran.answers), [None, None, None, None, full, None, None, None]);
    assert_eq!((ran.data(7), ran.answers[6].clone()), (&b"abd"[..], Ok(DiskOutput::Appended(2))), "space is back");
    assert_eq!((ran.counts(), ran.effect().as_str()), ((2, 1), "1 operation refused of 2 hit"));
}

#[test]
fn a_full_disk_keeps_the_first_part_of_a_write() {
    let steps = [until(110), append(&[7; 100]), read(0, 200)];
    let ran = under(FaultPlan::new().at(ms(100), DiskFault::full("a/0", 60, ms(100))), with_log(steps), Vec::new());
    assert_eq!(kinds(&ran.answers)[2], Some(DiskErrorKind::StorageFull));
    assert_eq!(ran.data(3), [7; 60]);
    assert_eq!(ran.counts(), (1, 1));
}

#[test]
fn an_error_that_would_have_come_anyway_has_no_effect() {
    let full = DiskFault::full("a/0", 0, ms(100));
    let steps = || with_log([append(b"a"), until(110), append(b"b"), sync(), read(0, 9)]);
    for (error, effective) in [(DiskErrorKind::StorageFull, 0), (DiskErrorKind::Io, 1)] {
        let fail = fail(&[DiskOpKind::Append], Ratio::ONE, error, false);
        let ran = under(FaultPlan::new().at(ms(100), fail).at(ms(101), full.clone()), steps(), Vec::new());
        assert_eq!((kinds(&ran.answers)[3], ran.data(5)), (Some(error), &b"a"[..]));
        assert_eq!(ran.counts(), (1, effective), "{error:?} on a full disk");
    }
}

#[test]
fn a_full_disk_is_checked_against_the_disk_that_the_node_has() {
    let small = || {
        let mut model = cluster_sim::disk::DiskModel::default();
        model.capacity = 4 << 20;
        model
    };
    let scenario = |free| {
        let plan = FaultPlan::new().at(ms(100), DiskFault::full("a/0", free, None));
        crate::program::scenario(crate::program::Form::Machine, Vec::new(), Vec::new()).faults(plan)
    };
    assert_eq!(scenario(5 << 20).validate(), Ok(()), "the default disk is larger");
    for refused in [scenario(5 << 20).disks(small()), scenario(5 << 20).disks_of("a", small())] {
        let error = refused.validate().unwrap_err().to_string();
        assert!(error.contains("5242880 bytes are more than the whole disk has; use at most 4194304"), "{error}");
    }
    assert_eq!(scenario(4 << 20).disks_of("a", small()).validate(), Ok(()));
}

#[test]
fn a_sticky_error_fails_all_later_operations_on_its_path_alone() {
    const OTHER: FileId = FileId(1);
    let open = Step::Run(DiskOp::Open { file: OTHER, path: "other".into(), options: OpenOptions::create() });
    let appends = (0..80).flat_map(|number| {
        let file = if number % 2 == 0 { LOG } else { OTHER };
        [until(110 + number), Step::Run(DiskOp::Append { file, data: vec![1] })]
    });
    let steps: Vec<Step> = [open].into_iter().chain(appends).chain([until(210), append(b"x")]).collect();
    let operations = BTreeSet::from([DiskOpKind::Append]);
    let failures = |sticky| {
        let (node, path, duration) = ("a/0".to_owned(), "/".to_owned(), Some(ms(100)));
        let (operations, share, error) = (operations.clone(), ratio(0.1), DiskErrorKind::Io);
        let fault = DiskFault::Fail { node, operations, path, share, error, sticky, duration };
        let ran = under(FaultPlan::new().at(ms(100), fault), with_log(steps.clone()), Vec::new());
        assert!(ran.answers[83].is_ok(), "it ends");
        let failed: Vec<bool> = ran.answers[3..83].iter().map(Result::is_err).collect();
        assert_eq!(ran.counts().1, failed.iter().filter(|failed| **failed).count() as u64);
        [0, 1].map(|of| failed.iter().skip(of).step_by(2).copied().collect::<Vec<bool>>())
    };
    let first = |failed: &[bool]| failed.iter().position(|failed| *failed).expect("one of 40 fails");
    let [log, other] = failures(true);
    assert!([&log, &other].into_iter().all(|failed| failed[first(failed)..].iter().all(|failed| *failed)), "{log:?} {other:?}");
    assert_ne!(first(&log), first(&other), "one path fails while the other one does not");
    let [log, other] = failures(false);
    assert!([&log, &other].into_iter().any(|failed| failed[first(failed)..].contains(&false)), "{log:?} {other:?}");
}
