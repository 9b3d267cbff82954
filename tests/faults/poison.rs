//! Crashes of a node of a message, and with an operation of its disk in flight.

use cluster_sim::check::Health;
use cluster_sim::node::{DiskOp, FileId, OpenOptions};
use cluster_sim::prelude::*;
use cluster_sim::report::RecordKind;
use cluster_sim_testkit::faults::crash;
use cluster_sim_testkit::units::milliseconds;

use crate::worker::health;

/// The messages that a life of node 0 handled.
type Handled = Vec<u64>;

/// Handles messages, or sends 1, 2, 3 and so on to node 0, every 10 ms.
struct Peer {
    sends: bool,
    in_session: bool,
    handled: Handled,
}

impl Machine for Peer {
    type Message = u64;
    type View = Handled;

    fn step(&mut self, _: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        match input {
            Input::Message { message, .. } => self.handled.push(message),
            Input::Start | Input::Timer(_) if self.sends => {
                if !matches!(input, Input::Start) {
                    let next = self.handled.len() as u64 + 1;
                    self.handled.push(next);
                    if self.in_session { effects.session_send(NodeId(0), next) } else { effects.send(NodeId(0), next) }
                }
                effects.set_timer(Timer(0), milliseconds(10));
            }
            _ => {}
        }
    }

    fn view(&self) -> &Handled {
        &self.handled
    }
}

fn peer(sends: bool, in_session: bool) -> Peer {
    Peer { sends, in_session, handled: Vec::new() }
}

async fn handles(node: Node) {
    let port = node.bind::<u64>("main");
    loop {
        let message = port.recv().await.message;
        node.publish(|handled: &mut Handled| handled.push(message));
    }
}

/// Reads messages of sessions, one session after the other.
async fn reads(node: Node) {
    let listener = node.listen::<u64>("main");
    loop {
        let session = listener.accept().await;
        while let Ok(Some(message)) = session.recv().await {
            node.publish(|handled: &mut Handled| handled.push(message));
        }
    }
}

/// A machine and an async node that get a message every 10 ms.
fn forms(in_session: bool) -> [Scenario; 2] {
    let base = || Scenario::new("poison").default_links(LinkModel::constant(milliseconds(1))).start_together();
    let of_machines = base().machines("node", 1, |_: &Boot| peer(false, false));
    let of_tasks = if in_session { base().nodes("node", 1, reads) } else { base().nodes("node", 1, handles) };
    [of_machines, of_tasks].map(|scenario| {
        let sender = move |_: &Boot| peer(true, in_session);
        scenario.machines("sender", 1, sender).duration(milliseconds(500))
    })
}

fn poison(message: u32, down_for: u64, duration: impl Into<Option<Duration>>) -> Fault {
    let (node, down_for) = ("node/0".to_owned(), Some(milliseconds(down_for)));
    ProcessFault::PoisonMessage { node, message, down_for, duration: duration.into() }.into()
}

fn in_io(operation: u32, down_for: u64, duration: impl Into<Option<Duration>>) -> Fault {
    let (node, down_for) = ("node/0".to_owned(), Some(milliseconds(down_for)));
    ProcessFault::CrashInIo { node, operation, down_for, duration: duration.into() }.into()
}

fn handled(sim: &Sim) -> Handled {
    sim.inspect(|world| world.view::<Handled>(NodeId(0)).cloned().unwrap_or_default())
}

