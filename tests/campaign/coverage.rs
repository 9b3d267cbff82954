//! A sweep counts what it covered, and a sweep that covers too little can be made to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cluster_sim::Invariant;
use cluster_sim::check::Change;
use cluster_sim::explore::{Coverage, FaultCoverage};
use cluster_sim::node::CoveragePoint;
use cluster_sim::prelude::*;
use cluster_sim::report::CheckKind;
use cluster_sim_testkit::faults::{crash, cut};
use cluster_sim_testkit::links::lossy;
use cluster_sim_testkit::panics::panic_of;
use cluster_sim_testkit::units::milliseconds;
use rstest::rstest;
use serde_json::{Value, json};

use crate::count;

const SEEDS: u64 = 24;

/// Reaches its coverage point two times, in one seed of four.
async fn walks(node: Node) {
    let goes = node.index() == 0 && node.roll("goes", 0).below(4) == 0;
    node.sleep(Duration::from_millis(5)).await;
    node.publish(|gone: &mut bool| *gone = goes);
    if goes {
        node.emit(CoveragePoint("the seldom way"));
        node.emit(CoveragePoint("the seldom way"));
    }
    node.sleep(Duration::from_millis(5)).await;
    node.publish(|gone: &mut bool| *gone = false);
}

fn walking() -> Scenario {
    Scenario::new("walking")
        .nodes("node", 2, walks)
        .always("no node is lost", |world| world.views::<bool>().count() <= 2)
        .duration(Duration::from_millis(20))
}

/// The seeds in which a node reaches its point.
fn seeds_that_go() -> Vec<u64> {
    let goes = |seed: &u64| {
        let mut sim = walking().start(Seed(*seed));
        sim.run_for(Duration::from_millis(8));
        sim.inspect(|world| world.views::<bool>().any(|(_, gone)| *gone))
    };
    (0..SEEDS).filter(goes).collect()
}

/// Counts changes, and reports numbers in a tree.
#[derive(Default)]
struct Tally {
    changes: u64,
}

impl Invariant for Tally {
    fn observe(&mut self, _: &Change, _: &World<'_>) -> Verdict {
        self.changes += 1;
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.changes
    }

    fn measured(&self) -> Value {
        json!({
            "changes": self.changes,
            "by": {"kind": {"two": 2}},
            "share": 0.5, "below": -3, "list": [7, 7], "word": "9", "is": true, "nothing": null,
        })
    }
}

/// Never checks anything.
struct Blind;

impl Invariant for Blind {
    fn observe(&mut self, _: &Change, _: &World<'_>) -> Verdict {
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        0
    }
}

/// Sends to the others all the time, under random faults.
async fn chats(node: Node) {
    let peers = node.bind::<u64>("chat");
    loop {
        peers.broadcast(1);
        peers.recv_for(Duration::from_millis(20), |_| {}).await;
        node.publish(|said: &mut u64| *said += 1);
    }
}

fn chatting() -> Scenario {
    let profile = FaultProfile { mean_interval: Duration::from_millis(200), ..FaultProfile::default() };
    Scenario::new("chatting")
        .nodes("node", 3, chats)
        .default_links(lossy(Ratio::percent(5)))
        .chaos(profile)
        .observe("tally", Tally::default)
        .sometimes("one is down", |world| (0..3).any(|node| world.health(NodeId(node)) == cluster_sim::check::Health::Down))
        .always("at most three nodes send", |world| world.views::<u64>().count() <= 3)
        .duration(Duration::from_secs(1))
}

#[test]
fn coverage_points_count_runs_also_if_none_reached_them() {
    let expected = seeds_that_go();
    assert!(!expected.is_empty() && expected.len() < SEEDS as usize, "{expected:?}");
    let scenario = walking()
        .reachable("the seldom way")
        .reachable("no way")
        .sometimes("one is gone", |world| world.views::<bool>().any(|(_, gone)| *gone))
        .sometimes("both are gone", |world| world.views::<bool>().filter(|(_, gone)| **gone).count() == 2);
    let sweep = scenario.campaign(0..SEEDS).with_coverage().run();
    sweep.assert_ok();
    let coverage = sweep.coverage().expect("every seed was run");
    let often = expected.len() as u64;
    let points = [("both are gone", 0), ("no way", 0), ("one is gone", often), ("the seldom way", often)];
    assert_eq!(coverage.points, points.map(|(name, runs)| (name.to_owned(), runs)).into());
    assert_eq!((coverage.runs, coverage.outcomes.clone()), (SEEDS, [(Outcome::Held, SEEDS)].into()));
    let cure = "was never reached; run more seeds, for longer, or under more faults";
    assert_eq!(coverage.missing(), [format!("point \"both are gone\" {cure}"), format!("point \"no way\" {cure}")]);
    // A point is no rule, and a rule is no point.
    assert_eq!(coverage.times_checked.keys().collect::<Vec<_>>(), ["no node is lost"]);
    let point = |seed: u64| {
        let report = scenario.run(Seed(seed));
        let check = report.checks.into_iter().find(|check| check.name == "the seldom way").expect("it is listed");
        (check.kind, check.times_checked, check.unknown)
    };
    assert_eq!(point(expected[0]), (CheckKind::Sometimes, 1, None));
}

