//! Disk faults that have nothing to hit: each counts no effect, and every answer is as without it.

use std::collections::BTreeSet;

use cluster_sim::node::DiskErrorKind;
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::ratio;

use crate::program::{Step, append, ms, read, sync, under_canonical, until, with_log, write};

fn node() -> String {
    "a/0".to_owned()
}

/// A share; without chance nothing falls into it.
fn hardly() -> Ratio {
    ratio(0.001)
}

/// Each kind of fault that lasts, with a share that hits nothing, or with values that no operation reaches.
fn lasting() -> Vec<DiskFault> {
    let (log, all, other) = (|| "log".to_owned(), || "/".to_owned(), || "other".to_owned());
    let (share, duration) = (hardly(), Some(ms(100)));
    let operations = BTreeSet::new();
    vec![
        DiskFault::Fail { node: node(), operations, path: all(), share, error: DiskErrorKind::Io, sticky: true, duration },
        DiskFault::Full { node: node(), free: 1 << 30, duration },
        DiskFault::FailSync { node: node(), path: log(), share, duration },
        DiskFault::LyingSync { node: node(), path: other(), duration },
        DiskFault::RotOnRead { node: node(), path: all(), share, bits: 1, burst: 1, duration },
        DiskFault::Misdirect { node: node(), path: all(), share, duration },
        DiskFault::LostWrite { node: node(), path: all(), share, duration },
        DiskFault::StaleRead { node: node(), path: all(), share, duration },
        DiskFault::Limit { node: node(), operations_per_second: Some(u64::MAX), bytes_per_second: None, duration },
    ]
}

/// Faults that act at once, or only while no operation runs.
fn passing() -> Vec<DiskFault> {
    let (log, other) = (|| "log".to_owned(), || "other".to_owned());
    let duration = Some(ms(1));
    vec![
        DiskFault::BitRot { node: node(), path: log(), share: hardly(), bits: 1, burst: 1 },
        DiskFault::Truncate { node: node(), path: log(), length: 1_000_000 },
        DiskFault::Remove { node: node(), path: other() },
        DiskFault::AppendGarbage { node: node(), path: other(), bytes: 7 },
        DiskFault::Slow { node: node(), factor: 9, extra: ms(9), duration },
        DiskFault::Stall { node: node(), duration },
    ]
}

fn steps() -> Vec<Step> {
    let during = [append(&[2; 600]), write(3, &[3; 9]), sync(), read(0, 9_000), read(500, 200)];
    with_log([append(&[1; 1_024]), sync(), until(110)].into_iter().chain(during))
}

#[test]
fn a_fault_that_hits_nothing_changes_no_answer_and_counts_no_effect() {
    let without = under_canonical(FaultPlan::new().at(ms(1_900), DiskFault::full(node(), 0, ms(1))), steps(), Vec::new());
    for fault in lasting().into_iter().chain(passing()) {
        let text = format!("{fault:?}");
        let ran = under_canonical(FaultPlan::new().at(ms(100), fault), steps(), Vec::new());
        assert_eq!((&ran.answers, &ran.times), (&without.answers, &without.times), "{text}");
        assert_eq!(ran.counts().1, 0, "{text}: {}", ran.effect());
    }
}

#[test]
fn a_rollback_of_an_unchanged_disk_has_no_effect() {
    let crash = NodeFault::Crash { node: node(), down_for: Some(ms(300)) };
    let rollback = DiskFault::Rollback { node: node(), duration: Some(ms(100)) };
    let plan = FaultPlan::new().at(ms(90), crash).at(ms(100), rollback);
    let ran = under_canonical(plan, with_log([append(b"a"), sync()]), with_log([read(0, 9)]));
    assert_eq!((ran.data(2), ran.report.faults[1].effect), (&b"a"[..], 0));
}
