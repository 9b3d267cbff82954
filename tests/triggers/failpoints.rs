//! Nodes crash at named points in their code: in both forms, from plans, profiles and triggers.

use cluster_sim::check::{Change, Health};
use cluster_sim::explore::Case;
use cluster_sim::fault::{FaultKind, PlanError, Trigger};
use cluster_sim::prelude::*;
use cluster_sim::scenario::ScenarioError;
use cluster_sim_testkit::arbitrary::cases;
use cluster_sim_testkit::faults::{crash, crash_at, pause};
use cluster_sim_testkit::units::{instant, milliseconds};
use proptest::prelude::*;

const POINTS: [&str; 2] = ["count.before", "count.after"];

/// Counts and tells its peers, every 10 ms: the point before, a message, the view, the point after, another message.
async fn count(node: Node) {
    let port = node.bind::<u64>("counts");
    let mut ticks = node.interval(milliseconds(10));
    let mut count = 0;
    loop {
        ticks.tick().await;
        failpoint!(node, "count.before");
        count += 1;
        port.broadcast(count);
        node.publish(|seen: &mut u64| *seen = count);
        failpoint!(node, "count.after");
        port.broadcast(100 + count);
    }
}

/// A machine that does as `count` does.
struct Counter {
    peers: Vec<NodeId>,
    count: u64,
}

impl Machine for Counter {
    type Message = u64;
    type View = u64;

    fn step(&mut self, _: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        match input {
            Input::Start => effects.set_timer(Timer(0), milliseconds(10)),
            Input::Timer(_) => {
                effects.failpoint("count.before");
                self.count += 1;
                effects.send_all(&self.peers, self.count);
                effects.failpoint("count.after");
                effects.send_all(&self.peers, 100 + self.count);
                effects.set_timer(Timer(0), milliseconds(10));
            }
            _ => {}
        }
    }

    fn view(&self) -> &u64 {
        &self.count
    }
}

/// Two counters of either form for 100 ms.
fn counters() -> [Scenario; 2] {
    let counting = |name: &str| {
        Scenario::new(name).start_together().default_links(LinkModel::constant(milliseconds(1))).duration(milliseconds(100))
    };
    let machine = |boot: &Boot| Counter { peers: boot.peers(), count: 0 };
    let forms = [counting("tasks").nodes("counter", 2, count), counting("machines").machines("counter", 2, machine)];
    forms.map(|scenario| scenario.failpoints(POINTS))
}

fn planned(fault: impl Into<Fault>) -> FaultPlan {
    FaultPlan::new().at(Duration::ZERO, fault)
}

#[test]
fn a_crash_at_a_point_carries_out_only_what_came_before() {
    for scenario in counters() {
        // Ten ticks of each counter, with two messages each; the last ones arrive after the end.
        let whole = scenario.run(Seed(7)).traffic.sent;
        assert_eq!(whole, 40, "{}", scenario.name());
        for (point, sent) in [("count.before", 20), ("count.after", 21)] {
            let report = scenario.clone().faults(planned(crash_at("counter/0", point, None))).run(Seed(7));
            let [record] = &report.faults[..] else { panic!("{report}") };
            assert_eq!((report.traffic.sent, record.effect, record.ended_at), (sent, 1, Some(instant(10))), "{point}: {report}");
        }
    }
}

#[test]
fn the_nth_visit_counts_across_lives_from_the_fault_on() {
    let third = NodeFault::CrashAt {
        node: "counter/0".to_owned(),
        point: "count.before".to_owned(),
        visit: 3,
        down_for: Some(milliseconds(5)),
        duration: None,
    };
    for scenario in counters() {
        let plan = planned(crash("counter/0", milliseconds(1))).at(milliseconds(15), third.clone());
        let plan = plan.at(milliseconds(25), crash("counter/0", milliseconds(1)));
        let report = scenario.faults(plan).run(Seed(7));
        // It starts at 1 ms and visits at 11 and 21 ms; the next life starts at 26 ms and visits at 36 and 46 ms.
        assert_eq!(report.faults[1].ended_at, Some(instant(46)), "{report}");
        assert_eq!(report.faults.iter().map(|record| record.effect).collect::<Vec<_>>(), [1, 1, 1], "{report}");
    }
}

