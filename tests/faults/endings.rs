//! How a run ends: the calm after the chaos, the settling time, the budgets.

use cluster_sim::prelude::*;
use cluster_sim::{Budget, Exhausted};
use cluster_sim_testkit::faults::{crash, kill, pause};
use cluster_sim_testkit::units::{instant, milliseconds};

use crate::worker::{Memory, cut, loss, workers};

fn both_tick_again(world: &World<'_>) -> bool {
    world.views::<Memory>().filter(|(_, memory)| memory.heard > 0).count() == 2
}

/// n10, n3, p1, p3: whatever lasts until everything heals is over in the calm.
#[test]
fn everything_but_a_kill_is_undone_by_the_calm() {
    let deaf = Fault::Links { links: "default".to_owned(), model: LinkModel { loss: Ratio::ONE, ..LinkModel::default() } };
    for fault in [cut(None), loss(Ratio::ONE, None), crash("worker/1", None), pause("worker/1", None), deaf] {
        let plan = FaultPlan::new().at(milliseconds(1), fault.clone());
        let scenario = workers().faults(plan).eventually("both tick again", both_tick_again);
        let mut sim = scenario.start(Seed(7));
        sim.run_for(milliseconds(1_000));
        assert!(!sim.inspect(both_tick_again), "{fault} strikes while the chaos lasts");
        sim.finish().assert_ok();
    }
    let plan = FaultPlan::new().at(milliseconds(1), kill("worker/1"));
    let report = workers().faults(plan).eventually("both tick again", both_tick_again).run(Seed(7));
    assert_eq!(report.outcome, Outcome::Violated);
}

/// What comes true in the calm must stay true for the settling time.
fn true_from(after: u64, settle: u64, calm: u64) -> Report {
    workers()
        .eventually("late", move |world| world.views::<Memory>().count() == 2 && world.now() >= instant(after))
        .stable_for(milliseconds(settle))
        .recovery_timeout(milliseconds(calm))
        .run(Seed(7))
}

#[test]
fn a_run_ends_as_soon_as_everything_has_held_for_the_settling_time() {
    let report = true_from(1_305, 400, 5_000);
    report.assert_ok();
    // It is asked at each event: the tick of 1.305 s is the first to see it.
    assert_eq!(report.ended_at, instant(1_305 + 400));
    let report = true_from(0, 400, 5_000);
    report.assert_ok();
    assert_eq!(report.ended_at, instant(1_000 + 400), "it held when the chaos ended");
}

#[test]
fn the_calm_is_bounded() {
    let report = true_from(u64::MAX / 2_000_000, 400, 700);
    assert_eq!((report.outcome, report.ended_at), (Outcome::Violated, instant(1_700)));
    let report = true_from(0, 5_000, 700);
    report.assert_ok();
    assert_eq!(report.ended_at, instant(1_700), "a calm that is shorter than the settling time bounds it");
}

#[test]
fn what_came_true_too_late_to_settle_does_not_hold() {
    let report = true_from(1_605, 400, 700);
    assert_eq!((report.outcome, report.ended_at), (Outcome::Violated, instant(1_700)));
    let message = &report.violations[0].message;
    assert!(message.starts_with("did not hold for 0.400s without a break"), "{message}");
}

/// True in every other tenth of a second: it never settles, also if the calm happens to end while it is true.
#[test]
fn what_comes_and_goes_does_not_hold() {
    for calm in [3_000, 3_050, 3_100, 3_150] {
        let flickers = |world: &World<'_>| {
            world.views::<Memory>().count() == 2 && (world.now().as_nanoseconds() / 100_000_000).is_multiple_of(2)
        };
        let report = workers()
            .eventually("flickers", flickers)
            .stable_for(milliseconds(400))
            .recovery_timeout(milliseconds(calm))
            .run(Seed(7));
        assert_eq!(report.outcome, Outcome::Violated, "a calm of {calm} ms");
        assert_eq!(report.violations[0].rule, "flickers");
    }
}

#[test]
fn without_anything_to_wait_for_there_is_no_calm() {
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
    // At the most ten messages each way are under way at once.
    let run = |messages_in_flight| {
        let slow = LinkModel::constant(milliseconds(95));
        workers().default_links(slow).budget(Budget { messages_in_flight, ..Budget::default() }).run(Seed(7))
    };
    let flood = |messages_in_flight| {
        let slow = Fault::Links { links: "default".to_owned(), model: LinkModel::constant(milliseconds(95)) };
        let plan = FaultPlan::new().at(Duration::ZERO, slow);
        workers().faults(plan).budget(Budget { messages_in_flight, ..Budget::default() }).run(Seed(7))
    };
    for run in [&run as &dyn Fn(u64) -> Report, &flood] {
        run(20).assert_ok();
        let report = run(19);
        assert_eq!((report.outcome, report.exhausted), (Outcome::Exhausted, Some(Exhausted::MessagesInFlight(19))));
        assert_eq!((report.outcome.exit_code(), report.traffic.in_flight), (4, 20));
        assert!(report.to_string().contains("more than 19 messages were in flight"), "{report}");
    }
}

/// Fully spent is not overspent: a run that ends with its budget holds.
#[test]
fn a_budget_of_virtual_time_ends_a_run_as_exhausted() {
    let run = |time| workers().budget(Budget { virtual_time: milliseconds(time), ..Budget::default() }).run(Seed(7));
    run(1_000).assert_ok();
    let report = run(999);
    assert_eq!((report.outcome, report.exhausted), (Outcome::Exhausted, Some(Exhausted::VirtualTime(milliseconds(999)))));
    assert_eq!((report.outcome.exit_code(), report.ended_at), (4, instant(999)));
}

/// Steps by hand count too, also where no step follows.
#[test]
fn a_budget_spent_by_hand_is_spent() {
    let mut sim = workers().budget(Budget { steps: 5, ..Budget::default() }).start(Seed(7));
    sim.run_for(Duration::ZERO);
    (0..3).for_each(|number: u64| sim.call(0, number).expect("the worker is up"));
    let report = sim.finish();
    assert_eq!((report.outcome, report.exhausted), (Outcome::Exhausted, Some(Exhausted::Steps(5))));
}
