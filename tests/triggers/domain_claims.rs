//! Claims that count racks, zones, regions or shards in place of nodes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cluster_sim::check::Health;
use cluster_sim::fault::{Claim, FaultDomain, FaultKind};
use cluster_sim::prelude::*;
use cluster_sim_testkit::arbitrary::{any_plan, cases};
use cluster_sim_testkit::faults::{crash, kill, pause};
use cluster_sim_testkit::units::{instant, milliseconds};
use proptest::prelude::*;

/// Six nodes over three zones, of two racks each: zone a holds nodes 0 and 3.
fn zoned() -> Scenario {
    let up = async |node: Node| node.publish(|up: &mut bool| *up = true);
    Scenario::new("zoned")
        .nodes("node", 6, up)
        .zones("node", ["a", "b", "c"])
        .racks("node", 2)
        .start_together()
        .always("a rule", |world| world.views::<bool>().count() <= 6)
        .duration(milliseconds(500))
}

fn one_zone() -> Claim {
    Claim::at_most(1, "node").counting(FaultDomain::Zone)
}

fn planned(faults: impl IntoIterator<Item = (u64, Fault)>) -> FaultPlan {
    faults.into_iter().fold(FaultPlan::new(), |plan, (at, fault)| plan.at(milliseconds(at), fault))
}

/// When the faults exceed a claim, and the message.
fn exceeded(claim: Claim, faults: impl IntoIterator<Item = (u64, Fault)>) -> Option<(VirtualInstant, String)> {
    let report = zoned().survives(claim).faults(planned(faults)).run(Seed(7));
    assert_eq!(report.outcome == Outcome::AssumptionExceeded, report.exceeded.is_some(), "{report}");
    report.exceeded.map(|exceeded| (exceeded.at, exceeded.message))
}

#[test]
fn all_of_one_zone_may_fail_and_not_one_node_of_another() {
    let zone_a = || [(50, crash("node/0", None)), (60, pause("node/3", None))];
    assert_eq!(exceeded(one_zone(), zone_a()), None);
    let text = "nodes in 2 of 3 zones of node were down at once (claim: at most 1 zone of node)";
    let more = zone_a().into_iter().chain([(70, kill("node/4"))]);
    assert_eq!(exceeded(one_zone(), more), Some((instant(70), text.to_owned())));
    let lost = DomainFault::crash_all(["zone:b"], milliseconds(50)).into();
    assert_eq!(exceeded(one_zone(), [(50, lost)]), None);
    let after = [(50, crash("node/0", milliseconds(40))), (100, crash("node/1", milliseconds(40)))];
    assert_eq!(exceeded(one_zone(), after), None, "one zone after the other");
}

#[test]
fn racks_and_minorities_of_zones_are_counted_alike() {
    let rack = || Claim::at_most(1, "node").counting(FaultDomain::Rack);
    let both_racks_of_a = || [(50, crash("node/0", None)), (60, crash("node/3", None))];
    let text = "nodes in 2 of 6 racks of node were down at once (claim: at most 1 rack of node)";
    assert_eq!(exceeded(rack(), both_racks_of_a()), Some((instant(60), text.to_owned())));
    assert_eq!(exceeded(Claim::minority_of("node").counting(FaultDomain::Zone), both_racks_of_a()), None);
    let text = "nodes in 2 of 3 zones of node were down at once (claim: a minority of the zones of node)";
    let zones = [(50, crash("node/0", None)), (60, crash("node/1", None))];
    let minority = Claim::minority_of("node").counting(FaultDomain::Zone);
    assert_eq!(exceeded(minority, zones.clone()), Some((instant(60), text.to_owned())));
    assert_eq!(exceeded(Claim::at_most(2, "node").counting(FaultDomain::Zone), zones.clone()), None);
    let none = Claim::at_most(0, "zone:b").counting(FaultDomain::Zone);
    let text = "nodes in 1 of 1 zones of zone:b were down at once (claim: at most 0 zones of zone:b)";
    assert_eq!(exceeded(none, zones), Some((instant(60), text.to_owned())));
}

