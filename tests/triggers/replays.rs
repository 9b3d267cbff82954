//! A run with triggers is replayed and minimized without them.

use cluster_sim::check::{Change, Health};
use cluster_sim::explore::{BuildInfo, Case, Reproducer, ScenarioSource};
use cluster_sim::fault::{AfterStep, ScheduledFault, Trigger};
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;

use crate::store::{Copies, stores, with_crash_at_first_ack};

fn reproducer(scenario: &Scenario, seed: u64) -> Reproducer {
    let report = scenario.run(Seed(seed));
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
    let source = ScenarioSource::Test { package: "suites".to_owned(), name: "triggers".to_owned() };
    Reproducer::of(source, &report, scenario.shrink(&report), BuildInfo::default()).expect("a rule was broken")
}

#[test]
fn a_trigger_times_what_no_plan_knows_and_its_record_says_when() {
    let report = with_crash_at_first_ack(Copies::Later).run(Seed(7));
    let [record] = &report.faults[..] else { panic!("it fires once: {report}") };
    assert_eq!((record.trigger.as_deref(), record.effect, record.by_hand), (Some("a store acknowledges"), 1, false));
    assert!(record.after.is_some_and(|after| after.step > 0) && record.ended_at.is_some(), "{record:?}");
    assert_eq!(report.outcome, Outcome::Violated);
    assert!(report.to_string().contains("(applied, when \"a store acknowledges\")"), "{report}");
}

#[test]
fn a_trigger_finds_nothing_where_copies_go_first() {
    with_crash_at_first_ack(Copies::Before).sweep(0..64).assert_ok();
}

#[test]
fn a_case_without_the_trigger_gives_the_exact_run() {
    for seed in (0..32).map(Seed) {
        let triggered = with_crash_at_first_ack(Copies::Later).run(seed);
        let case = Case::of(&triggered);
        assert!(case.faults.faults()[0].after.is_some());
        let replayed = case.apply_to(&stores(Copies::Later)).run(seed);
        assert_eq!((replayed.digest, replayed.steps), (triggered.digest, triggered.steps), "{seed}");
        assert_eq!(replayed.faults[0].effect, 1, "{replayed}");
        assert_eq!(Case::of(&replayed), case, "a case of a case is itself");
    }
}

#[test]
fn a_reproducer_replays_and_regresses_with_and_without_the_trigger() {
    let file = reproducer(&with_crash_at_first_ack(Copies::Later), 7);
    let read = Reproducer::parse(&file.to_text()).unwrap();
    assert_eq!(read, file);
    for scenario in [stores(Copies::Later), with_crash_at_first_ack(Copies::Later)] {
        for replay in [scenario.replay(&read).unwrap(), scenario.replay_original(&read).unwrap()] {
            assert!(replay.is_same(), "{replay}");
        }
        assert_eq!(scenario.check_regression(&read).unwrap().outcome, Outcome::Violated);
    }
    stores(Copies::Before).check_regression(&read).unwrap().assert_ok();
}

#[test]
fn minimizing_removes_shortens_and_moves_a_fired_fault() {
    let scenario = with_crash_at_first_ack(Copies::Later).when("a later write", |change, world| {
        let later = change.node() == NodeId(3) && world.now() > VirtualInstant::ZERO + milliseconds(40);
        later.then(|| cluster_sim_testkit::faults::pause("store/1", milliseconds(5)))
    });
    let report = scenario.run(Seed(7));
    assert_eq!((report.faults.len(), report.outcome), (2, Outcome::Violated), "{report}");
    let minimized = scenario.shrink(&report).unwrap();
    let [fault] = minimized.case.faults.faults() else { panic!("one is enough: {minimized}") };
    assert_eq!(fault.fault.duration(), Some(milliseconds(1)), "{fault:?}");
    assert_eq!(fault.after, None, "the beginning of the next instant does as well: {fault:?}");
    assert_eq!(minimized.case.apply_to(&stores(Copies::Later)).run(Seed(7)).digest, minimized.digest);
}

#[test]
fn a_case_whose_step_never_comes_applies_its_fault_at_its_instant() {
    let scenario = with_crash_at_first_ack(Copies::Later);
    let mut case = Case::of(&scenario.run(Seed(7)));
    let mut fault = case.faults.faults()[0].clone();
    fault.after.as_mut().unwrap().step = 1_000_000;
    case.faults = [fault.clone()].into_iter().collect();
    let report = case.apply_to(&scenario).run(Seed(7));
    assert_eq!((report.faults[0].applied, report.faults[0].effect), (true, 1), "{report}");
    let crash = scenario.only_faults(case.faults).record(Seed(7)).spans[0].from;
    assert_eq!(crash, fault.at);
}

#[test]
fn a_fired_fault_that_has_no_effect_any_more_is_stale() {
    let file = reproducer(&with_crash_at_first_ack(Copies::Later), 7);
    let mut original = Reproducer { minimized: None, ..file };
    let at = original.case.faults.faults()[0].at;
    let nowhere = cluster_sim_testkit::faults::resume("store/0");
    original.case.decisions = Some(Vec::new());
    original.case.faults = FaultPlan::new().at(at.since_zero(), nowhere);
    assert_eq!(stores(Copies::Before).check_regression(&original).unwrap().outcome, Outcome::Stale);
}

/// Two nodes resume at one instant, without a step between: the moment after the second is one of its own.
#[test]
fn a_moment_between_two_changes_without_a_step_is_found_again() {
    let pauses = |node: &str| cluster_sim_testkit::faults::pause(node, milliseconds(5));
    let plan = FaultPlan::new().at(milliseconds(10), pauses("store/0")).at(milliseconds(10), pauses("store/1"));
    let stores = stores(Copies::Later).start_together().faults(plan);
    let second = |change: &Change, _: &World<'_>| {
        let resumes = matches!(change, Change::Health(node, Health::Up, _) if *node == NodeId(1));
        resumes.then(|| cluster_sim_testkit::faults::crash("store/0", milliseconds(5)))
    };
    let triggered = stores.trigger(Trigger::new("a later boot", second).at_most(2));
    let report = triggered.run(Seed(7));
    let crash = &report.faults[3];
    assert_eq!((crash.at, crash.effect), (cluster_sim_testkit::units::instant(15), 1), "{report}");
    assert!(crash.after.is_some_and(|after| after.change > 0), "{crash:?}");
    assert_eq!(Case::of(&report).apply_to(&triggered).run(Seed(7)).digest, report.digest);
}

#[test]
fn a_fault_waits_for_both_its_instant_and_its_step() {
    let after = |step| Some(AfterStep { step, change: 0 });
    let [first, second] = ["store/0", "store/1"].map(|node| cluster_sim_testkit::faults::crash(node, milliseconds(5)));
    let [early, late] = [50, 60].map(cluster_sim_testkit::units::instant);
    let plan = [
        ScheduledFault { at: early, after: after(1), fault: first },
        ScheduledFault { at: late, after: after(1_000_000), fault: second },
    ];
    let recording = stores(Copies::Later).faults(plan.into_iter().collect()).record(Seed(7));
    let from: Vec<VirtualInstant> = recording.spans.iter().map(|span| span.from).collect();
    assert!(from[0] >= early && from[0] < late, "at the first change from its instant on: {from:?}");
    assert_eq!(from[1], late, "at the end of its instant: its step never comes");
}