#[test]
fn a_node_restarts_after_its_time_down() {
    for scenario in counters() {
        let mut sim = scenario.faults(planned(crash_at("counter/0", "count.after", milliseconds(7)))).start(Seed(7));
        let health = |sim: &Sim| sim.inspect(|world| world.health(NodeId(0)));
        for (until, expected) in [(9, Health::Up), (16, Health::Down), (17, Health::Up), (100, Health::Up)] {
            sim.run_for(milliseconds(until) - sim.now().since_zero());
            assert_eq!(health(&sim), expected, "at {until} ms");
        }
        assert_eq!(sim.inspect(|world| world.view::<u64>(NodeId(0)).copied()), Some(8), "it counts from the restart on");
        sim.finish().assert_ok();
    }
}

#[test]
fn a_crash_that_waited_in_vain_has_no_effect() {
    for scenario in counters() {
        let fault = NodeFault::CrashAt {
            node: "counter/0".to_owned(),
            point: "count.before".to_owned(),
            visit: 1,
            down_for: None,
            duration: Some(milliseconds(8)),
        };
        let report = scenario.faults(planned(fault)).run(Seed(7));
        assert_eq!((report.faults[0].effect, report.faults[0].ended_at), (0, Some(instant(8))), "{report}");
        assert_eq!(report.traffic.sent, 40, "nothing else happened");
    }
}

#[test]
fn visits_change_no_run_in_which_nothing_aims() {
    let [tasks, machines] = counters();
    for scenario in [tasks, machines] {
        let plain = scenario.clone().failpoints([""; 0]).run(Seed(7));
        let aimed_elsewhere = scenario.clone().faults(planned(pause("counter/1", milliseconds(1))));
        let never = Trigger::new("never", |_, _| None::<Fault>);
        assert_eq!(scenario.clone().trigger(never).run(Seed(7)).digest, plain.digest);
        assert_ne!(aimed_elsewhere.run(Seed(7)).digest, plain.digest);
    }
}

#[test]
fn code_beside_the_crash_in_one_poll_does_nothing() {
    let both = async |node: Node| {
        let port = node.bind::<u64>("late");
        let crashing = async {
            node.sleep(milliseconds(5)).await;
            failpoint!(node, "crash");
            unreachable!("a node that crashed goes no further");
        };
        let beside = async {
            node.sleep(milliseconds(5)).await;
            port.send(0, 1);
            node.emit("late");
            drop(node.spawn(async { panic!("no task starts in a life that is over") }));
            panic!("a panic after the crash is none of the run");
        };
        // Polled in this order, in one poll.
        select! {
            biased;
            () = crashing => {}
            () = beside => {}
        }
    };
    let report = Scenario::new("beside").nodes("node", 1, both).failpoints(["crash"]);
    let report = report.faults(planned(crash_at("node/0", "crash", None))).run(Seed(7));
    assert_eq!((report.outcome, report.traffic.sent, report.faults[0].effect), (Outcome::Held, 0, 1), "{report}");
}

#[test]
fn a_main_function_that_crashed_did_not_return() {
    let main = async |node: Node| {
        node.sleep(milliseconds(5)).await;
        select! {
            biased;
            () = node.failpoint("crash") => {}
            () = async {} => {}
        }
        node.publish(|done: &mut bool| *done = true);
    };
    let scenario = Scenario::new("returning").clients("client", 1, main).failpoints(["crash"]);
    let one_life = scenario.run(Seed(7)).steps;
    let report = scenario.faults(planned(crash_at("client/0", "crash", milliseconds(5)))).run(Seed(7));
    report.assert_ok();
    assert_eq!(report.steps, 2 * one_life, "it returns at the end of its second life");
}

#[test]
fn a_trigger_sees_visits_and_crashes_at_points() {
    for scenario in counters() {
        let at_point = |change: &Change, world: &World<'_>| {
            change.failpoint("count.before").then(|| crash_at(world.name(change.node()), "count.after", milliseconds(3)))
        };
        let scenario = scenario.trigger(Trigger::new("a count begins", at_point).at_most(3));
        let report = scenario.run(Seed(7));
        assert_eq!(report.faults.iter().map(|record| record.effect).collect::<Vec<_>>(), [1, 1, 1], "{report}");
        let replayed = Case::of(&report).apply_to(&scenario).run(Seed(7));
        assert_eq!(replayed.digest, report.digest);
    }
}