#[test]
fn damaged_disks_count_by_zone_too() {
    let remove = |node: &str| DiskFault::Remove { node: node.to_owned(), path: "log".to_owned() }.into();
    let keeps = async |node: Node| {
        let log = node.disk().open("log", cluster_sim::node::OpenOptions::create()).await.unwrap();
        log.append(*b"kept").await.unwrap();
        node.publish(|kept: &mut usize| *kept = 4);
    };
    let run = |claim: Claim, faults: [(u64, Fault); 2]| {
        let scenario = Scenario::new("keeps").nodes("node", 4, keeps).zones("node", ["a", "b"]).survives(claim);
        let scenario = scenario.always("kept", |world| world.views::<usize>().count() <= 4).duration(milliseconds(200));
        scenario.faults(planned(faults)).run(Seed(7)).exceeded.map(|exceeded| exceeded.message)
    };
    let of_zone = || Claim::damaged_disks(1, "node").counting(FaultDomain::Zone);
    assert_eq!(run(of_zone(), [(50, remove("node/0")), (60, remove("node/2"))]), None);
    let text = "nodes in 2 of 2 zones of node had a damaged disk (claim: at most 1 zone of node with a damaged disk)";
    assert_eq!(run(of_zone(), [(50, remove("node/0")), (60, remove("node/1"))]), Some(text.to_owned()));
    let both = || Claim::at_most(1, "node").counting(FaultDomain::Zone).or_damaged();
    assert_eq!(run(both(), [(50, remove("node/0")), (60, kill("node/2"))]), None);
    assert!(run(both(), [(50, remove("node/0")), (60, kill("node/1"))]).is_some());
}

#[test]
fn shards_and_regions_are_counted_over_a_cluster() {
    let run = |domain, killed: [&str; 2]| {
        let plan = planned(killed.map(|node| (50, kill(node))));
        let claimed = move |scenario: Scenario| {
            let scenario = scenario.always("a rule", |world| world.views::<bool>().count() <= 6).duration(milliseconds(200));
            scenario.survives(Claim::at_most(1, "node").counting(domain)).faults(plan)
        };
        let builder = SimulatedCluster::builder().regions(["us", "eu"]).shards_per_region(3).with(claimed);
        let cluster = builder.nodes(async |node| node.publish(|up: &mut bool| *up = true)).seed(Seed(7)).build_blocking();
        let mut cluster = cluster.unwrap();
        cluster.run_for(milliseconds(200));
        cluster.finish().exceeded.map(|exceeded| exceeded.nodes.len())
    };
    let region = |killed| run(FaultDomain::Region, killed);
    assert_eq!([region(["us/0", "us/1"]), region(["us/0", "eu/0"])], [None, Some(2)]);
    let shard = |killed| run(FaultDomain::Shard, killed);
    assert_eq!([shard(["us/0", "eu/0"]), shard(["us/0", "eu/1"])], [None, Some(2)]);
}

#[test]
fn a_profile_takes_down_whole_zones_one_at_a_time() {
    let often = FaultProfile { mean_interval: milliseconds(20), mean_duration: milliseconds(80), ..FaultProfile::default() };
    let often = often.only([FaultKind::Crash, FaultKind::Pause, FaultKind::DomainLoss, FaultKind::RollingRestart]);
    let most = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&most);
    let scenario = zoned().survives(one_zone()).always("counts", move |world| {
        let down = world.nodes().filter(|node| world.health(*node) != Health::Up).count();
        seen.fetch_max(if world.now() < instant(1) { 0 } else { down }, Ordering::Relaxed);
        true
    });
    let outcomes = |scenario: &Scenario| (0..64).map(|seed| scenario.run(Seed(seed)).outcome).collect::<BTreeSet<_>>();
    assert_eq!(outcomes(&scenario.clone().chaos(often.clone())), BTreeSet::from([Outcome::Held]));
    assert_eq!(most.load(Ordering::Relaxed), 2, "all of a zone, and no more");
    assert!(outcomes(&scenario.chaos(often.beyond_claims())).contains(&Outcome::AssumptionExceeded));
}