/// P5.
#[test]
fn a_node_crashes_of_the_nth_message_and_of_no_other() {
    for scenario in forms(false) {
        let plan = FaultPlan::new().at(milliseconds(15), poison(3, 25, None));
        let mut sim = scenario.faults(plan).start(Seed(7));
        sim.run_for(milliseconds(40));
        assert_eq!((handled(&sim), health(&sim, 0)), (vec![1, 2, 3], Health::Up));
        // Message 4 is the third since the fault.
        sim.run_for(milliseconds(2));
        assert_eq!(health(&sim, 0), Health::Down);
        sim.run_for(milliseconds(60));
        assert_eq!(handled(&sim), [7, 8, 9, 10], "it booted at 66 and forgot all");
        let report = sim.finish();
        report.assert_ok();
        let record = &report.faults[0];
        assert_eq!((record.effect, record.ended_at.map(|at| at.as_nanoseconds())), (1, Some(41_000_000)));
        let lost: Vec<_> = report.traffic.dropped.iter().map(|(cause, lost)| (cause.to_string(), *lost)).collect();
        assert_eq!(lost, [("inbox_lost".to_owned(), 1), ("node_down".to_owned(), 2)]);
        assert!(report.to_string().contains("crash node/0 of message 3 (0.025s down)  (crashed at 0.041000s)"), "{report}");
    }
}

/// P5 in sessions.
#[test]
fn a_message_of_a_session_is_poison_when_it_is_read() {
    let [machine, _] = forms(true);
    let plan = FaultPlan::new().at(milliseconds(15), poison(2, 5, None));
    let mut sim = machine.faults(plan.clone()).start(Seed(7));
    sim.run_for(milliseconds(60));
    let report = sim.finish();
    report.assert_ok();
    assert_eq!(report.faults[0].effect, 1);
    assert!(report.traffic.dropped.contains_key("session_crash"), "{report}");
    let asks = async |node: Node| {
        loop {
            if let Ok(session) = node.connect::<u64>(0, "main").await {
                while session.send(1).await.is_ok() {
                    node.sleep(milliseconds(10)).await;
                }
            }
            node.sleep(milliseconds(10)).await;
        }
    };
    let scenario = Scenario::new("poison").nodes("node", 1, reads).nodes("client", 1, asks).start_together();
    let report =
        scenario.duration(milliseconds(900)).faults(FaultPlan::new().at(milliseconds(200), poison(2, 5, None))).run(Seed(7));
    report.assert_ok();
    assert_eq!(report.faults[0].effect, 1);
    assert!(report.traffic.dropped.contains_key("session_crash"), "{report}");
}

/// P5 without an effect: the message does not come in time.
#[test]
fn a_poison_that_is_not_reached_in_time_does_nothing() {
    for scenario in forms(false) {
        let as_ever = scenario.run(Seed(7));
        let report = scenario.faults(FaultPlan::new().at(milliseconds(15), poison(3, 25, milliseconds(20)))).run(Seed(7));
        assert_eq!((report.faults[0].effect, report.digest), (0, as_ever.digest));
        assert_eq!(report.faults[0].ended_at.map(|at| at.as_nanoseconds()), Some(35_000_000));
    }
}

/// Appends to its file every 10 ms and syncs it.
struct Writer(Handled);

impl Machine for Writer {
    type Message = u64;
    type View = Handled;

    fn step(&mut self, _: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        const FILE: FileId = FileId(1);
        match input {
            Input::Start => {
                effects.disk(0_u64, DiskOp::Open { file: FILE, path: "log".to_owned(), options: OpenOptions::create() });
                effects.set_timer(Timer(0), milliseconds(10));
            }
            Input::Timer(_) => {
                effects.disk(1_u64, DiskOp::Append { file: FILE, data: vec![7; 8] });
                effects.disk(2_u64, DiskOp::Sync { file: FILE });
                effects.set_timer(Timer(0), milliseconds(10));
            }
            Input::Disk(tag, Ok(_)) => self.0.push(tag),
            _ => {}
        }
    }

    fn view(&self) -> &Handled {
        &self.0
    }
}

async fn writes(node: Node) {
    let disk = node.disk();
    let file = disk.open("log", OpenOptions::create()).await.expect("the disk has no faults");
    loop {
        node.sleep(milliseconds(10)).await;
        file.append(vec![7; 8]).await.expect("the disk has room");
        file.sync().await.expect("the disk has no faults");
        node.publish(|handled: &mut Handled| handled.push(2));
    }
}

