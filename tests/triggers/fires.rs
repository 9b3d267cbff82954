//! When and how often a trigger fires, and what is refused.

use cluster_sim::check::{Change, Health};
use cluster_sim::fault::Trigger;
use cluster_sim::prelude::*;
use cluster_sim::report::{CheckKind, Exhausted, PanicSite};
use cluster_sim_testkit::faults::{crash, cut, kill, pause, restart};
use cluster_sim_testkit::units::{instant, milliseconds};

async fn count(node: Node) {
    let mut ticks = node.interval(milliseconds(10));
    loop {
        ticks.tick().await;
        node.publish(|count: &mut u64| *count += 1);
    }
}

/// Three nodes that count to a hundred within a second.
fn counters() -> Scenario {
    Scenario::new("counters").nodes("counter", 3, count).start_together().duration(milliseconds(1_000))
}

fn times(report: &Report) -> Vec<u64> {
    report.faults.iter().map(|record| record.at.as_nanoseconds() / 1_000_000).collect()
}

/// Crashes a node whenever it has counted to ten.
fn at_ten() -> Trigger {
    Trigger::new("a node counts to ten", |change, world| {
        let count = world.view::<u64>(change.node())?;
        (*count == 10).then(|| crash(world.name(change.node()), milliseconds(10)))
    })
}

#[test]
fn a_trigger_fires_once_unless_it_may_more_often() {
    let fires = |trigger: Trigger| counters().trigger(trigger).run(Seed(7)).faults.len();
    assert_eq!(fires(at_ten().at_most(0)), 0);
    assert_eq!(fires(at_ten()), 1);
    assert_eq!(fires(at_ten().at_most(4)), 4);
    // A life takes 100 ms and the time down 10 ms.
    assert_eq!(fires(at_ten().always()), 3 * 9);
}

#[test]
fn a_trigger_that_never_answers_changes_nothing_and_is_told_by_coverage() {
    let never = Trigger::new("never", |_, _| None::<Fault>).always();
    let report = counters().trigger(never.clone()).run(Seed(7));
    assert_eq!(report.digest, counters().run(Seed(7)).digest);
    let check = report.checks.iter().find(|check| check.kind == CheckKind::Trigger).unwrap();
    assert_eq!((check.name.as_str(), check.times_checked), ("never", 0));
    let sweep = counters().trigger(never).trigger(at_ten()).campaign(0..4).with_coverage().run();
    let coverage = sweep.coverage().unwrap();
    let missing = coverage.missing();
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert!(missing[0].starts_with("trigger \"never\" never fired; "), "{missing:?}");
    assert_eq!(coverage.triggers["a node counts to ten"], 4);
}

#[test]
fn a_delayed_fault_is_applied_at_the_beginning_of_its_instant() {
    let report = counters().trigger(at_ten().after(milliseconds(25))).run(Seed(7));
    assert_eq!((times(&report), report.faults[0].after), (vec![125], None));
    assert_eq!(report.faults[0].effect, 1);
    let late = counters().trigger(at_ten().after(milliseconds(2_000))).run(Seed(7));
    assert!(!late.faults[0].applied && late.to_string().contains("not applied: run ended"), "{late}");
}

#[test]
fn faults_of_one_answer_keep_their_order_and_fire_others() {
    let first = Trigger::new("a count", |change, world| {
        let counts = world.view::<u64>(change.node()).is_some_and(|count| *count == 5);
        if counts { vec![pause("counter/1", milliseconds(5)), kill("counter/2")] } else { Vec::new() }
    });
    let second = Trigger::new("a pause", |change, _| {
        matches!(change, Change::Health(_, Health::Paused, _)).then(|| crash("counter/0", milliseconds(5)))
    });
    let report = counters().trigger(first).trigger(second).run(Seed(7));
    let texts: Vec<String> = report.faults.iter().map(|record| record.fault.to_string()).collect();
    assert_eq!(texts, ["pause counter/1 for 0.005s", "kill counter/2", "crash counter/0 for 0.005s"]);
    assert!(report.faults.iter().all(|record| record.effect == 1 && record.after == report.faults[0].after), "{report}");
}