#[test]
fn a_minimized_case_leaves_out_nodes_of_one_zone_only() {
    let scenario = zoned()
        .always("node 0 is up", |world| world.now() < instant(20) || world.health(NodeId(0)) == Health::Up)
        .may_shrink("node")
        .survives(one_zone())
        .faults(planned([(50, crash("node/0", None))]));
    let minimized = scenario.shrink(&scenario.run(Seed(7))).expect("it broke a rule");
    let absent: Vec<&str> = minimized.case.absent.iter().map(String::as_str).collect();
    assert_eq!(absent, ["node/3"], "the other node of its zone may be missing: {minimized}");
}

#[test]
fn a_claim_about_places_without_a_node_is_refused() {
    let refused = |scenario: Scenario, domain| {
        let scenario = scenario.survives(Claim::at_most(1, "node").counting(domain));
        scenario.validate().expect_err("it is refused").to_string()
    };
    let plain = || Scenario::new("plain").nodes("node", 2, async |_| {});
    let cures = [
        (FaultDomain::Rack, "rack; put all its nodes into one with `Scenario::racks`"),
        (FaultDomain::Zone, "zone; put all its nodes into one with `Scenario::zones`"),
        (FaultDomain::Region, "region; put all its nodes into one with `Scenario::place`"),
        (FaultDomain::Shard, "shard; put all its nodes into one with `SimulatedCluster`"),
    ];
    for (domain, cure) in cures {
        let text = format!("a claim counts the {domain}s of \"node\", but node/0 stands in no {cure}, or claim a number of nodes");
        assert_eq!(refused(plain(), domain), text);
    }
    zoned().survives(one_zone()).validate().unwrap();
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_plan_exceeds_a_claim_about_zones_exactly_if_counted_so(
        plan in any_plan(6, milliseconds(490), milliseconds(80)),
        most in 0_u32..3,
        seed in any::<u64>().prop_map(Seed),
    ) {
        let plan = plan.faults().iter().fold(FaultPlan::new(), |plan, scheduled| {
            plan.at(scheduled.at.since_zero() + milliseconds(1), scheduled.fault.clone())
        });
        let scenario = zoned().faults(plan);
        let within = move |world: &World<'_>| {
            let down = world.nodes().filter(|node| world.health(*node) != Health::Up);
            let zones: BTreeSet<u32> = down.map(|node| node.0 % 3).collect();
            world.now() < instant(1) || world.now() >= instant(500) || zones.len() <= most as usize
        };
        let counted = scenario.clone().always("within", within).run(seed);
        let report = scenario.survives(Claim::at_most(most, "node").counting(FaultDomain::Zone)).run(seed);
        prop_assert_eq!(report.exceeded.is_some(), !counted.violations.is_empty(), "{} against {}", &report, counted);
        if let Some(exceeded) = &report.exceeded {
            prop_assert_eq!((exceeded.at, exceeded.step), (counted.violations[0].at, counted.violations[0].step));
        }
    }

    #[test]
    fn a_profile_exceeds_no_count_of_domains(
        [zones, racks, disks] in [0_u32..3, 0_u32..4, 0_u32..3],
        planned in any_plan(6, milliseconds(490), milliseconds(80)),
        [interval, duration] in [10_u64..200, 5_u64..200],
        seed in any::<u64>().prop_map(Seed),
    ) {
        let all = FaultKind::ALL.into_iter().filter(|kind| *kind != FaultKind::Failpoint);
        let [mean_interval, mean_duration] = [interval, duration].map(milliseconds);
        let profile = FaultProfile { mean_interval, mean_duration, ..FaultProfile::default() }.only(all);
        let claims = [
            Claim::at_most(zones, "node").counting(FaultDomain::Zone),
            Claim::at_most(racks, "node").counting(FaultDomain::Rack),
            Claim::damaged_disks(disks, "node").counting(FaultDomain::Zone),
        ];
        let claimed = claims.into_iter().fold(zoned(), Scenario::survives);
        let report = claimed.clone().chaos(profile.clone()).run(seed);
        prop_assert_eq!(&report.exceeded, &None, "{}", report);
        // Beside a plan that stays within the claims by itself.
        if claimed.clone().faults(planned.clone()).run(seed).exceeded.is_none() {
            let report = claimed.faults(planned).chaos(profile).run(seed);
            prop_assert_eq!(&report.exceeded, &None, "{}", report);
        }
    }
}
