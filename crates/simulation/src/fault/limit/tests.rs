//! Drawn faults beside planned ones.

use std::time::Duration;

use super::*;
use crate::fault::FaultDomain;

fn at(milliseconds: u64) -> VirtualInstant {
    VirtualInstant::ZERO + Duration::from_millis(milliseconds)
}

fn crash(from: u64, node: &str, down_for: u64) -> ScheduledFault {
    let down_for = Some(Duration::from_millis(down_for));
    ScheduledFault::new(at(from), NodeFault::Crash { node: node.to_owned(), down_for })
}

fn pause(from: u64, node: &str, duration: u64) -> ScheduledFault {
    let duration = Some(Duration::from_millis(duration));
    ScheduledFault::new(at(from), NodeFault::Pause { node: node.to_owned(), duration })
}

/// Which of the drawn faults of groups `a` of five nodes and `b` of one fit beside a plan.
fn fits(planned: Vec<ScheduledFault>, drawn: &[ScheduledFault]) -> Vec<bool> {
    let names = ["a/0", "a/1", "a/2", "a/3", "a/4", "b/0"];
    let target = |name: &'static str| Target {
        name,
        group: &name[..1],
        region: None,
        shard: Shard(0),
        zone: None,
        rack: None,
        serves_objects: false,
        starts: Duration::ZERO,
    };
    let planned = planned.into_iter().collect();
    let mut limit = FaultLimit::new(&names.map(target), (None, &[]), &planned);
    drawn.iter().map(|scheduled| limit.allows(scheduled)).collect()
}

#[test]
fn a_minority_of_a_group_is_down_at_once() {
    let drawn = [
        crash(10, "a/0", 100),
        pause(20, "a/1", 50),
        crash(30, "a/2", 10),
        crash(30, "b/0", 10),
        crash(70, "a/2", 10),
        crash(71, "a/2", 10),
    ];
    assert_eq!(fits(Vec::new(), &drawn), [true, true, false, true, false, true]);
}

#[test]
fn faults_of_one_node_count_once_and_to_the_last_end() {
    let drawn = [crash(10, "a/0", 50), crash(20, "a/0", 100), crash(30, "a/1", 10), crash(61, "a/1", 10), crash(62, "a/2", 1)];
    assert_eq!(fits(Vec::new(), &drawn), [true, true, true, true, false]);
}

#[test]
fn a_node_is_down_until_what_took_it_down_is_undone() {
    let undone = |fault: fn(String) -> NodeFault, end: fn(String) -> NodeFault| {
        let planned = ["a/0", "a/1"].into_iter().flat_map(|node| {
            [ScheduledFault::new(at(10), fault(node.to_owned())), ScheduledFault::new(at(20), end(node.to_owned()))]
        });
        fits(planned.collect(), &[crash(30, "a/2", 10)]) == [true]
    };
    let crash = |node| NodeFault::Crash { node, down_for: None };
    let pause = |node| NodeFault::Pause { node, duration: None };
    let (restart, resume) = (|node| NodeFault::Restart { node }, |node| NodeFault::Resume { node });
    assert!(undone(crash, restart) && undone(pause, resume));
    assert!(!undone(crash, resume) && !undone(pause, restart));
    let kill = |node| NodeFault::Kill { node };
    assert!(!undone(kill, restart), "the dead stay dead");
    let crash_loop = |node| {
        let [down_for, up_for] = [1, 2].map(Duration::from_millis);
        NodeFault::CrashLoop { node, down_for, up_for, duration: None }
    };
    assert!(!undone(crash_loop, restart), "it crashes again");
    let crash_at = |node| NodeFault::CrashAt { node, point: "point".to_owned(), visit: 1, down_for: None, duration: None };
    assert!(!undone(crash_at, restart), "it may crash later");
}

#[test]
fn planned_faults_count_also_later_ones() {
    let planned = || vec![crash(100, "a/3", 50), crash(110, "a/4", 50)];
    let drawn = [crash(10, "a/0", 90), crash(10, "a/1", 91), crash(50, "a/2", 60), crash(120, "a/0", 1), crash(160, "a/0", 1)];
    assert_eq!(fits(planned(), &drawn), [true, false, false, false, true], "a/1 would be down beside a/0 and then a/3");
    assert_eq!(fits(planned(), &[crash(50, "a/2", 61)]), [false], "it would be down with both");
    let restarted = vec![
        ScheduledFault::new(at(0), NodeFault::Kill { node: "a/3".to_owned() }),
        ScheduledFault::new(at(0), NodeFault::Crash { node: "a/4".to_owned(), down_for: None }),
        ScheduledFault::new(at(50), NodeFault::Restart { node: "a/4".to_owned() }),
    ];
    assert_eq!(fits(restarted, &[crash(50, "a/0", 1), crash(51, "a/0", 9), crash(55, "a/1", 9)]), [false, true, false]);
}