fn writers() -> [Scenario; 2] {
    let base = || Scenario::new("writers").start_together().duration(milliseconds(300));
    [base().machines("node", 1, |_: &Boot| Writer(Vec::new())), base().nodes("node", 1, writes)]
}

/// When node 0 crashed, in nanoseconds, and how long its file was for its code right after.
fn crash_in(operation: u32, seed: u64, scenario: Scenario) -> (u64, u64) {
    let plan = FaultPlan::new().at(milliseconds(5), in_io(operation, 1, None));
    let mut sim = scenario.faults(plan).start(Seed(seed));
    sim.keep_records();
    sim.run_for(milliseconds(5));
    let is_down = |world: &World<'_>| world.health(NodeId(0)) == Health::Down;
    assert!(sim.run_until(milliseconds(100), is_down));
    let length = sim.inspect(|world| world.disk(NodeId(0)).and_then(|disk| disk.current_len("log")).unwrap_or_default());
    let at = sim.records().iter().find(|record| record.kind == RecordKind::Crash).expect("it crashed").at;
    let report = sim.finish();
    report.assert_ok();
    assert_eq!(report.faults[0].effect, 1);
    assert!(report.to_string().contains(&format!("crash node/0 in disk operation {operation} (0.001s down)  (crashed at ")));
    (at.as_nanoseconds(), length)
}

/// P1: the write is in flight, so it takes effect or not.
#[test]
fn a_node_crashes_at_the_submission_of_its_nth_operation() {
    for form in [0, 1] {
        let crashes = (0..40).map(|seed| crash_in(1, seed, writers()[form].clone())).collect::<Vec<_>>();
        // An async node sleeps from the answer to its open on.
        let latest = [10_000_000, 11_000_000][form];
        assert!(crashes.iter().all(|(at, _)| (10_000_000..=latest).contains(at)), "of the append: {crashes:?}");
        let kept = crashes.iter().filter(|(_, length)| *length > 0).count();
        assert!(kept > 0 && kept < 40, "the append survives in {kept} of 40");
    }
    // A machine submits append and sync in one step, an async node the sync after the append.
    let [machine, task] = writers().map(|scenario| crash_in(2, 7, scenario).0);
    assert!(machine == 10_000_000 && task > 10_000_000, "{machine} {task}");
}

#[test]
fn a_crash_in_io_that_is_not_reached_in_time_does_nothing() {
    for scenario in writers() {
        let as_ever = scenario.run(Seed(7));
        let report = scenario.faults(FaultPlan::new().at(milliseconds(12), in_io(1, 1, milliseconds(2)))).run(Seed(7));
        assert_eq!((report.faults[0].effect, report.faults[0].applied), (0, true));
        assert_eq!(report.digest, as_ever.digest);
    }
}

fn at_random(share: Ratio, duration: impl Into<Option<Duration>>) -> FaultPlan {
    let (node, down_for) = ("node/0".to_owned(), Some(milliseconds(1)));
    FaultPlan::new().at(milliseconds(100), ProcessFault::RandomCrashInIo { node, share, down_for, duration: duration.into() })
}