#[test]
fn a_profile_draws_crashes_at_declared_points_only() {
    let profile = FaultProfile { mean_interval: milliseconds(20), mean_duration: milliseconds(20), ..FaultProfile::default() };
    for scenario in counters() {
        let chaotic = scenario.clone().chaos(profile.clone().only([FaultKind::Failpoint])).duration(milliseconds(400));
        let sweep = chaotic.campaign(0..64).with_coverage().run();
        let coverage = sweep.coverage().unwrap();
        let faults = coverage.faults["crash at"];
        assert!(faults.applied > 100 && faults.effective > 50 && coverage.faults.len() == 1, "{coverage}");
        assert!(POINTS.iter().all(|point| coverage.failpoints[*point].crashes > 10), "{coverage}");
        let common = scenario.chaos(profile.clone()).duration(milliseconds(400));
        assert!((0..64).all(|seed| common.run(Seed(seed)).faults.iter().all(|record| record.fault.kind() != "crash at")));
    }
}

#[test]
fn a_point_that_no_seed_visits_is_told_by_coverage() {
    for scenario in counters() {
        let sweep = scenario.failpoints(["count.never"]).campaign(0..4).with_coverage().run();
        let missing = sweep.coverage().unwrap().missing();
        assert_eq!(missing.len(), 1, "{missing:?}");
        assert!(missing[0].starts_with("failpoint \"count.never\" was never visited; check its name"), "{missing:?}");
        let sweep = sweep.coverage().unwrap();
        assert_eq!((sweep.failpoints["count.before"].visits, sweep.failpoints["count.before"].crashes), (4 * 20, 0));
    }
}

#[test]
fn a_visit_of_an_undeclared_point_names_the_known_ones() {
    for scenario in counters() {
        let only_after = Scenario::new("visits").nodes("counter", 2, count).failpoints(["count.befor"]);
        let report = only_after.run(Seed(7));
        assert_eq!(report.violations[0].rule, "every failpoint is declared");
        assert_eq!(
            report.violations[0].message,
            "counter/1 visited \"count.before\", which the scenario does not declare; name it in `Scenario::failpoints`; did you \
             mean \"count.befor\"; known: count.befor"
        );
        scenario.run(Seed(7)).assert_ok();
    }
    Scenario::new("no points").nodes("counter", 2, count).run(Seed(7)).assert_ok();
}

#[test]
fn a_fault_at_an_undeclared_point_is_refused() {
    let [scenario, _] = counters();
    let refusal = |fault: Fault| scenario.clone().faults(planned(fault)).try_run(Seed(7)).expect_err("it does not fit");
    let error = refusal(crash_at("counter/0", "count.befor", None));
    assert!(matches!(&error, ScenarioError::Plan(PlanError::UnknownFailpoint { index: 0, point, .. }) if point == "count.befor"));
    let text = error.to_string();
    assert!(text.ends_with("did you mean \"count.before\"; known: count.after, count.before"), "{text}");
    let never = NodeFault::CrashAt {
        node: "counter/0".to_owned(),
        point: "count.before".to_owned(),
        visit: 0,
        down_for: None,
        duration: None,
    };
    assert!(refusal(never.into()).to_string().ends_with("visits are counted from 1: name the first one as 1"));
}

proptest! {
    #![proptest_config(cases(128))]

    /// A crash at a point is one instant of a node: a crash at once, right after the visit, gives the same run.
    #[test]
    fn a_crash_at_a_point_is_found_again_by_its_plan(
        visit in 1_u32..12,
        point in prop::sample::select(POINTS.to_vec()),
        down_for in prop::option::of(1_u64..30),
        form in 0_usize..2,
        seed in any::<u64>().prop_map(Seed),
    ) {
        let fault = NodeFault::CrashAt {
            node: "counter/1".to_owned(),
            point: point.to_owned(),
            visit,
            down_for: down_for.map(milliseconds),
            duration: None,
        };
        let scenario = counters()[form].clone();
        let report = scenario.clone().faults(planned(fault)).run(seed);
        prop_assert_eq!(report.faults[0].effect, u64::from(visit <= 10), "{}", report);
        let text = serde_json::to_string(&Case::of(&report)).unwrap();
        let replayed = serde_json::from_str::<Case>(&text).unwrap().apply_to(&scenario).run(seed);
        prop_assert_eq!(replayed.digest, report.digest);
    }
}
