//! Fault domains: racks and zones that groups are spread over, and faults that hit all nodes of one at once.

use cluster_sim::check::Health;
use cluster_sim::node::{Rack, Zone};
use cluster_sim::prelude::*;
use cluster_sim::scenario::{Domain, ScenarioError};
use cluster_sim_testkit::faults::{crash, kill, restart};
use cluster_sim_testkit::units::milliseconds;

use crate::worker::{health, memory, workers_of};

/// Six workers over the zones a, b and c, with two racks each: zone b holds nodes 1 and 4.
fn zoned() -> Scenario {
    workers_of(6).zones("worker", ["a", "b", "c"]).racks("worker", 2)
}

/// Which nodes of [`zoned`] are up, by health.
fn up(sim: &Sim) -> Vec<bool> {
    (0..6).map(|node| health(sim, node) == Health::Up).collect()
}

fn with(at: u64, fault: impl Into<Fault>) -> Sim {
    zoned().faults(FaultPlan::new().at(milliseconds(at), fault.into())).start(Seed(7))
}

/// The refusal of a scenario.
fn refused(scenario: &Scenario) -> String {
    scenario.validate().expect_err("it is refused").to_string()
}

#[test]
fn nodes_of_both_forms_know_their_zone_and_rack() {
    struct Placed((Zone, Rack));
    impl Machine for Placed {
        type Message = ();
        type View = (Zone, Rack);
        fn step(&mut self, _: LocalInstant, _: Input<()>, _: &mut Effects<()>) {}
        fn view(&self) -> &(Zone, Rack) {
            &self.0
        }
    }
    let main = async |node: Node| {
        node.publish(|view: &mut Option<(Zone, Rack)>| *view = Some((node.zone(), node.rack())));
        node.sleep(milliseconds(1_000)).await;
    };
    let scenario = Scenario::new("placed")
        .machines("machine", 4, |boot: &Boot| Placed((boot.zone(), boot.rack())))
        .nodes("task", 2, main)
        .nodes("elsewhere", 1, main)
        .zones("machine", ["a", "b"])
        .racks("machine", 2)
        .zones("task", ["b"])
        .racks("task", 1);
    let mut sim = scenario.start(Seed(7));
    sim.run_for(milliseconds(5));
    let machine = |node| sim.inspect(|world| *world.view::<(Zone, Rack)>(NodeId(node)).unwrap());
    let task = |node| sim.inspect(|world| world.view::<Option<(Zone, Rack)>>(NodeId(node)).copied().flatten());
    let placed = [0, 1, 2, 3].map(|node| (machine(node).0.0, machine(node).1.0));
    assert_eq!(placed, [(0, 0), (1, 1), (0, 2), (1, 3)], "racks are those of a zone: a/0, b/0, a/1, b/1");
    assert_eq!([4, 5].map(task), [Some((Zone(1), Rack(1))); 2], "both groups share rack b/0");
    assert_eq!(task(6), Some((Zone::NONE, Rack::NONE)));
    assert_eq!(sim.nodes_named("rack:b/0").unwrap(), [1, 4, 5].map(NodeId));
}

#[test]
fn a_closure_places_each_node_in_region_zone_and_rack() {
    let place = |index: u32| {
        let domain = Domain::new().region(["eu", "us"][index as usize / 3]);
        if index == 5 { domain } else { domain.zone(format!("z{}", index / 2 * 2 + index / 3)).rack(format!("r{index}")) }
    };
    let sim = workers_of(6).domains("worker", place).start(Seed(7));
    let named = |name: &str| sim.nodes_named(name).map(|nodes| nodes.iter().map(|node| node.0).collect::<Vec<_>>());
    assert_eq!(named("region:us"), Some(vec![3, 4, 5]));
    assert_eq!((named("zone:z0"), named("rack:r1"), named("zone:z9")), (Some(vec![0, 1]), Some(vec![1]), None));
}

