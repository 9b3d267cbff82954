//! Graceful stops: a node is asked, and stops by its deadline or crashes at it.

use cluster_sim::check::Health;
use cluster_sim::prelude::*;
use cluster_sim::report::RecordKind;
use cluster_sim::scenario::RestartPolicy;
use cluster_sim_testkit::faults::{crash, kill, pause};
use cluster_sim_testkit::units::milliseconds;

use crate::worker::health;

/// The view of a node: its life, its clock at the request, the deadline that it was given.
type Told = (u32, Option<(u64, u64)>);

/// Takes that long to stop; absent for one that ignores the request.
type Takes = Option<u64>;

const FINISH: Timer = Timer(1);

struct Machinist {
    takes: Takes,
    told: Told,
}

fn in_ms(at: LocalInstant) -> u64 {
    at.since_zero().as_millis() as u64
}

impl Machine for Machinist {
    type Message = u64;
    type View = Told;

    fn step(&mut self, now: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        match (input, self.takes) {
            (Input::Stop { deadline }, Some(takes)) => {
                self.told.1 = Some((in_ms(now), in_ms(deadline)));
                effects.send(NodeId(1), 7);
                if takes == 0 { effects.stop() } else { effects.set_timer(FINISH, milliseconds(takes)) }
            }
            (Input::Timer(FINISH), _) => effects.stop(),
            _ => {}
        }
    }

    fn view(&self) -> &Told {
        &self.told
    }
}

fn tasks(takes: Takes) -> impl Fn(Node) -> std::pin::Pin<Box<dyn Future<Output = ()>>> + Send + Sync + 'static {
    move |node| {
        Box::pin(async move {
            let port = node.bind::<u64>("main");
            node.publish(|told: &mut Told| told.0 = node.incarnation().0);
            let Some(takes) = takes else { return std::future::pending().await };
            assert!(!node.is_stopping());
            let deadline = select! {
                deadline = node.stopping() => deadline,
                _ = node.sleep(milliseconds(10_000)) => return,
            };
            assert!(node.is_stopping());
            assert_eq!(node.stopping().await, deadline, "a later wait ends at once");
            node.publish(|told: &mut Told| told.1 = Some((in_ms(node.now()), in_ms(deadline))));
            port.send(1, 7);
            if takes > 0 {
                node.sleep(milliseconds(takes)).await;
            }
        })
    }
}

/// Node 0 in both forms, and a node beside it that counts what it receives.
fn forms(takes: Takes) -> [Scenario; 2] {
    let base = || Scenario::new("stops").duration(milliseconds(1_000)).start_together();
    let machine = move |boot: &Boot| Machinist { takes, told: (boot.incarnation().0, None) };
    let beside = |scenario: Scenario| {
        scenario.machines("beside", 1, |_: &Boot| Machinist { takes: None, told: (0, None) }).start_at("beside", milliseconds(0))
    };
    let of_machines = beside(base().machines("node", 1, machine));
    let of_tasks = beside(base().nodes("node", 1, tasks(takes)));
    [of_machines, of_tasks]
}

fn stop(deadline: u64, down_for: impl Into<Option<Duration>>) -> Fault {
    let node = "node/0".to_owned();
    ProcessFault::GracefulStop { node, deadline: milliseconds(deadline), down_for: down_for.into() }.into()
}

fn told(sim: &Sim) -> Option<Told> {
    sim.inspect(|world| world.view::<Told>(NodeId(0)).copied())
}

/// Runs both forms with these faults, looks at each, and returns their reports.
fn run(takes: Takes, plan: FaultPlan, look: impl Fn(&mut Sim)) -> [Report; 2] {
    forms(takes).map(|scenario| {
        let mut sim = scenario.faults(plan.clone()).start(Seed(7));
        sim.keep_records();
        look(&mut sim);
        sim.finish()
    })
}

fn at(millisecond: u64, fault: Fault) -> FaultPlan {
    FaultPlan::new().at(milliseconds(millisecond), fault)
}

/// The end of each fault in milliseconds, and what it came to.
fn outcomes(report: &Report) -> Vec<(u64, Option<u64>, Option<&str>)> {
    let of = |record: &'_ cluster_sim::fault::FaultRecord| record.ended_at.map(|at| at.as_nanoseconds() / 1_000_000);
    report.faults.iter().map(|record| (record.effect, of(record), record.reason.as_deref())).collect()
}

/// When node 0 had which events of its lives, in milliseconds.
fn lives(sim: &Sim) -> Vec<(u64, RecordKind)> {
    let of_lives = [RecordKind::Boot, RecordKind::Crash, RecordKind::Kill, RecordKind::StopAsked, RecordKind::Stop];
    let records = sim.records().iter().filter(|record| record.node == NodeId(0) && of_lives.contains(&record.kind));
    records.map(|record| (record.at.as_nanoseconds() / 1_000_000, record.kind)).collect()
}