#[test]
fn coverage_is_the_sum_of_all_runs_in_threads_and_processes() {
    let campaign = |workers: usize| chatting().campaign(0..SEEDS).threads(count(workers)).with_coverage();
    let sum = |seeds: &mut dyn Iterator<Item = u64>| {
        seeds.fold(Coverage::default(), |mut sum, seed| {
            sum.add(&Coverage::of(&chatting().run(Seed(seed))));
            sum
        })
    };
    let expected = sum(&mut (0..SEEDS));
    assert_eq!(sum(&mut (0..SEEDS).rev()), expected, "in any order");
    for sweep in [campaign(1).run(), campaign(4).run(), campaign(1).isolated().run(), campaign(3).isolated().run()] {
        sweep.assert_ok();
        assert_eq!(sweep.coverage(), Some(&expected), "{sweep}");
    }
    // The runs had enough to count.
    assert!(expected.faults.len() >= 4 && expected.losses.len() >= 2 && expected.points["one is down"] > 0, "{expected}");
    let reports: Vec<Report> = (0..SEEDS).map(|seed| chatting().run(Seed(seed))).collect();
    let records = |keeps: fn(&cluster_sim::fault::FaultRecord) -> bool| {
        let records = reports.iter().flat_map(|report| &report.faults);
        records.filter(|record| record.fault.kind() == "crash" && keeps(record)).count() as u64
    };
    let crashes = FaultCoverage {
        planned: records(|_| true),
        applied: records(|record| record.applied),
        effective: records(|record| record.effect > 0),
    };
    assert_eq!(expected.faults["crash"], crashes);
    assert!(crashes.effective < crashes.planned, "some crash has no effect, so the counts differ: {crashes:?}");
    let lost: u64 = reports.iter().map(|report| report.traffic.lost()).sum();
    assert_eq!(expected.losses.values().sum::<u64>(), lost);
    let saved = serde_json::to_string(&expected).expect("it is plain data");
    assert_eq!(serde_json::from_str::<Coverage>(&saved).expect("it is read again"), expected);
}

#[test]
fn operations_are_the_integers_of_observers_by_path() {
    let scenario = walking().observe("tally", Tally::default);
    let sweep = scenario.campaign(0..SEEDS).with_coverage().run();
    let coverage = sweep.coverage().expect("every seed was run");
    let changes: u64 =
        (0..SEEDS).map(|seed| scenario.run(Seed(seed)).measured["tally"]["changes"].as_u64().expect("it counts")).sum();
    let expected = [("tally.by.kind.two", 2 * SEEDS), ("tally.changes", changes)];
    assert_eq!(coverage.operations, expected.map(|(path, number)| (path.to_owned(), number)).into(), "whole numbers alone");
    assert_eq!(coverage.times_checked["tally"], changes);
    assert!(sweep.to_string().contains(&format!("\n        counted tally.changes: {changes}")), "{sweep}");
}

fn at(after: u64, fault: Fault) -> FaultPlan {
    FaultPlan::new().at(milliseconds(after), fault)
}

#[rstest]
#[case::point(walking().reachable("no way"), "point \"no way\" was never reached")]
#[case::late_fault(walking().faults(at(500, NetworkFault::HealAll.into())), "8 faults of kind \"heal all\" were planned, and none was applied")]
#[case::idle_fault(walking().faults(at(5, NetworkFault::HealAll.into())), "8 faults of kind \"heal all\" were applied, and none had an effect")]
fn missing_coverage_fails_only_a_sweep_that_requires_it(#[case] scenario: Scenario, #[case] missing: &str) {
    let with_coverage = scenario.campaign(0..8).with_coverage().run();
    let required = scenario.campaign(0..8).require_coverage().run();
    for sweep in [&with_coverage, &required] {
        assert_eq!((sweep.passed(), sweep.failed()), (8, 0), "{sweep}");
        let all = sweep.coverage().expect("every seed was run").missing();
        assert!(all.len() == 1 && all[0].starts_with(&format!("{missing}; ")), "it ends in a cure: {all:?}");
        assert!(sweep.to_string().contains(&format!("\n      missing: {missing}")), "{sweep}");
    }
    assert_eq!((with_coverage.is_ok(), with_coverage.exit_code()), (true, 0), "it was not asked for");
    assert_eq!((required.is_ok(), required.exit_code()), (false, 4), "{required}");
    assert!(panic_of(|| required.assert_ok()).contains(missing), "it names what is missing");
}

