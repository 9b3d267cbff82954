//! Disks that another life finds changed: rolled back, empty.

use cluster_sim::prelude::*;

use crate::program::{append, ms, read, sync, under_canonical, until, with_log};

const NODE: &str = "a/0";

#[test]
fn a_rollback_gives_the_next_life_the_older_disk() {
    let first = with_log([append(b"old"), sync(), until(110), append(b"new"), sync(), read(0, 9)]);
    let later = with_log([read(0, 9)]);
    let rollback = DiskFault::Rollback { node: NODE.to_owned(), duration: Some(ms(200)) };
    let ran = under_canonical(FaultPlan::new().at(ms(100), rollback), first, later);
    assert_eq!((ran.data(2), ran.effect().as_str()), (&b"old"[..], "applied"), "synced bytes are gone");
    assert_eq!(ran.report.faults[0].ended_at.unwrap().as_nanoseconds(), 300_000_000);
}

#[test]
fn a_rollback_gives_back_the_medium_and_nothing_unsynced() {
    let first = with_log([append(b"old"), sync(), append(b" and unsynced"), until(110), sync(), read(0, 20)]);
    let rollback = DiskFault::Rollback { node: NODE.to_owned(), duration: Some(ms(200)) };
    let ran = under_canonical(FaultPlan::new().at(ms(100), rollback), first, with_log([read(0, 20)]));
    assert_eq!(ran.data(2), b"old", "what was in the cache when it began was not on the medium");
}

#[test]
fn a_rollback_of_an_unchanged_disk_has_no_effect() {
    let crash = NodeFault::Crash { node: NODE.to_owned(), down_for: Some(ms(300)) };
    let rollback = DiskFault::Rollback { node: NODE.to_owned(), duration: Some(ms(100)) };
    let plan = FaultPlan::new().at(ms(90), crash).at(ms(100), rollback);
    let ran = under_canonical(plan, with_log([append(b"a"), sync()]), with_log([read(0, 9)]));
    assert_eq!((ran.data(2), ran.report.faults[1].effect), (&b"a"[..], 0));
}

#[test]
fn a_reformat_gives_the_next_life_an_empty_disk() {
    let (first, later) = (with_log([append(b"old"), sync()]), with_log([read(0, 9)]));
    let reformat = DiskFault::Reformat { node: NODE.to_owned(), down_for: Some(ms(100)) };
    let ran = under_canonical(FaultPlan::new().at(ms(100), reformat), first, later);
    assert_eq!((ran.data(2), ran.effect().as_str()), (&b""[..], "applied"));
    assert_eq!(ran.report.faults[0].ended_at.unwrap().as_nanoseconds(), 200_000_000);
}

#[test]
fn the_end_of_the_fault_phase_ends_disk_faults_and_keeps_damage() {
    let stall = DiskFault::Stall { node: NODE.to_owned(), duration: None };
    let cut = DiskFault::Truncate { node: NODE.to_owned(), path: "log".to_owned(), length: 1 };
    let steps = with_log([append(b"old"), sync(), until(110), append(b"x")]);
    let plan = FaultPlan::new().at(ms(100), stall).at(ms(105), cut);
    let scenario = crate::program::scenario(crate::program::Form::Node, steps, Vec::new())
        .faults(plan)
        .eventually("the append is answered", |world| {
            world.view::<crate::program::Answers>(NodeId(0)).is_some_and(|answers| answers.0.len() == 5)
        });
    let mut sim = scenario.start(Seed(7));
    sim.run_for(ms(1_000));
    let report = sim.finish();
    report.assert_ok();
    assert_eq!(report.faults.iter().map(|fault| fault.effect).collect::<Vec<_>>(), [1, 1]);
}
