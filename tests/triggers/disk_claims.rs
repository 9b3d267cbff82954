//! Damaged disks within and beyond what a scenario claims to survive.

use std::collections::BTreeSet;

use cluster_sim::fault::{Claim, FaultKind, FaultRecord};
use cluster_sim::node::OpenOptions;
use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::{crash, kill};
use cluster_sim_testkit::units::milliseconds;

const PATH: &str = "log";

/// Adds a one to a log every 10 ms, and reads the log back after each.
async fn store(node: Node) {
    let disk = node.disk();
    let log = disk.open(PATH, OpenOptions::create()).await.unwrap();
    disk.sync_dir("/").await.unwrap();
    loop {
        log.append([1]).await.unwrap();
        log.sync().await.unwrap();
        let read = log.read_to_end().await.unwrap_or_default();
        node.publish(|log: &mut Vec<u8>| *log = read);
        node.sleep(milliseconds(10)).await;
    }
}

/// Three stores, of which one disk may be damaged.
fn stores() -> Scenario {
    Scenario::new("stores")
        .nodes("store", 3, store)
        .always("a log is read", |world| world.views::<Vec<u8>>().count() <= 3)
        .duration(milliseconds(500))
        .survives(Claim::damaged_disks(1, "store"))
}

fn planned(faults: impl IntoIterator<Item = (u64, Fault)>) -> FaultPlan {
    faults.into_iter().fold(FaultPlan::new(), |plan, (at, fault)| plan.at(milliseconds(at), fault))
}

fn rot(node: &str) -> Fault {
    DiskFault::BitRot { node: node.to_owned(), path: "/".to_owned(), share: Ratio::ONE, bits: 1, burst: 1 }.into()
}

/// A fault of each kind that damages a disk; of that file if it is one of files.
fn damaging(node: &str, path: &str) -> Vec<Fault> {
    let (node, path, duration) = (|| node.to_owned(), || path.to_owned(), Some(milliseconds(100)));
    let share = Ratio::ONE;
    let all = [
        DiskFault::BitRot { node: node(), path: path(), share, bits: 1, burst: 1 },
        DiskFault::RotOnRead { node: node(), path: path(), share, bits: 1, burst: 1, duration },
        DiskFault::Misdirect { node: node(), path: path(), share, duration },
        DiskFault::LostWrite { node: node(), path: path(), share, duration },
        DiskFault::StaleRead { node: node(), path: path(), share, duration },
        DiskFault::LyingSync { node: node(), path: path(), duration },
        DiskFault::Rollback { node: node(), duration },
        DiskFault::Truncate { node: node(), path: path(), length: 1 },
        DiskFault::Remove { node: node(), path: path() },
        DiskFault::AppendGarbage { node: node(), path: path(), bytes: 3 },
        DiskFault::Reformat { node: node(), down_for: duration },
    ];
    all.map(Fault::from).to_vec()
}

#[test]
fn every_fault_that_damages_a_disk_counts_for_the_claim() {
    for fault in damaging("store/2", PATH) {
        let alone = stores().faults(planned([(100, fault.clone())])).run(Seed(7));
        assert_eq!((alone.outcome, alone.exceeded), (Outcome::Held, None), "{fault}");
        let report = stores().faults(planned([(50, rot("store/0")), (100, fault.clone())])).run(Seed(7));
        let exceeded = report.exceeded.as_ref().unwrap_or_else(|| panic!("{fault} is one disk too many"));
        let message = "2 of 3 store nodes had a damaged disk (claim: at most 1 of store with a damaged disk)";
        assert_eq!((&*exceeded.message, &exceeded.nodes[..]), (message, &[0, 2].map(NodeId)[..]), "{fault}");
        assert_eq!((report.outcome, report.finding()), (Outcome::AssumptionExceeded, None), "{fault}");
    }
}