#[test]
fn nodes_that_are_lost_together_count_together() {
    let all = |from: u64, nodes: &[&str], down_for: u64| {
        let fault = DomainFault::crash_all(nodes.iter().copied(), Duration::from_millis(down_for));
        ScheduledFault::new(at(from), fault)
    };
    let drawn = [
        all(10, &["a/0", "a/1", "a/2"], 10),
        all(10, &["a/0", "a/1", "b/0"], 10),
        crash(15, "a/2", 10),
        all(15, &["a/0", "a/1"], 10),
        all(25, &["a/2", "a/3"], 1),
        all(26, &["a/2", "a/3"], 1),
    ];
    assert_eq!(fits(Vec::new(), &drawn), [false, true, false, true, false, true]);
    assert_eq!(fits(vec![all(10, &["group:a"], 10)], &[crash(20, "a/0", 1), crash(21, "a/0", 1)]), [false, true]);
    let killed = ScheduledFault::new(at(0), DomainFault::kill_all(["a/0", "a/1"]));
    assert_eq!(fits(vec![killed], &[crash(1_000, "a/2", 1)]), [false], "the dead stay dead");
}

#[test]
fn a_rolling_restart_has_one_node_down_at_any_time() {
    let rolling = |from: u64, nodes: &[&str]| {
        let [down_for, pause] = [10, 5].map(Duration::from_millis);
        ScheduledFault::new(at(from), DomainFault::rolling_restart(nodes.iter().copied(), down_for, pause))
    };
    let all = ["a/0", "a/1", "a/2", "a/3", "a/4"];
    let drawn = [rolling(10, &all), crash(20, "a/0", 200), crash(30, "a/1", 10), rolling(84, &all), crash(86, "a/1", 1)];
    assert_eq!(fits(Vec::new(), &drawn), [true, true, false, false, true]);
    let planned = || vec![rolling(10, &["group:a"]), crash(100, "a/1", 10)];
    assert_eq!(fits(planned(), &[crash(20, "a/0", 1), crash(95, "a/2", 6), crash(110, "b/0", 1)]), [true, false, true]);
}

#[test]
fn a_node_that_has_not_started_is_down() {
    let target = |name: &'static str, starts| Target {
        name,
        group: "a",
        region: None,
        shard: Shard(0),
        zone: None,
        rack: None,
        serves_objects: false,
        starts,
    };
    let nodes = [target("a/0", Duration::ZERO), target("a/1", Duration::ZERO), target("a/2", Duration::from_millis(100))];
    let mut limit = FaultLimit::new(&nodes, (None, &[]), &FaultPlan::new());
    assert!(!limit.allows(&crash(100, "a/0", 1)) && limit.allows(&crash(101, "a/0", 1)));
    let restart = ScheduledFault::new(at(10), NodeFault::Restart { node: "a/2".to_owned() });
    let mut limit = FaultLimit::new(&nodes, (None, &[]), &[restart].into_iter().collect());
    assert!(!limit.allows(&crash(50, "a/0", 1)), "to restart a node before its start boots none");
}

#[test]
fn a_fault_without_a_length_takes_its_instant() {
    assert_eq!(fits(vec![pause(10, "a/3", 0), pause(10, "a/4", 0)], &[crash(10, "a/0", 0), crash(11, "a/0", 0)]), [false, true]);
    assert_eq!(fits(Vec::new(), &[pause(10, "a/3", 0), pause(10, "a/4", 0), crash(10, "a/0", 1)]), [true, true, false]);
}

#[test]
fn the_nodes_of_a_domain_count_once() {
    let zones = ["x", "x", "y", "y", "z"];
    let names = ["a/0", "a/1", "a/2", "a/3", "a/4"];
    let target = |(name, zone): (&'static str, &'static str)| Target {
        name,
        group: "a",
        region: None,
        shard: Shard(0),
        zone: Some(zone),
        rack: None,
        serves_objects: false,
        starts: Duration::ZERO,
    };
    let nodes: Vec<Target<'_>> = names.into_iter().zip(zones).map(target).collect();
    let claims = [Claim::at_most(1, "a").counting(FaultDomain::Zone)];
    let planned: FaultPlan = [crash(10, "a/0", 40), crash(20, "a/1", 40)].into_iter().collect();
    let mut limit = FaultLimit::new(&nodes, (None, &claims), &planned);
    let drawn = [crash(60, "a/2", 1), crash(61, "a/2", 40), crash(62, "a/3", 1), crash(63, "a/4", 1), crash(63, "a/0", 1)];
    let allowed: Vec<bool> = drawn.iter().map(|drawn| limit.allows(drawn)).collect();
    assert_eq!(allowed, [false, true, true, false, false]);
    // Where the plan has one zone down at once, another may not fail; where two zones may, it may.
    let claims = [Claim::at_most(2, "a").counting(FaultDomain::Zone)];
    let mut limit = FaultLimit::new(&nodes, (None, &claims), &planned);
    let drawn = [crash(30, "a/2", 40), crash(30, "a/3", 40), crash(31, "a/4", 1)];
    assert_eq!(drawn.map(|drawn| limit.allows(&drawn)), [true, true, false]);
}
