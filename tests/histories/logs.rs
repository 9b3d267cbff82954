//! Calls by the log of a run and by facts make one history.

use std::time::Duration;

use cluster_sim::check::history::models::{RegisterAnswer, RegisterOp};
use cluster_sim::check::history::{Checker, History, Judgement};
use cluster_sim::check::{CallFact, Change, Invariant};
use cluster_sim::prelude::*;

use crate::nodes::{client, store};

type Op = RegisterOp<u64>;
type Answer = RegisterAnswer<u64>;
type Stated = CallFact<Op, Answer>;

/// Tells the whole history.
struct Tells {
    judges_events: bool,
}

impl Checker<Op, Answer> for Tells {
    fn judges_events(&self) -> bool {
        self.judges_events
    }

    fn finish(&mut self, history: &History<Op, Answer>) -> Judgement {
        let told = format!("{:?} {:?}", history.names(), history.operations());
        Judgement { times_checked: history.operations().len() as u64, measured: told.into(), ..Judgement::default() }
    }
}

/// Hears of calls as of other facts.
#[derive(Default)]
struct Hears(u64);

impl Invariant for Hears {
    fn observe(&mut self, change: &Change, _: &World<'_>) -> Verdict {
        self.0 += u64::from(change.fact::<Stated>().is_some());
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.0
    }
}

/// Calls every 7 ms, and hears the answer to the call before.
struct Ticks(u64);

impl Machine for Ticks {
    type Message = ();
    type View = ();

    fn step(&mut self, _: LocalInstant, _: Input<()>, effects: &mut Effects<()>) {
        if self.0 > 0 {
            effects.emit(Stated::Ok { call: self.0 - 1, answer: RegisterAnswer::Value(None) });
        }
        effects.emit(Stated::Invoked { call: self.0, op: RegisterOp::Read });
        self.0 += 1;
        effects.set_timer(Timer(0), Duration::from_millis(7));
    }

    fn view(&self) -> &() {
        &()
    }
}

/// Async clients and machines that call, all of which crash.
fn scenario() -> Scenario {
    Scenario::new("calls")
        .nodes("store", 1, |node| store(node, false))
        .nodes("client", 3, client)
        .machines("ticks", 1, |_: &Boot| Ticks(0))
        .chaos(FaultProfile::default().sparing(["store"]))
        .duration(Duration::from_secs(2))
}

fn tells(scenario: Scenario, name: &str, judges_events: bool) -> Scenario {
    scenario.history::<Op, Answer, _>(name, move || Tells { judges_events })
}

#[test]
fn the_log_and_the_facts_make_one_history() {
    let mut crashes = 0;
    for seed in (0..40).map(Seed) {
        let stated = tells(scenario(), "first", true).run(seed);
        let history = &stated.measured["first"];
        assert!(history.as_str().is_some_and(|told| told.contains("client/2") && told.contains("ticks/0")), "{history}");
        let logged = tells(scenario(), "first", false).run(seed);
        assert_eq!((logged.digest, &logged.measured["first"]), (stated.digest, history), "{seed}");
        let twice = tells(tells(scenario(), "first", false), "second", false).run(seed);
        assert_eq!([&twice.measured["first"], &twice.measured["second"]], [history; 2], "{seed}");
        crashes += u64::from(history.as_str().is_some_and(|told| told.contains("(2)")));
    }
    assert!(crashes > 10, "calls stay open where their client crashed");
}

#[test]
fn a_rule_that_reads_facts_hears_of_every_call() {
    for judges_events in [false, true] {
        let report = tells(scenario(), "tells", judges_events).observe("hears", Hears::default).run(Seed(1));
        let checked = |name: &str| report.checks.iter().find(|check| check.name == name).unwrap().times_checked;
        assert!(checked("hears") > checked("tells"), "one for its invocation, and most have one for their end: {report}");
    }
}

#[test]
fn a_recording_shows_every_call() {
    let calls = |judges_events| {
        let recording = tells(scenario(), "tells", judges_events).record(Seed(1));
        cluster_sim::explain::html(&recording, None).matches("Invoked").count()
    };
    assert!(calls(false) > 20);
    assert_eq!(calls(false), calls(true));
}

/// Ends a call that it never made, after 20 ms.
struct Misstates;

impl Machine for Misstates {
    type Message = ();
    type View = ();

    fn step(&mut self, _: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        if input == Input::Start {
            effects.set_timer(Timer(0), Duration::from_millis(20));
        } else {
            effects.emit(Stated::Fail { call: 3 });
        }
    }

    fn view(&self) -> &() {
        &()
    }
}

#[test]
fn an_end_without_a_call_ends_the_run_at_once() {
    let [stated, logged] = [true, false].map(|judges_events| {
        let scenario = Scenario::new("misstates").machines("client", 1, |_: &Boot| Misstates).duration(Duration::from_secs(1));
        tells(scenario, "tells", judges_events).run(Seed(1))
    });
    let [violation] = &*stated.violations else { panic!("{stated}") };
    assert!(violation.message.contains("call 3 ends and is not open"), "{}", violation.message);
    assert!(violation.at.since_zero() < Duration::from_millis(100), "it is told at once");
    assert_eq!((&logged.violations, logged.digest), (&stated.violations, stated.digest));
}

/// States facts and calls of a type that no rule reads.
async fn talker(node: Node) {
    for call in 0.. {
        node.emit("tick");
        node.emit(CallFact::<u8, u8>::Invoked { call, op: 1 });
        node.sleep(Duration::from_millis(5)).await;
        node.emit(CallFact::<u8, u8>::Ok { call, answer: 1 });
    }
}

/// Calls every 5 ms, and does nothing else.
async fn caller(node: Node) {
    loop {
        let call = node.invoke::<Op, Answer>(RegisterOp::Read);
        node.sleep(Duration::from_millis(5)).await;
        call.ok(RegisterAnswer::Value(None));
    }
}

#[test]
fn an_observed_run_has_the_report_of_one_that_is_not() {
    let logged = || tells(scenario().nodes("talker", 2, talker), "tells", false);
    // Nothing but calls changes after the start, so that a run without their facts would not see the point.
    let calls = || Scenario::new("calls").nodes("caller", 2, caller).duration(Duration::from_secs(2));
    let late = |world: &World<'_>| world.now().since_zero() > Duration::from_secs(1);
    let pointed = || tells(calls(), "tells", false).sometimes("late", late);
    for (seed, scenario) in (0..10).map(Seed).flat_map(|seed| [(seed, logged()), (seed, pointed())]) {
        let report = serde_json::to_value(scenario.run(seed)).unwrap();
        let recorded = serde_json::to_value(scenario.record(seed).report).unwrap();
        assert_eq!(report, recorded, "{seed}");
    }
}