#[test]
fn a_fault_that_had_no_effect_damages_no_disk() {
    let of_a_file = |fault: &Fault| serde_json::to_string(fault).unwrap().contains("path");
    for fault in damaging("store/2", "another").into_iter().filter(of_a_file) {
        let report = stores().faults(planned([(50, rot("store/0")), (100, fault)])).run(Seed(7));
        assert_eq!((report.outcome, report.faults[1].effect), (Outcome::Held, 0), "{}", report.faults[1].fault);
    }
    for fault in damaging("store/2", PATH) {
        let killed = [(50, rot("store/0")), (60, kill("store/2")), (100, fault)];
        let report = stores().faults(planned(killed)).run(Seed(7));
        assert_eq!(report.exceeded.is_some(), report.faults[2].effect > 0, "{}", report.faults[2].fault);
    }
}

#[test]
fn honest_faults_of_disks_exceed_no_claim() {
    let slow = |node: &str| DiskFault::Slow { node: node.to_owned(), factor: 9, extra: milliseconds(1), duration: None };
    let all = (0..3).map(|node| format!("store/{node}"));
    let faults = all.map(|node| (100, Fault::from(slow(&node))));
    stores().faults(planned(faults)).run(Seed(7)).assert_ok();
}

#[test]
fn a_damaged_disk_counts_to_the_end_of_the_run() {
    let lie = |node: &str| DiskFault::LyingSync { node: node.to_owned(), path: "/".to_owned(), duration: Some(milliseconds(20)) };
    let one_after_the_other = [(50, lie("store/0").into()), (400, lie("store/1").into())];
    let report = stores().faults(planned(one_after_the_other)).run(Seed(7));
    assert_eq!(report.outcome, Outcome::AssumptionExceeded);
    // A rollback that nothing ends before takes effect at the end of the fault phase.
    let back = DiskFault::Rollback { node: "store/1".to_owned(), duration: None };
    let late = stores().faults(planned([(50, lie("store/0").into()), (400, back.into())])).run(Seed(7));
    assert_eq!(late.exceeded.map(|exceeded| exceeded.at), Some(cluster_sim_testkit::units::instant(500)));
}

#[test]
fn a_panic_in_the_step_that_meets_the_damage_is_no_finding() {
    let checking = async |node: Node| {
        let log = node.disk().open(PATH, OpenOptions::create()).await.unwrap();
        loop {
            log.append([1]).await.unwrap();
            let read = log.read_to_end().await.unwrap();
            assert!(read.iter().all(|byte| *byte == 1), "the log is corrupt");
            node.sleep(milliseconds(10)).await;
        }
    };
    let path = || "/".to_owned();
    let rot =
        DiskFault::RotOnRead { node: "store/0".to_owned(), path: path(), share: Ratio::ONE, bits: 1, burst: 1, duration: None };
    let claimed = |disks| {
        let scenario = Scenario::new("checking").nodes("store", 3, checking).survives(Claim::damaged_disks(disks, "store"));
        scenario.faults(planned([(100, rot.clone().into())])).run(Seed(7)).outcome
    };
    assert_eq!([0, 1].map(claimed), [Outcome::AssumptionExceeded, Outcome::Panicked]);
}

#[test]
fn a_claim_may_count_damaged_disks_and_nodes_down_together() {
    let plan = || planned([(50, rot("store/0")), (100, crash("store/1", milliseconds(50)))]);
    stores().survives(Claim::minority_of("store")).faults(plan()).run(Seed(7)).assert_ok();
    let report = stores().survives(Claim::minority_of("store").or_damaged()).faults(plan()).run(Seed(7));
    let message =
        "2 of 3 store nodes were down or had a damaged disk at once (claim: a minority of store down or with a damaged disk)";
    assert_eq!(report.exceeded.map(|exceeded| exceeded.message).as_deref(), Some(message));
    let same = planned([(50, rot("store/0")), (100, crash("store/0", milliseconds(50)))]);
    stores().survives(Claim::minority_of("store").or_damaged()).faults(same).run(Seed(7)).assert_ok();
}

/// Faults of disks that damage them, often, and crashes.
fn often() -> FaultProfile {
    let often = FaultProfile { mean_interval: milliseconds(60), mean_duration: milliseconds(60), ..FaultProfile::default() };
    often.only(FaultKind::disk_dishonest().chain([FaultKind::Crash]))
}