/// P10.
#[test]
fn the_loss_of_a_zone_takes_down_its_nodes_and_no_other() {
    let mut sim = with(105, DomainFault::crash_all(["zone:b"], milliseconds(200)));
    sim.run_for(milliseconds(106));
    assert_eq!(up(&sim), [true, false, true, true, false, true]);
    sim.run_for(milliseconds(198));
    assert_eq!(up(&sim), [true, false, true, true, false, true]);
    sim.run_for(milliseconds(2));
    assert_eq!(up(&sim), [true; 6], "both are back at one instant");
    assert_eq!([0, 1, 4].map(|node| memory(&sim, node).unwrap().incarnation.0), [0, 1, 1]);
    let report = sim.finish();
    let record = &report.faults[0];
    assert_eq!((record.effect, record.nodes.join(" ").as_str()), (2, "worker/1 worker/4"));
    assert_eq!(record.ended_at.map(|at| at.as_nanoseconds()), Some(305_000_000));
    assert!(report.to_string().contains("crash [zone:b] at once for 0.200s  (2 nodes: worker/1 worker/4)"), "{report}");
}

/// P10.
#[test]
fn a_region_a_rack_and_a_list_of_nodes_are_lost_alike() {
    for (named, lost) in
        [("rack:b/1", vec![4]), ("zone:a", vec![0, 3]), ("worker/2", vec![2]), ("region:eu", vec![0, 1, 2, 3, 4, 5])]
    {
        let fault = DomainFault::pause_all([named], None);
        let mut sim = zoned().place("worker", "eu").faults(FaultPlan::new().at(milliseconds(10), fault)).start(Seed(7));
        sim.run_for(milliseconds(20));
        let paused: Vec<u32> = (0..6).filter(|node| health(&sim, *node) == Health::Paused).collect();
        assert_eq!(paused, lost, "{named}");
        assert_eq!(sim.finish().faults[0].effect, lost.len() as u64);
    }
}

/// P10: a quorum lost for good stays lost when everything else heals.
#[test]
fn a_majority_that_is_killed_never_returns() {
    let survivors = |world: &World<'_>| {
        let up = (0..6).filter(|node| world.health(NodeId(*node)) == Health::Up);
        up.collect::<Vec<_>>() == [2, 5]
    };
    let lost = DomainFault::kill_all(["zone:a", "zone:b", "worker/0"]);
    let scenario = zoned().eventually("zone c is all that is left", survivors);
    let report = scenario.faults(FaultPlan::new().at(milliseconds(105), lost)).run(Seed(7));
    report.assert_ok();
    assert_eq!((report.faults[0].effect, report.faults[0].ended_at), (4, None), "a node that is named twice dies once");
}

#[test]
fn a_loss_counts_the_nodes_that_it_hit_and_says_if_none() {
    let plan = FaultPlan::new()
        .at(milliseconds(100), kill("worker/1"))
        .at(milliseconds(110), crash("worker/4", None))
        .at(milliseconds(120), DomainFault::crash_all(["zone:b"], milliseconds(50)))
        .at(milliseconds(130), DomainFault::crash_all(["zone:b", "zone:c"], milliseconds(50)));
    let mut sim = zoned().faults(plan).start(Seed(7));
    sim.run_for(milliseconds(200));
    assert_eq!(up(&sim), [true, false, true, true, false, true], "the end of a loss restarts what it crashed, and not worker/4");
    let report = sim.finish();
    assert_eq!((report.faults[2].effect, report.faults[2].reason.as_deref()), (0, Some("none of them was up")));
    assert_eq!((report.faults[3].effect, report.faults[3].nodes.len()), (2, 2));
}

#[test]
fn the_end_of_a_loss_leaves_a_later_crash_alone() {
    let plan = FaultPlan::new()
        .at(milliseconds(100), DomainFault::crash_all(["zone:b"], milliseconds(100)))
        .at(milliseconds(120), restart("worker/1"))
        .at(milliseconds(150), crash("worker/1", None));
    let mut sim = zoned().faults(plan).start(Seed(7));
    sim.run_for(milliseconds(250));
    assert_eq!(up(&sim), [true, false, true, true, true, true]);
}

