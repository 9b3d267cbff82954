//! Profiles and plans of the seed, as a scenario applies them.

use cluster_sim::check::Health;
use cluster_sim::fault::FaultKind;
use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::crash;
use cluster_sim_testkit::units::milliseconds;

use crate::worker::{workers, workers_of};

/// Runs 40 seeds under frequent crashes and pauses; the most workers that are not up at once in any of them.
fn most_down(scenario: Scenario, profile: FaultProfile) -> u32 {
    let profile = FaultProfile { mean_interval: milliseconds(60), mean_duration: milliseconds(40), ..profile };
    let scenario = scenario.chaos(profile.only([FaultKind::Crash, FaultKind::QuickRestart, FaultKind::Pause]));
    let down = |world: &World<'_>| world.nodes().filter(|node| world.health(*node) != Health::Up).count() as u32;
    let most_of = |seed: u64| {
        let mut sim = scenario.start(Seed(seed));
        let steps = (0..1_000).map(|_| {
            sim.run_for(milliseconds(1));
            sim.inspect(down)
        });
        steps.max().unwrap_or_default()
    };
    (0..40).map(most_of).max().unwrap_or_default()
}

#[test]
fn a_minority_is_down_at_once_unless_the_profile_says_more() {
    assert_eq!(most_down(workers_of(3), FaultProfile::default()), 1);
    assert_eq!(most_down(workers_of(3), FaultProfile::default().at_most_down(2)), 2);
    assert_eq!(most_down(workers_of(5), FaultProfile::default()), 2);
}

/// The plan keeps one worker of five down for good: the profile takes down one more.
#[test]
fn crashes_of_the_plan_and_late_starts_count_as_down() {
    let planned = FaultPlan::new().at(Duration::ZERO, crash("worker/4", None));
    assert_eq!(most_down(workers_of(5).faults(planned.clone()), FaultProfile::default()), 2);
    assert_eq!(most_down(workers_of(5).faults_from(move |_| planned.clone()), FaultProfile::default()), 2);
    assert_eq!(most_down(workers_of(5).start_at("worker/4", Duration::from_secs(2)), FaultProfile::default()), 2);
}

#[test]
fn a_plan_of_the_seed_is_applied_like_any_other() {
    let plan = |seed: Seed| FaultPlan::new().at(milliseconds(seed.0), crash("worker/1", milliseconds(100)));
    for seed in [105, 205].map(Seed) {
        let report = workers().faults_from(plan).run(seed);
        assert_eq!(report.digest, workers().faults(plan(seed)).run(seed).digest);
        assert_eq!(report.faults, workers().faults(plan(seed)).run(seed).faults);
    }
    let both = workers().faults(plan(Seed(305))).faults_from(plan).faults_from(|_| FaultPlan::new()).run(Seed(105));
    assert_eq!(both.faults.len(), 2);
    assert_eq!(workers().faults_from(plan).only_faults(FaultPlan::new()).run(Seed(105)).faults, []);
}

#[test]
fn a_plan_of_the_seed_is_minimized() {
    let plan = |seed: Seed| {
        let plan = FaultPlan::new().at(milliseconds(100 + seed.0), crash("worker/0", milliseconds(100)));
        plan.at(milliseconds(300), crash("worker/1", milliseconds(100)))
    };
    let lives =
        |world: &World<'_>| world.views::<crate::worker::Memory>().all(|(node, memory)| node.0 == 1 || memory.incarnation.0 == 0);
    let scenario = workers().faults_from(plan).always("worker/0 does not crash", lives);
    let report = scenario.run(Seed(7));
    let minimized = scenario.shrink(&report).expect("the rule is broken");
    let faults: Vec<String> = minimized.case.faults.faults().iter().map(|scheduled| scheduled.fault.to_string()).collect();
    assert_eq!(faults, ["crash worker/0 for 0.001s"]);
}

#[test]
fn a_plan_of_the_seed_that_does_not_fit_is_a_finding() {
    let scenario = workers().faults_from(|seed| FaultPlan::new().at(milliseconds(5), crash(&format!("worker/{}", seed.0), None)));
    assert_eq!(scenario.validate(), Ok(()));
    scenario.run(Seed(1)).assert_ok();
    let report = scenario.run(Seed(2));
    assert_eq!(report.outcome, Outcome::Panicked);
    let text = report.to_string();
    assert!(text.contains("a plan of the seed that cannot be applied: fault 0 (crash) names node \"worker/2\""), "{text}");
    assert_eq!(scenario.sweep(0..4).failure().map(Report::seed), Some(Seed(2)), "a sweep goes on to report it");
}