/// P4.
#[test]
fn a_node_that_finishes_by_its_deadline_stops_there_and_restarts() {
    let reports = run(Some(30), at(100, stop(50, milliseconds(200))), |sim| {
        sim.run_for(milliseconds(129));
        assert_eq!((told(sim), health(sim, 0)), (Some((0, Some((100, 150)))), Health::Up));
        sim.run_for(milliseconds(1));
        assert_eq!((told(sim), health(sim, 0)), (None, Health::Down));
        sim.run_for(milliseconds(199));
        assert_eq!(health(sim, 0), Health::Down);
        sim.run_for(milliseconds(200));
        assert_eq!((told(sim), health(sim, 0)), (Some((1, None)), Health::Up), "the next life knows of no request");
        use RecordKind::{Boot, Stop, StopAsked};
        assert_eq!(lives(sim), [(0, Boot), (100, StopAsked), (130, Stop), (330, Boot)]);
    });
    for report in &reports {
        assert_eq!(outcomes(report), [(1, Some(330), Some("it stopped in time"))]);
        assert!(report.to_string().contains("stop node/0 within 0.050s, 0.200s down  (applied: it stopped in time)"), "{report}");
        assert_eq!(report.traffic.delivered, 1, "what it sent in the course of stopping arrives");
    }
}

/// P4.
#[test]
fn a_node_that_ignores_the_request_crashes_at_its_deadline() {
    for (takes, is_told) in [(None, false), (Some(51), true), (Some(800), true)] {
        let reports = run(takes, at(100, stop(50, milliseconds(200))), |sim| {
            sim.run_for(milliseconds(149));
            assert_eq!((told(sim).unwrap().1.is_some(), health(sim, 0)), (is_told, Health::Up));
            sim.run_for(milliseconds(1));
            assert_eq!(health(sim, 0), Health::Down);
            sim.run_for(milliseconds(201));
            assert_eq!(told(sim), Some((1, None)));
            use RecordKind::{Boot, Crash, StopAsked};
            assert_eq!(lives(sim), [(0, Boot), (100, StopAsked), (150, Crash), (350, Boot)]);
        });
        reports.iter().for_each(|report| assert_eq!(outcomes(report), [(1, Some(350), Some("it crashed at its deadline"))]));
    }
}

/// P4 with a deadline of zero is a crash, and a node that stops at once is down at once.
#[test]
fn the_shortest_stops_end_at_the_instant_of_the_request() {
    for report in run(Some(30), at(100, stop(0, milliseconds(0))), |sim| sim.run_for(milliseconds(200))) {
        assert_eq!(outcomes(&report), [(1, Some(100), Some("it crashed at its deadline"))]);
    }
    for report in run(Some(0), at(100, stop(50, milliseconds(0))), |sim| sim.run_for(milliseconds(200))) {
        assert_eq!(outcomes(&report), [(1, Some(100), Some("it stopped in time"))]);
    }
}

#[test]
fn a_stop_without_an_end_lasts_to_the_recovery_phase() {
    for report in run(Some(30), at(100, stop(50, None)), |sim| {
        sim.run_for(milliseconds(1_000));
        assert_eq!(health(sim, 0), Health::Down);
    }) {
        assert_eq!(outcomes(&report), [(1, Some(1_000), Some("it stopped in time"))]);
    }
}

#[test]
fn the_end_of_the_fault_phase_crashes_a_node_that_is_stopping() {
    let [machine, task] = forms(Some(30)).map(|scenario| {
        let back = |world: &World<'_>| world.view::<Told>(NodeId(0)).is_some_and(|told| *told == (1, None));
        scenario.eventually("it is back in another life", back).faults(at(990, stop(50, None))).run(Seed(7))
    });
    for report in [machine, task] {
        report.assert_ok();
        assert_eq!(outcomes(&report), [(1, Some(1_000), None)]);
    }
}

#[test]
fn a_paused_node_is_told_when_it_resumes() {
    let plan = |length| at(90, pause("node/0", milliseconds(length))).at(milliseconds(100), stop(50, milliseconds(20)));
    let reports = run(Some(0), plan(30), |sim| {
        sim.run_for(milliseconds(110));
        assert_eq!(health(sim, 0), Health::Paused);
        sim.run_for(milliseconds(200));
    });
    reports.iter().for_each(|report| assert_eq!(outcomes(report)[1], (1, Some(140), Some("it stopped in time"))));
    let reports = run(Some(0), plan(200), |sim| sim.run_for(milliseconds(310)));
    reports.iter().for_each(|report| assert_eq!(outcomes(report)[1], (1, Some(170), Some("it crashed at its deadline"))));
}