#[test]
fn a_loss_before_the_first_boot_holds_it_back() {
    let mut sim = with(0, DomainFault::crash_all(["zone:b"], milliseconds(100)));
    sim.run_for(milliseconds(50));
    assert_eq!(up(&sim), [true, false, true, true, false, true]);
    sim.run_for(milliseconds(60));
    assert_eq!((up(&sim), memory(&sim, 1).unwrap().incarnation.0), (vec![true; 6], 0));
}

/// P10 is not a cut: messages between the nodes outside still arrive, and those to the dead are lost as to dead nodes.
#[test]
fn a_crash_of_all_is_not_a_cut() {
    let mut sim = with(105, DomainFault::crash_all(["zone:b"], milliseconds(200)));
    sim.run_for(milliseconds(400));
    let causes = sim.finish().traffic.dropped;
    assert_eq!(causes.keys().collect::<Vec<_>>(), ["node_down"]);
}

#[test]
fn unknown_and_empty_domains_are_refused_with_the_known_ones() {
    let mut sim = zoned().start(Seed(7));
    let unknown = sim.inject(DomainFault::crash_all(["zone:d"], None)).expect_err("there is no zone d").to_string();
    assert!(unknown.contains("names node \"zone:d\"") && unknown.contains("zone:a"), "{unknown}");
    let none = sim.inject(DomainFault::kill_all(Vec::<String>::new())).expect_err("it names none").to_string();
    assert!(none.contains("(kill all) is invalid: it names no node"), "{none}");
    let spared = refused(&zoned().chaos(FaultProfile::default().sparing(["zone:d"])));
    assert!(spared.contains("names group \"zone:d\""), "{spared}");
    zoned().chaos(FaultProfile::default().sparing(["zone:b", "rack:c/1"])).validate().unwrap();
}

#[test]
fn a_domain_in_two_places_is_refused() {
    let split = |of: fn(u32) -> Domain| refused(&workers_of(4).domains("worker", of));
    let zone = split(|index| Domain::new().region(format!("r{}", index % 2)).zone("a"));
    assert_eq!(
        zone,
        "zone:a lies in region:r0 and in region:r1; give its nodes one place, or each part a name of its own, as in \"eu-a\""
    );
    let rack = split(|index| Domain::new().zone(format!("z{}", index % 2)).rack("1"));
    assert!(rack.starts_with("rack:1 lies in zone:z0 and in zone:z1;"), "{rack}");
    let rack = split(|index| if index == 0 { Domain::new().rack("1") } else { Domain::new().region("eu").rack("1") });
    assert!(rack.starts_with("rack:1 lies in no region and in region:eu;"), "{rack}");
}

#[test]
fn a_group_over_no_zone_or_rack_is_refused() {
    let none: [&str; 0] = [];
    assert_eq!(
        workers_of(2).zones("worker", none).validate(),
        Err(ScenarioError::NoDomains { group: "worker".to_owned(), kind: "zone" })
    );
    let racks = refused(&workers_of(2).racks("worker", 0));
    assert_eq!(racks, "group \"worker\" is spread over no rack; name at least one, or leave its racks out");
}

#[test]
fn a_profile_spares_the_nodes_of_a_zone() {
    let profile = FaultProfile::default().sparing(["zone:b"]).never_cutting(["rack:c/0"]);
    let scenario = zoned().chaos(profile);
    let mut crashed = std::collections::BTreeSet::new();
    for seed in 0..60 {
        for record in scenario.run(Seed(seed)).faults {
            match &record.fault {
                Fault::Node(_) => crashed.extend(record.fault.nodes().into_iter().map(str::to_owned)),
                fault => assert!(!fault.nodes().contains(&"worker/2"), "{fault}"),
            }
        }
    }
    assert_eq!(crashed.into_iter().collect::<Vec<_>>(), ["worker/0", "worker/2", "worker/3", "worker/5"]);
}