#[test]
fn a_rule_that_was_never_checked_is_missing() {
    let sweep = walking().observe("blind", || Blind).campaign(0..8).require_coverage().run();
    assert_eq!((sweep.failed(), sweep.is_ok(), sweep.exit_code()), (8, false, 4), "{sweep}");
    let coverage = sweep.coverage().expect("every seed was run");
    assert_eq!(coverage.missing().len(), 1);
    assert!(coverage.missing()[0].starts_with("rule \"blind\" had nothing to judge; check the types"), "{sweep}");
    assert_eq!(coverage.outcomes, [(Outcome::Unknown, 8)].into());
}

#[test]
fn a_sweep_with_full_coverage_passes() {
    let cut = cut(["node/0"], ["node/1"], milliseconds(100));
    let scenario = chatting().only_faults(at(100, cut)).sometimes("all send", |world| world.views::<u64>().count() == 3);
    let scenario = scenario.faults(at(300, crash("node/2", milliseconds(50))));
    for sweep in [scenario.campaign(0..4).require_coverage().run(), scenario.campaign(0..4).require_coverage().isolated().run()] {
        assert_eq!((sweep.is_ok(), sweep.exit_code()), (true, 0), "{sweep}");
        sweep.assert_ok();
        let text = sweep.to_string();
        let begins = "4 of seeds 0..4 of chatting passed\n      coverage over 4 runs\n        fault crash: 4 applied, 4 had an effect\n        \
                      fault cut: 4 applied, 4 had an effect\n        lost to ";
        assert!(text.starts_with(begins) && text.contains("\n        point all send: 4\n") && !text.contains("missing"), "{text}");
    }
}

#[test]
fn without_a_request_there_is_no_coverage() {
    let sweep = walking().sweep(0..4);
    assert_eq!((sweep.coverage(), sweep.to_string().as_str()), (None, "4 of seeds 0..4 of walking passed"));
}

#[rstest]
fn a_sweep_that_ended_early_has_no_coverage(#[values(false, true)] isolated: bool) {
    let fatal = seeds_that_go()[0];
    let broken = walking().always("no node goes", |world| world.views::<bool>().all(|(_, gone)| !gone));
    let sweep = |end: u64| {
        let campaign = broken.campaign(0..end).require_coverage();
        if isolated { campaign.isolated().run() } else { campaign.run() }
    };
    let early = sweep(fatal + 9);
    assert_eq!((early.coverage(), early.failed(), early.exit_code()), (None, 1, 1), "{early}");
    assert!(!early.to_string().contains("went through"), "{early}");
    let whole = sweep(fatal + 1);
    let coverage = whole.coverage().expect("every seed was run");
    let outcomes = [(Outcome::Held, fatal), (Outcome::Violated, 1)].into_iter().filter(|(_, runs)| *runs > 0).collect();
    assert_eq!((coverage.runs, coverage.outcomes.clone(), whole.exit_code()), (fatal + 1, outcomes, 1), "{whole}");
}

#[test]
fn an_interrupted_sweep_has_no_coverage() {
    let stop = Arc::new(AtomicBool::new(false));
    let watch = |progress: cluster_sim::explore::Progress| stop.store(progress.done >= 1, Ordering::SeqCst);
    let sweep = walking().campaign(0..u64::from(u32::MAX)).threads(count(1)).require_coverage();
    let sweep = sweep.cancel_on(Arc::clone(&stop)).progress(watch).run();
    assert_eq!((sweep.is_interrupted(), sweep.coverage(), sweep.exit_code()), (true, None, 130), "{sweep}");
}

#[test]
fn losses_to_all_cuts_are_counted_as_one_cause() {
    async fn chats(node: Node) {
        let port = node.bind::<u8>("chat");
        loop {
            port.broadcast(1);
            port.recv_for(Duration::from_millis(5), |_| ()).await;
        }
    }
    let plan = FaultPlan::new()
        .at(milliseconds(10), cut(["node/0"], ["node/1"], milliseconds(20)))
        .at(milliseconds(40), cut(["node/0"], ["node/2"], milliseconds(20)));
    let report = Scenario::new("chat").nodes("node", 3, chats).faults(plan).duration(milliseconds(80)).run(Seed(7));
    assert_eq!(report.traffic.dropped.len(), 2, "two cuts with two names: {report}");
    let coverage = Coverage::of(&report);
    assert_eq!(coverage.losses, [("cuts".to_owned(), report.traffic.lost())].into());
}