/// P1 and P2: a node that crashes at every operation is in a crash loop.
#[test]
fn a_node_crashes_at_each_operation_of_every_life() {
    for scenario in writers() {
        let mut sim = scenario.faults(at_random(Ratio::ONE, milliseconds(50))).start(Seed(7));
        sim.keep_records();
        sim.run_for(milliseconds(300));
        let times = |sim: &Sim, kind| {
            let records = sim.records().iter().filter(|record| record.node == NodeId(0) && record.kind == kind);
            records.map(|record| record.at.as_nanoseconds() / 1_000_000).collect::<Vec<_>>()
        };
        let crashes = times(&sim, RecordKind::Crash);
        assert!(crashes.len() > 30 && crashes.iter().all(|at| (100..150).contains(at)), "{crashes:?}");
        assert!(crashes[1..].is_sorted_by(|one, next| next - one == 1), "each boot opens a file: {crashes:?}");
        assert!(handled(&sim).len() > 5, "after the fault it writes again");
        let report = sim.finish();
        report.assert_ok();
        let record = &report.faults[0];
        assert_eq!((record.effect, record.ended_at.map(|at| at.as_nanoseconds())), (crashes.len() as u64, Some(150_000_000)));
        assert!(report.to_string().contains("crash node/0 in each of its disk operations (0.001s down) for 0.050s"), "{report}");
    }
}

#[test]
fn a_share_of_the_operations_crashes_the_node() {
    for scenario in writers() {
        let crashes = |percent, seed| {
            let report = scenario.clone().faults(at_random(Ratio::percent(percent), None)).run(Seed(seed));
            report.assert_ok();
            report.faults[0].effect
        };
        let of_seeds = |percent| (0..40).map(|seed| crashes(percent, seed)).collect::<Vec<_>>();
        let [few, many] = [of_seeds(5), of_seeds(50)];
        assert!(few.contains(&0) && few.iter().any(|crashes| *crashes > 1), "{few:?}");
        assert!(few.iter().sum::<u64>() * 4 < many.iter().sum::<u64>(), "{few:?} {many:?}");
    }
}

/// P1 without an effect: no roll is that low.
#[test]
fn a_share_that_no_operation_meets_changes_nothing() {
    for scenario in writers() {
        let as_ever = scenario.run(Seed(7));
        let report = scenario.faults(at_random(cluster_sim_testkit::units::ratio(1e-9), None)).run(Seed(7));
        assert_eq!((report.faults[0].effect, report.faults[0].applied, report.digest), (0, true, as_ever.digest));
    }
}

#[test]
fn the_larger_share_decides_and_its_end_leaves_the_other() {
    let [scenario, _] = writers();
    let (node, down_for, rare) = ("node/0".to_owned(), Some(milliseconds(1)), cluster_sim_testkit::units::ratio(1e-9));
    let beside = ProcessFault::RandomCrashInIo { node, share: rare, down_for, duration: None };
    let plan = at_random(Ratio::ONE, milliseconds(50)).at(milliseconds(90), beside);
    let report = scenario.faults(plan).run(Seed(7));
    let effects: Vec<u64> = report.faults.iter().map(|record| record.effect).collect();
    assert!(effects[0] == 0 && effects[1] > 30, "{report}");
}

#[test]
fn a_crash_at_no_share_of_the_operations_is_refused() {
    let [scenario, _] = writers();
    let refused = scenario.faults(at_random(Ratio::ZERO, None)).validate().unwrap_err().to_string();
    assert!(refused.contains("is invalid: a share of 0 crashes at no operation; use more, up to 1 for all"), "{refused}");
}

#[test]
fn a_crash_that_waits_outlives_other_crashes() {
    for scenario in forms(false) {
        let plan =
            FaultPlan::new().at(milliseconds(15), poison(3, 25, None)).at(milliseconds(35), crash("node/0", milliseconds(1)));
        let report = scenario.faults(plan).run(Seed(7));
        assert_eq!(report.faults[0].effect, 1, "messages are counted in any life");
    }
}

#[test]
fn message_and_operation_zero_are_refused() {
    for (fault, cure) in [(poison(0, 1, None), "messages are counted from 1"), (in_io(0, 1, None), "operations are counted from 1")]
    {
        let [scenario, _] = forms(false);
        let refused = scenario.faults(FaultPlan::new().at(milliseconds(0), fault)).validate().unwrap_err().to_string();
        assert!(refused.contains(&format!("is invalid: {cure}: name the first one as 1")), "{refused}");
    }
}