/// How many of 64 seeds held, and how many went beyond the claim; the nodes whose disks were damaged in any.
fn swept(scenario: &Scenario, profile: &FaultProfile) -> ([usize; 2], BTreeSet<String>) {
    let scenario = scenario.clone().chaos(profile.clone());
    let reports: Vec<Report> = (0..64).map(|seed| scenario.run(Seed(seed))).collect();
    let damages = |record: &&FaultRecord| record.effect > 0 && matches!(record.fault, Fault::Disk(_));
    let damaged = reports.iter().flat_map(|report| report.faults.iter().filter(damages));
    let damaged = damaged.flat_map(|record| record.fault.nodes().into_iter().map(str::to_owned)).collect();
    let ended = |outcome| reports.iter().filter(|report| report.outcome == outcome).count();
    ([Outcome::Held, Outcome::AssumptionExceeded].map(ended), damaged)
}

#[test]
fn a_profile_damages_as_many_disks_as_claimed_and_any_of_them() {
    let all: BTreeSet<String> = (0..3).map(|node| format!("store/{node}")).collect();
    assert_eq!(swept(&stores(), &often()), ([64, 0], all.clone()));
    let together = Scenario::clone(&stores()).survives(Claim::minority_of("store").or_damaged());
    assert_eq!(swept(&together, &often()), ([64, 0], all.clone()));
    let none = stores().survives(Claim::damaged_disks(0, "group:store"));
    assert_eq!(swept(&none, &often()), ([64, 0], BTreeSet::new()));
    let ([held, exceeded], _) = swept(&stores(), &often().beyond_claims());
    assert!(held > 0 && exceeded > 10 && held + exceeded == 64, "{held} held and {exceeded} exceeded");
}

#[test]
fn no_drawn_damage_is_left_out_for_a_claim() {
    // The faults of a seed hit the nodes that it picked, in place of any nodes of which the claim forbids all but the first.
    let of_a_crash = |kind: &FaultKind| [FaultKind::Rollback, FaultKind::Reformat].contains(kind);
    let damage = often().only(FaultKind::disk_dishonest().filter(|kind| !of_a_crash(kind)));
    let drawn = |profile: &FaultProfile| {
        let scenario = stores().chaos(profile.clone());
        (0..16).map(|seed| scenario.run(Seed(seed)).faults.len()).collect::<Vec<_>>()
    };
    let within = drawn(&damage);
    assert!(within.iter().sum::<usize>() > 32, "{within:?}");
    assert_eq!(within, drawn(&damage.beyond_claims()));
}

#[test]
fn planned_damage_takes_the_room_of_drawn_damage() {
    let damaged = stores().faults(planned([(400, rot("store/0"))]));
    let ([held, exceeded], damaged) = swept(&damaged, &often());
    assert_eq!(([held, exceeded], damaged), ([64, 0], ["store/0".to_owned()].into()));
}

#[test]
fn a_minimized_case_keeps_the_copies_that_the_claim_is_about() {
    // One damaged disk breaks the rule; with another store left out there is one copy too few.
    let is_damaged = |log: &Vec<u8>| log.iter().any(|byte| *byte != 1);
    let scenario = stores()
        .always("no log is damaged", move |world| world.nodes_where::<Vec<u8>>(is_damaged).is_empty())
        .may_shrink("store")
        .faults(planned([(50, rot("store/0")), (60, crash("store/1", milliseconds(20)))]));
    let report = scenario.run(Seed(7));
    assert_eq!(report.outcome, Outcome::Violated);
    let minimized = scenario.shrink(&report).expect("it broke a rule");
    assert_eq!((minimized.case.faults.faults().len(), minimized.case.absent.len()), (1, 0), "{minimized}");
    let missing = scenario.without("store/1").run(Seed(7));
    let exceeded = missing.exceeded.expect("a copy is absent and one is damaged");
    assert_eq!(exceeded.nodes, [0, 1].map(NodeId));
}