#[test]
fn a_crash_or_kill_takes_the_place_of_the_stop() {
    let stopped_then = |fault| at(100, stop(50, milliseconds(200))).at(milliseconds(120), fault);
    let reports = run(Some(30), stopped_then(crash("node/0", milliseconds(10))), |sim| {
        sim.run_for(milliseconds(400));
        assert_eq!(told(sim), Some((1, None)), "the deadline and the restart of the stop are void");
    });
    reports.iter().for_each(|report| assert_eq!(outcomes(report), [(1, Some(120), None), (1, Some(130), None)]));
    let reports = run(Some(30), stopped_then(kill("node/0")), |sim| sim.run_for(milliseconds(400)));
    reports.iter().for_each(|report| assert_eq!(outcomes(report), [(1, Some(120), None), (1, None, None)]));
    // A restart from the test while it is down.
    let reports = run(Some(30), at(100, stop(50, milliseconds(200))), |sim| {
        sim.run_for(milliseconds(150));
        assert!(sim.restart(0));
        sim.run_for(milliseconds(400));
        assert_eq!(told(sim), Some((1, None)));
    });
    reports.iter().for_each(|report| assert_eq!(outcomes(report)[0], (1, Some(150), Some("it stopped in time"))));
}

#[test]
fn a_stop_of_what_does_not_live_has_no_effect() {
    let plan = FaultPlan::new()
        .at(milliseconds(100), crash("node/0", milliseconds(50)))
        .at(milliseconds(120), stop(50, milliseconds(20)))
        .at(milliseconds(200), stop(50, None))
        .at(milliseconds(210), stop(10, milliseconds(1)))
        .at(milliseconds(400), kill("node/0"))
        .at(milliseconds(410), stop(50, None));
    for report in run(None, plan, |sim| sim.run_for(milliseconds(500))) {
        let reasons: Vec<_> = report.faults.iter().map(|record| (record.effect, record.reason.as_deref())).collect();
        let expected = [
            (1, None),
            (0, Some("it was down")),
            (1, Some("it crashed at its deadline")),
            (0, Some("it was up")),
            (1, None),
            (0, Some("it was killed")),
        ];
        assert_eq!(reasons, expected);
    }
}

#[test]
fn a_test_stops_a_node_itself() {
    for scenario in forms(Some(30)) {
        let mut sim = scenario.start(Seed(7));
        sim.run_for(milliseconds(100));
        assert!(sim.stop(0, milliseconds(50)) && !sim.stop(0, milliseconds(50)));
        sim.run_for(milliseconds(31));
        assert_eq!(health(&sim, 0), Health::Down);
        assert!(!sim.stop(0, milliseconds(50)) && sim.restart(0));
        sim.run_for(milliseconds(1));
        assert_eq!(told(&sim), Some((1, None)));
    }
}

/// The policy restarts what returns by itself; what was asked to is restarted once, by the fault.
#[test]
fn a_restart_policy_leaves_a_stopped_node_to_the_fault() {
    let [_, scenario] = forms(Some(30));
    let scenario = scenario.restart_policy("node", RestartPolicy::after(milliseconds(5)));
    let mut sim = scenario.faults(at(100, stop(50, milliseconds(200)))).start(Seed(7));
    sim.run_for(milliseconds(329));
    assert_eq!(health(&sim, 0), Health::Down);
    sim.run_for(milliseconds(10));
    assert_eq!(told(&sim), Some((1, None)));
    let report = sim.finish();
    assert_eq!((report.restarts.len(), outcomes(&report)), (0, vec![(1, Some(330), Some("it stopped in time"))]));
}

/// A stop is not a crash: what the disk was asked to write survives the one without a sync, and not the other.
#[test]
fn a_stop_keeps_what_a_crash_loses_on_disk() {
    let main = async |node: Node| {
        let disk = node.disk();
        let found = disk.read("notes").await.unwrap_or_default();
        node.publish(|notes: &mut Vec<u8>| *notes = found);
        if node.incarnation().0 == 0 {
            let file = disk.open("notes", cluster_sim::node::OpenOptions::create()).await.unwrap();
            file.append(b"unsynced".to_vec()).await.unwrap();
        }
        node.stopping().await;
    };
    let keeps = |seed: u64, fault: Fault| {
        let mut sim = Scenario::new("notes").nodes("node", 1, main).faults(at(100, fault)).start(Seed(seed));
        sim.run_for(milliseconds(400));
        sim.inspect(|world| world.view::<Vec<u8>>(NodeId(0)).is_some_and(|notes| notes == b"unsynced"))
    };
    let kept = |fault: &Fault| (0..20).filter(|seed| keeps(*seed, fault.clone())).count();
    assert_eq!(kept(&stop(50, milliseconds(20))), 20);
    assert!(kept(&crash("node/0", milliseconds(20))) < 20);
}