#[test]
fn the_state_of_a_trigger_is_of_its_run() {
    let third = Trigger::with_state(
        "the third boot",
        || 0,
        |boots, change, _| {
            *boots += u32::from(matches!(change, Change::Health(_, Health::Up, _)));
            (*boots == 3).then(|| crash("counter/0", milliseconds(5)))
        },
    );
    let scenario = counters().trigger(third);
    let runs: Vec<Report> = (0..2).map(|_| scenario.run(Seed(7))).collect();
    assert_eq!(runs[0], runs[1]);
    assert_eq!(runs[0].faults.len(), 1);
}

#[test]
fn a_trigger_does_not_fire_in_the_recovery_phase() {
    let counted = |change: &Change, world: &World<'_>| {
        let counts = world.view::<u64>(change.node()).is_some_and(|count| *count == 150);
        counts.then(|| cut(["counter/0"], ["*"], None))
    };
    let scenario =
        counters().when("150", counted).eventually("all count on", |world| world.views::<u64>().all(|(_, count)| *count > 160));
    let report = scenario.clone().run(Seed(7));
    report.assert_ok();
    assert!(report.faults.is_empty());
    assert_eq!(scenario.duration(milliseconds(2_000)).run(Seed(7)).faults.len(), 1);
}

#[test]
fn a_trigger_that_fires_on_its_own_fault_is_exhausted_by_name() {
    let endless = Trigger::new("any change", |_, _| [pause("counter/0", None), cluster_sim_testkit::faults::resume("counter/0")]);
    let report = counters().trigger(endless.clone().always()).run(Seed(7));
    assert_eq!((report.outcome, report.exhausted), (Outcome::Exhausted, Some(Exhausted::FiresAtOneInstant(1_000))));
    assert_eq!(report.exhausted_by, ["trigger \"any change\" fired last: pause counter/0"]);
    assert!(report.to_string().contains("bound it with `Trigger::at_most`"), "{report}");
    counters().trigger(endless.at_most(999)).run(Seed(7)).assert_ok();
    // A restart takes a step; the instant is the same.
    let reboots = Trigger::new("a boot", |change, world| {
        let name = world.name(change.node());
        let is_up = matches!(change, Change::Health(_, Health::Up, _));
        is_up.then(|| [crash(name, None), restart(name)]).into_iter().flatten().collect::<Vec<_>>()
    });
    let report = counters().trigger(reboots.always()).run(Seed(7));
    assert_eq!(report.outcome, Outcome::Exhausted, "{report}");
}

#[test]
fn a_fault_of_a_trigger_that_does_not_fit_is_a_finding() {
    let report = counters().when("a boot", |_, _| Some(crash("conuter/0", None))).run(Seed(7));
    let panic = report.panic.as_ref().expect("it names no node");
    assert_eq!((report.outcome, &panic.site), (Outcome::Panicked, &PanicSite::Trigger { name: "a boot".to_owned() }));
    assert!(panic.message.starts_with("it answered with a fault that cannot be applied: fault 0 (crash) names node \"conuter/0\""));
    assert!(panic.message.contains("did you mean \"counter/0\""), "{}", panic.message);
}

#[test]
fn a_trigger_that_panics_is_named() {
    let report = counters().when("a boot", |_, _| -> Option<Fault> { panic!("no luck") }).run(Seed(7));
    assert!(report.to_string().contains("trigger \"a boot\" panicked: no luck"), "{report}");
}

#[test]
fn a_trigger_reads_the_world_after_the_step_and_the_rules() {
    let report = counters()
        .always("no node counts past ten", |world| world.views::<u64>().all(|(_, count)| *count <= 10))
        .when("eleven", |change, world| {
            world.view::<u64>(change.node()).filter(|count| **count == 11).map(|_| crash("counter/0", None))
        })
        .run(Seed(7));
    assert_eq!((report.outcome, report.faults.len()), (Outcome::Violated, 0), "the rule ends the run first");
    assert_eq!(report.violations[0].at, instant(110));
}
