//! How a run ends: recovery phase, stable time and budgets.

use cluster_sim::prelude::*;
use cluster_sim::report::Exhausted;
use cluster_sim::scenario::Budget;
use cluster_sim_testkit::faults::{crash, kill, pause};
use cluster_sim_testkit::units::{instant, milliseconds};

use crate::worker::{Memory, cut, loss, workers};

fn both_tick_again(world: &World<'_>) -> bool {
    world.views::<Memory>().filter(|(_, memory)| memory.received > 0).count() == 2
}

/// n10, n3, p1, p3.
#[test]
fn the_recovery_phase_ends_every_fault_but_a_kill() {
    let deaf =
        NetworkFault::Links { links: "default".to_owned(), model: LinkModel { loss: Ratio::ONE, ..LinkModel::default() } }.into();
    for fault in [cut(None), loss(Ratio::ONE, None), crash("worker/1", None), pause("worker/1", None), deaf] {
        let plan = FaultPlan::new().at(milliseconds(1), fault.clone());
        let scenario = workers().faults(plan).eventually("both tick again", both_tick_again);
        let mut sim = scenario.start(Seed(7));
        sim.run_for(milliseconds(1_000));
        assert!(!sim.inspect(both_tick_again), "{fault} is in force during the fault phase");
        sim.finish().assert_ok();
    }
    let plan = FaultPlan::new().at(milliseconds(1), kill("worker/1"));
    let report = workers().faults(plan).eventually("both tick again", both_tick_again).run(Seed(7));
    assert_eq!(report.outcome, Outcome::Violated);
}

/// The report of a check that is true from `after` on, with that stable time and recovery timeout, in milliseconds.
fn true_from(after: u64, stable: u64, recovery: u64) -> Report {
    workers()
        .eventually("late", move |world| world.views::<Memory>().count() == 2 && world.now() >= instant(after))
        .stable_for(milliseconds(stable))
        .recovery_timeout(milliseconds(recovery))
        .run(Seed(7))
}

#[test]
fn a_run_ends_once_every_check_held_for_the_stable_time() {
    let report = true_from(1_305, 400, 5_000);
    report.assert_ok();
    // The check runs at each event; the tick of 1.305 s is the first at which it is true.
    assert_eq!(report.ended_at, instant(1_305 + 400));
    let report = true_from(0, 400, 5_000);
    report.assert_ok();
    assert_eq!(report.ended_at, instant(1_000 + 400), "it held when the chaos ended");
}

#[test]
fn the_recovery_timeout_bounds_the_recovery_phase() {
    let report = true_from(u64::MAX / 2_000_000, 400, 700);
    assert_eq!((report.outcome, report.ended_at), (Outcome::Violated, instant(1_700)));
    let report = true_from(0, 5_000, 700);
    report.assert_ok();
    assert_eq!(report.ended_at, instant(1_700), "a recovery timeout below the stable time bounds it");
}

#[test]
fn a_check_true_for_less_than_the_stable_time_is_violated() {
    let report = true_from(1_605, 400, 700);
    assert_eq!((report.outcome, report.ended_at), (Outcome::Violated, instant(1_700)));
    let message = &report.violations[0].message;
    assert!(message.starts_with("did not hold for 0.400s in a row"), "{message}");
}

/// True in every other tenth of a second: never stable, even if the recovery phase ends while it is true.
#[test]
fn a_flapping_check_is_violated() {
    for recovery in [3_000, 3_050, 3_100, 3_150] {
        let flickers = |world: &World<'_>| {
            world.views::<Memory>().count() == 2 && (world.now().as_nanoseconds() / 100_000_000).is_multiple_of(2)
        };
        let report = workers()
            .eventually("flickers", flickers)
            .stable_for(milliseconds(400))
            .recovery_timeout(milliseconds(recovery))
            .run(Seed(7));
        assert_eq!(report.outcome, Outcome::Violated, "recovery timeout {recovery} ms");
        assert_eq!(report.violations[0].rule, "flickers");
    }
}

#[test]
fn a_run_without_eventually_checks_has_no_recovery_phase() {
    let report = workers().run(Seed(7));
    report.assert_ok();
    assert_eq!(report.ended_at, instant(1_000));
}

#[test]
fn a_budget_of_steps_ends_a_run_as_exhausted() {
    let run = |steps| workers().budget(Budget { steps, ..Budget::default() }).run(Seed(7));
    let whole = run(1_000_000);
    whole.assert_ok();
    let report = run(100);
    assert_eq!((report.outcome, report.exhausted, report.steps), (Outcome::Exhausted, Some(Exhausted::Steps(100)), 100));
    assert_eq!(report.outcome.exit_code(), 4);
    assert!(report.ended_at < whole.ended_at);
    assert!(report.to_string().contains("the budget of 100 steps is spent"), "{report}");
    run(whole.steps + 1).assert_ok();
}

#[test]
fn a_budget_of_messages_in_flight_ends_a_run_as_exhausted() {
    // At most ten messages each way are in flight at once.
    let run = |messages_in_flight| {
        let slow = LinkModel::constant(milliseconds(95));
        workers()
            .default_links(slow)
            .budget(Budget { messages_in_flight: Some(messages_in_flight), ..Budget::default() })
            .run(Seed(7))
    };
    let flood = |messages_in_flight| {
        let slow = NetworkFault::Links { links: "default".to_owned(), model: LinkModel::constant(milliseconds(95)) };
        let plan = FaultPlan::new().at(Duration::ZERO, slow);
        workers().faults(plan).budget(Budget { messages_in_flight: Some(messages_in_flight), ..Budget::default() }).run(Seed(7))
    };
    for run in [&run as &dyn Fn(u64) -> Report, &flood] {
        run(20).assert_ok();
        let report = run(19);
        assert_eq!((report.outcome, report.exhausted), (Outcome::Exhausted, Some(Exhausted::MessagesInFlight(19))));
        assert_eq!((report.outcome.exit_code(), report.traffic.in_flight), (4, 20));
        assert!(report.to_string().contains("more than 19 messages were in flight"), "{report}");
    }
}

/// A run that ends exactly at its budget holds.
#[test]
fn a_budget_of_virtual_time_ends_a_run_as_exhausted() {
    let run = |time| workers().budget(Budget { virtual_time: milliseconds(time), ..Budget::default() }).run(Seed(7));
    run(1_000).assert_ok();
    let report = run(999);
    assert_eq!((report.outcome, report.exhausted), (Outcome::Exhausted, Some(Exhausted::VirtualTime(milliseconds(999)))));
    assert_eq!((report.outcome.exit_code(), report.ended_at), (4, instant(999)));
}

/// Calls of a test count as steps, also if no other step follows.
#[test]
fn calls_of_a_test_spend_the_step_budget() {
    let mut sim = workers().budget(Budget { steps: 5, ..Budget::default() }).start(Seed(7));
    sim.run_for(Duration::ZERO);
    (0..3).for_each(|number: u64| sim.call(0, number).expect("the worker is up"));
    let report = sim.finish();
    assert_eq!((report.outcome, report.exhausted), (Outcome::Exhausted, Some(Exhausted::Steps(5))));
}
