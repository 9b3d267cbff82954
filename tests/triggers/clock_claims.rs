//! Clocks that lie within and beyond what a scenario claims to survive.

use cluster_sim::fault::{Claim, ClockFault, Clocks, FaultKind, SignedDuration};
use cluster_sim::node::WallTime;
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::{instant, milliseconds};

const SECOND: Duration = Duration::from_secs(1);

/// Three stores that publish both clocks every 10 ms; their wall clocks start an hour after 1970.
fn stores() -> Scenario {
    let store = async |node: Node| {
        loop {
            let clocks = (node.now(), node.wall());
            node.publish(|view: &mut Option<_>| *view = Some(clocks));
            node.sleep(milliseconds(10)).await;
        }
    };
    Scenario::new("stores")
        .nodes("store", 3, store)
        .epoch(WallTime::from_nanoseconds(3_600_000_000_000))
        .always("clocks are read", |world| world.views::<Option<(LocalInstant, WallTime)>>().count() <= 3)
        .duration(SECOND)
}

/// A fault of a clock at 100 ms, under a claim: when it was exceeded, and why.
fn exceeded(claim: Claim, fault: ClockFault) -> Option<(VirtualInstant, String)> {
    let report = stores().survives(claim).faults(FaultPlan::new().at(milliseconds(100), fault)).run(Seed(7));
    assert_eq!(report.outcome == Outcome::AssumptionExceeded, report.exceeded.is_some());
    report.exceeded.map(|exceeded| (exceeded.at, exceeded.message))
}

fn at(fault: ClockFault, offset: u64) -> Option<VirtualInstant> {
    exceeded(Claim::clock_offset(milliseconds(offset), "store"), fault).map(|(at, _)| at)
}

#[test]
fn t12_skew_beyond_the_declared_bound_names_the_assumption() {
    let step = ClockFault::step("store/1", milliseconds(51));
    let (at, message) = exceeded(Claim::clock_offset(milliseconds(50), "store"), step.clone()).expect("it is 1 ms beyond");
    let text = "the wall clocks of 1 of 3 store nodes were more than 0.050s off (claim: wall clocks of store at most 0.050s off)";
    assert_eq!((at, message.as_str()), (instant(100), text));
    assert_eq!(exceeded(Claim::clock_offset(milliseconds(51), "store"), step), None);
    let text = "the monotonic clocks of 1 of 3 store nodes drifted more than 100.000 ppm (claim: monotonic clocks of store drifting at most 100.000 ppm)";
    let drift = |ppb| ClockFault::drift("store/1", Clocks::Monotonic, ppb, SECOND / 2);
    assert_eq!(exceeded(Claim::clock_drift(100_000, "store"), drift(-100_001)), Some((instant(100), text.to_owned())));
    assert_eq!(exceeded(Claim::clock_drift(100_000, "store"), drift(-100_000)), None);
}

#[test]
fn a_wall_clock_exceeds_a_claim_once_it_is_off_by_more() {
    let half = Some(SECOND / 2);
    let back = SignedDuration::back(milliseconds(60));
    for by in [SignedDuration::forward(milliseconds(60)), back] {
        let node = || "store/2".to_owned();
        for fault in [ClockFault::step(node(), by), ClockFault::offset(node(), by, half)] {
            assert_eq!([at(fault.clone(), 59), at(fault, 60)], [Some(instant(100)), None]);
        }
        let strobe = ClockFault::strobe(node(), by, milliseconds(7), half);
        assert_eq!([at(strobe.clone(), 59), at(strobe, 60)], [Some(instant(100)), None]);
    }
    let node = || "store/2".to_owned();
    // At 10 percent half a second makes 50 ms: the claim is exceeded on the way, or just at the end.
    let drift = ClockFault::drift(node(), Clocks::Wall, -100_000_000, half);
    assert!(at(drift.clone(), 20).is_some_and(|at| (instant(300)..instant(320)).contains(&at)));
    assert_eq!([at(drift.clone(), 49), at(drift, 50)].map(|at| at.is_some()), [true, false]);
    let freeze = |clocks| ClockFault::freeze(node(), clocks, milliseconds(50));
    assert_eq!([at(freeze(Clocks::Wall), 49).is_some(), at(freeze(Clocks::Wall), 50).is_some()], [true, false]);
    assert_eq!(at(freeze(Clocks::Monotonic), 1), None, "it is another clock");
    let coarse = ClockFault::CoarseClock { node: node(), resolution: milliseconds(60), duration: half };
    assert_eq!([at(coarse.clone(), 59).is_some(), at(coarse, 60).is_some()], [true, false]);
    let late = ClockFault::late_timers(node(), Ratio::ONE, milliseconds(90), half);
    assert_eq!(at(late, 1), None, "a late timer is no error of a clock");
}

#[test]
fn faults_of_one_clock_add_up_and_its_end_ends_them() {
    let half = |by, from| (from, ClockFault::offset("store/0", by, milliseconds(100)));
    let run = |faults: Vec<(u64, ClockFault)>| {
        let plan = faults.into_iter().fold(FaultPlan::new(), |plan, (from, fault)| plan.at(milliseconds(from), fault));
        stores().survives(Claim::clock_offset(milliseconds(50), "store")).faults(plan).run(Seed(7)).exceeded.map(|it| it.at)
    };
    let step = |from, by| (from, ClockFault::step("store/0", by));
    let forward = |by| SignedDuration::forward(milliseconds(by));
    assert_eq!(run(vec![step(100, forward(30)), step(200, forward(30))]), Some(instant(200)));
    assert_eq!(run(vec![step(100, forward(30)), step(200, SignedDuration::back(milliseconds(60)))]), None);
    assert_eq!(run(vec![half(forward(30), 100), half(forward(40), 200)]), None, "an offset takes the place of another");
    assert_eq!(run(vec![half(forward(50), 100), half(forward(50), 201)]), None);
}

#[test]
fn a_profile_bends_clocks_within_the_claim() {
    let often = FaultProfile { mean_interval: milliseconds(60), mean_duration: milliseconds(60), ..FaultProfile::default() };
    let often = often.only(FaultKind::OF_CLOCKS);
    let swept = |claims: &[Claim], profile: &FaultProfile| {
        let scenario = claims.iter().cloned().fold(stores(), Scenario::survives).chaos(profile.clone());
        let reports: Vec<Report> = (0..128).map(|seed| scenario.run(Seed(seed))).collect();
        let took_effect = reports.iter().flat_map(|report| &report.faults).filter(|record| record.effect > 0);
        let kinds: std::collections::BTreeSet<&str> = took_effect.map(|record| record.fault.kind()).collect();
        (reports.iter().filter(|report| report.exceeded.is_some()).count(), kinds.len())
    };
    let claims = [Claim::clock_offset(milliseconds(50), "store"), Claim::clock_drift(1_000_000, "store")];
    assert_eq!(swept(&claims, &often), (0, 10), "all kinds take effect within the claims");
    let none = [Claim::clock_offset(Duration::ZERO, "store"), Claim::clock_drift(0, "store")];
    assert_eq!(swept(&none, &often), (0, 2), "late and coalesced timers are no errors of clocks");
    assert!(swept(&claims, &often.clone().beyond_claims()).0 > 40);
    let planned = ClockFault::step("store/0", milliseconds(50));
    let scenario = stores().survives(claims[0].clone()).faults(FaultPlan::new().at(milliseconds(500), planned)).chaos(often);
    assert!((0..64).all(|seed| scenario.run(Seed(seed)).exceeded.is_none()));
}