#[test]
fn an_uncut_group_that_is_not_there_is_refused() {
    let error = workers().chaos(FaultProfile::default().never_cutting(["wroker"])).validate().unwrap_err().to_string();
    assert!(error.starts_with("the fault profile names group \"wroker\"") && error.contains("did you mean \"worker\""), "{error}");
    assert_eq!(workers().chaos(FaultProfile::default().never_cutting(["worker"])).validate(), Ok(()));
}

/// Nodes that talk, spawn tasks, write to a disk and stop when they are asked to.
async fn busy(node: Node) {
    let (port, disk) = (node.bind::<u64>("main"), node.disk());
    let file = disk.open("log", cluster_sim::node::OpenOptions::create()).await.expect("no fault of disks is drawn");
    loop {
        let child = node.clone();
        let slept = node.spawn(async move { child.sleep(milliseconds(1 + child.random().below(5))).await });
        select! {
            _ = slept => port.broadcast(1),
            _ = port.recv() => {}
            _ = node.stopping() => return,
        }
        file.append(vec![1]).await.expect("no fault of disks is drawn");
    }
}

#[test]
fn every_kind_of_fault_of_processes_has_an_effect_in_some_seed() {
    let profile = FaultProfile { mean_interval: milliseconds(300), mean_duration: milliseconds(100), ..FaultProfile::default() };
    let scenario = Scenario::new("busy")
        .nodes("node", 6, busy)
        .zones("node", ["a", "b", "c"])
        .duration(milliseconds(1_000))
        .chaos(profile.only(FaultKind::OF_PROCESSES));
    let mut effective = std::collections::BTreeSet::new();
    for seed in 0..60 {
        let report = scenario.run(Seed(seed));
        report.assert_ok();
        effective.extend(report.faults.iter().filter(|record| record.effect > 0).map(|record| record.fault.kind()));
    }
    let all = [
        "cancel tasks",
        "crash all",
        "crash in io",
        "equal random",
        "graceful stop",
        "poison message",
        "random crash in io",
        "rolling restart",
        "slow",
    ];
    assert_eq!(effective.into_iter().collect::<Vec<_>>(), all);
}

/// P4 as drawn: some stops end in time, some at their deadline, and crashes end some of them.
#[test]
fn drawn_stops_end_in_each_of_three_ways() {
    let slow_to_stop = async |node: Node| {
        node.stopping().await;
        node.sleep(milliseconds(8)).await;
    };
    let profile = FaultProfile { mean_interval: milliseconds(100), mean_duration: milliseconds(60), ..FaultProfile::default() };
    let scenario = Scenario::new("stopping").nodes("node", 3, slow_to_stop).duration(milliseconds(1_000));
    let scenario = scenario.chaos(profile.only([FaultKind::GracefulStop, FaultKind::Crash]));
    let mut ends = std::collections::BTreeMap::new();
    for seed in 0..60 {
        let report = scenario.run(Seed(seed));
        report.assert_ok();
        let stops = report.faults.iter().filter(|record| record.fault.kind() == "graceful stop" && record.effect > 0);
        let before_the_end = stops.filter(|record| record.ended_at.is_some_and(|at| at.as_nanoseconds() < 1_000_000_000));
        before_the_end.for_each(|record| *ends.entry(record.reason.clone().unwrap_or_default()).or_insert(0) += 1);
    }
    let ways: Vec<&str> = ends.keys().map(String::as_str).collect();
    assert_eq!(ways, ["", "it crashed at its deadline", "it stopped in time"], "{ends:?}");
}

/// P10 within the bound: a zone of two among six nodes may be lost, one of three may not.
#[test]
fn a_profile_loses_a_domain_only_within_the_bound() {
    let profile = || FaultProfile { mean_interval: milliseconds(60), mean_duration: milliseconds(40), ..FaultProfile::default() };
    let losses = |zones: &[&str], profile: FaultProfile| {
        let scenario = workers_of(6).zones("worker", zones.iter().copied()).chaos(profile.only([FaultKind::DomainLoss]));
        (0..20).map(|seed| scenario.run(Seed(seed)).faults.len()).sum::<usize>()
    };
    assert!(losses(&["a", "b", "c"], profile()) > 20);
    assert_eq!(losses(&["a", "b"], profile()), 0);
    assert!(losses(&["a", "b"], profile().at_most_down(3)) > 20);
    assert_eq!(losses(&["a", "b", "c"], profile().sparing(["worker"])), 0);
}
