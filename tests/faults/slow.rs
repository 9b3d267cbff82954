//! Nodes whose steps take time: what comes meanwhile waits, and is handled in order.

use cluster_sim::check::Health;
use cluster_sim::node::{DiskOp, FileId, OpenOptions};
use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::{crash, pause};
use cluster_sim_testkit::units::milliseconds;

use crate::worker::health;

/// Each thing that a node handled, after the time by its clock in milliseconds.
type Handled = Vec<(u64, u64)>;

const STARTED: u64 = 1_000;
const TIMER: u64 = 2_000;
const DISK: u64 = 3_000;
const STOP: u64 = 4_000;

/// Handles what comes; on its way it sets a timer for 103 ms and another for 104 ms, which the second message cancels.
struct Recorder(Handled);

impl Machine for Recorder {
    type Message = u64;
    type View = Handled;

    fn step(&mut self, now: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        let what = match input {
            Input::Start => {
                effects.set_timer(Timer(3), milliseconds(103));
                effects.set_timer(Timer(4), milliseconds(104));
                STARTED
            }
            Input::Message { message, .. } | Input::Call(message) => {
                if message == 2 {
                    effects.cancel_timer(Timer(4));
                }
                if message == 9 {
                    let options = OpenOptions::create();
                    effects.disk(9_u64, DiskOp::Open { file: FileId(1), path: "file".to_owned(), options });
                }
                message
            }
            Input::Timer(timer) => TIMER + timer.0,
            Input::Disk(tag, _) => DISK + tag,
            Input::Stop { .. } => {
                effects.stop();
                STOP
            }
            _ => return,
        };
        self.0.push((now.since_zero().as_millis() as u64, what));
    }

    fn view(&self) -> &Handled {
        &self.0
    }
}

/// Sends 1, 2, 3 and so on, one each at these milliseconds.
struct Sender {
    at: Vec<u64>,
    in_sessions: bool,
    unit: (),
}

impl Machine for Sender {
    type Message = u64;
    type View = ();

    fn step(&mut self, _: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        match input {
            Input::Start => (0..).zip(&self.at).for_each(|(index, at)| effects.set_timer(Timer(index), milliseconds(*at))),
            Input::Timer(Timer(index)) if self.in_sessions => effects.session_send(NodeId(0), index + 1),
            Input::Timer(Timer(index)) => effects.send(NodeId(0), index + 1),
            _ => {}
        }
    }

    fn view(&self) -> &() {
        &self.unit
    }
}

fn scenario(at: &[u64], in_sessions: bool) -> Scenario {
    let at = at.to_vec();
    Scenario::new("slow")
        .machines("node", 1, move |_: &Boot| Recorder(Vec::new()))
        .machines("sender", 1, move |_: &Boot| Sender { at: at.clone(), in_sessions, unit: () })
        .default_links(LinkModel::constant(milliseconds(0)))
        .start_together()
        .duration(milliseconds(1_000))
}

fn slow(step_time: u64, duration: impl Into<Option<Duration>>) -> Fault {
    ProcessFault::Slow { node: "node/0".to_owned(), step_time: milliseconds(step_time), duration: duration.into() }.into()
}

fn at(millisecond: u64, fault: Fault) -> FaultPlan {
    FaultPlan::new().at(milliseconds(millisecond), fault)
}

fn handled(sim: &Sim) -> Handled {
    sim.inspect(|world| world.view::<Handled>(NodeId(0)).cloned().unwrap_or_default())
}

/// Runs it for 500 ms and returns what node 0 handled, besides its start, and the report.
fn run(scenario: &Scenario, plan: FaultPlan) -> (Handled, Report) {
    let mut sim = scenario.clone().faults(plan).start(Seed(7));
    sim.run_for(milliseconds(500));
    let mut all = handled(&sim);
    all.retain(|(_, what)| *what != STARTED);
    (all, sim.finish())
}

/// Q3.
#[test]
fn a_busy_machine_handles_messages_and_timers_one_at_a_time() {
    let (all, report) = run(&scenario(&[100, 101, 102, 150], false), at(50, slow(10, None)));
    // Timer 4 came due before the second message, which cancelled it.
    assert_eq!(all, [(100, 1), (110, 2), (120, 3), (130, TIMER + 3), (150, 4)]);
    let record = &report.faults[0];
    assert_eq!((record.effect, report.traffic.delivered, record.ended_at.is_some()), (4, 4, true));
    assert!(report.to_string().contains("slow node/0 to 10ms a step  (4 inputs waited)"), "{report}");
}

/// Q3 with steps shorter than the time between two inputs.
#[test]
fn steps_that_end_before_the_next_input_change_nothing() {
    let scenario = scenario(&[100, 101, 102, 150], false);
    let (all, report) = run(&scenario, at(50, slow(1, None)));
    let (free, as_ever) = run(&scenario, FaultPlan::new());
    assert_eq!((all, report.digest), (free, as_ever.digest));
    assert_eq!((report.faults[0].effect, report.faults[0].applied), (0, true));
}

#[test]
fn all_that_waits_is_handled_in_order_when_the_fault_ends() {
    let (all, report) = run(&scenario(&[100, 101, 102, 104, 106], false), at(50, slow(100, milliseconds(55))));
    assert_eq!(all, [(100, 1), (105, 2), (105, 3), (105, TIMER + 3), (105, 4), (106, 5)]);
    assert_eq!(report.faults[0].effect, 5, "with the timer that was cancelled");
    assert_eq!(report.faults[0].ended_at.map(|at| at.as_nanoseconds()), Some(105_000_000));
}

#[test]
fn several_faults_of_one_node_add_up() {
    let plan = at(50, slow(10, None)).at(milliseconds(60), slow(5, milliseconds(50)));
    let (all, report) = run(&scenario(&[90, 91, 92, 93], false), plan);
    // Timer 3 comes due while two messages wait, and the second fault ends at 110.
    assert_eq!(all, [(90, 1), (105, 2), (120, 3), (130, 4), (140, TIMER + 3)]);
    let effects: Vec<u64> = report.faults.iter().map(|record| record.effect).collect();
    assert_eq!(effects, [5, 5], "three messages and two timers, of which one is void when its turn comes");
}

/// Q3 is no crash: but one empties the queue.
#[test]
fn a_crash_of_a_busy_node_loses_what_waits() {
    let plan = at(50, slow(10, None)).at(milliseconds(105), crash("node/0", milliseconds(10)));
    let mut sim = scenario(&[100, 101, 102, 116, 130], false).faults(plan).start(Seed(7));
    sim.run_for(milliseconds(300));
    // The clock of the next life starts at its boot, at 115, which keeps it busy; what was set before is cancelled.
    assert_eq!(handled(&sim), [(0, STARTED), (10, 4), (20, 5), (103, TIMER + 3), (113, TIMER + 4)]);
    let traffic = sim.finish().traffic;
    assert_eq!(
        traffic.dropped.into_iter().map(|(cause, lost)| (cause.to_string(), lost)).collect::<Vec<_>>(),
        [("inbox_lost".to_owned(), 2)]
    );
}

/// Q3 is not a pause: but a busy node can be paused, and goes on where it was.
#[test]
fn a_busy_node_that_is_paused_keeps_the_order() {
    let plan = at(50, slow(10, None)).at(milliseconds(103), pause("node/0", milliseconds(40)));
    let mut sim = scenario(&[100, 101, 102, 120, 121], false).faults(plan).start(Seed(7));
    sim.run_for(milliseconds(99));
    assert_eq!(health(&sim, 0), Health::Up);
    sim.run_for(milliseconds(300));
    let expected = [(0, STARTED), (100, 1), (143, 2), (153, 3), (163, 4), (173, 5), (183, TIMER + 3)];
    assert_eq!(handled(&sim), expected);
}

#[test]
fn a_message_beyond_256_that_wait_is_lost_as_inbox_full() {
    let at_once = vec![100; 300];
    let (all, report) = run(&scenario(&at_once, false), at(50, slow(50, milliseconds(100))));
    let causes: Vec<_> = report.traffic.dropped.iter().map(|(cause, lost)| (cause.to_string(), *lost)).collect();
    assert_eq!(causes, [("inbox_full".to_owned(), 43)]);
    assert_eq!(all.iter().filter(|(_, what)| *what < STARTED).count(), 257, "256 waited for one");
}

#[test]
fn messages_of_a_session_wait_in_order() {
    let (all, report) = run(&scenario(&[80, 81, 82, 83], true), at(50, slow(10, None)));
    assert_eq!(all, [(80, 1), (90, 2), (100, 3), (110, 4), (120, TIMER + 3)]);
    assert!(report.faults[0].effect >= 4);
    let plan = at(50, slow(10, None)).at(milliseconds(85), crash("node/0", milliseconds(1)));
    let (_, report) = run(&scenario(&[80, 81, 82, 83, 140, 200], true), plan);
    assert_eq!(report.traffic.sessions.delivered.messages, 2, "the first, and the one in the session after the crash");
}

#[test]
fn answers_of_the_disk_wait_for_a_busy_machine() {
    // The ninth message opens a file; the answer comes within a millisecond.
    let times = [50, 51, 52, 53, 54, 55, 56, 57, 100];
    let (free, _) = run(&scenario(&times, false), FaultPlan::new());
    let answered = free.iter().find(|(_, what)| *what == DISK + 9).expect("the disk answers").0;
    assert!(answered < 102, "{answered}");
    let (all, report) = run(&scenario(&times, false), at(80, slow(20, None)));
    assert_eq!(all[8..], [(100, 9), (120, DISK + 9), (140, TIMER + 3)]);
    assert_eq!(report.faults[0].effect, 2);
}

/// P4 and Q3.
#[test]
fn a_busy_machine_is_asked_to_stop_in_its_turn() {
    let stop = ProcessFault::GracefulStop { node: "node/0".to_owned(), deadline: milliseconds(50), down_for: None };
    let plan = at(50, slow(10, None)).at(milliseconds(102), stop);
    let mut sim = scenario(&[100, 101], false).faults(plan).start(Seed(7));
    sim.run_for(milliseconds(119));
    assert_eq!((handled(&sim), health(&sim, 0)), (vec![(0, STARTED), (100, 1), (110, 2)], Health::Up));
    sim.run_for(milliseconds(1));
    assert_eq!(health(&sim, 0), Health::Down);
    assert_eq!(sim.finish().faults[1].reason.as_deref(), Some("it stopped in time"));
}

/// A step of an async node is a poll: of a task that reads one message, and of one that sleeps.
fn tasks() -> Scenario {
    let main = async |node: Node| {
        let clock = node.clone();
        let now = move || clock.now().since_zero().as_millis() as u64;
        let (port, sleeper, at) = (node.bind::<u64>("main"), node.clone(), now.clone());
        node.spawn(async move {
            sleeper.sleep(milliseconds(103)).await;
            sleeper.publish(|handled: &mut Handled| handled.push((at(), TIMER + 3)));
        });
        loop {
            let message = port.recv().await.message;
            node.publish(|handled: &mut Handled| handled.push((now(), message)));
            cluster_sim::node::yield_now().await;
        }
    };
    let sender = |_: &Boot| Sender { at: vec![100, 101, 102, 150], in_sessions: false, unit: () };
    Scenario::new("slow")
        .nodes("node", 1, main)
        .machines("sender", 1, sender)
        .default_links(LinkModel::constant(milliseconds(0)))
        .start_together()
        .duration(milliseconds(1_000))
}

/// Q3.
#[test]
fn tasks_of_a_busy_node_are_polled_one_at_a_time() {
    let (free, as_ever) = run(&tasks(), FaultPlan::new());
    assert_eq!(free, [(100, 1), (101, 2), (102, 3), (103, TIMER + 3), (150, 4)]);
    let (all, report) = run(&tasks(), at(50, slow(10, None)));
    assert_eq!(all.iter().map(|(_, what)| *what).collect::<Vec<_>>(), [1, 2, TIMER + 3, 3, 4]);
    let times: Vec<u64> = all.iter().map(|(at, _)| *at).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 10), "{all:?}");
    assert!(report.faults[0].effect >= 4 && report.traffic.delivered == 4, "{report}");
    // A crash drops the tasks that wait for their poll, and what waits at the port.
    let plan = at(50, slow(10, None)).at(milliseconds(105), crash("node/0", milliseconds(10)));
    let (all, report) = run(&tasks(), plan);
    assert_eq!(all.iter().map(|(_, what)| *what).collect::<Vec<_>>(), [4, TIMER + 3]);
    assert_eq!(report.traffic.dropped.values().sum::<u64>(), 2);
    assert_ne!(report.digest, as_ever.digest);
}

#[test]
fn a_killed_node_is_not_slowed_down() {
    let plan = at(50, cluster_sim_testkit::faults::kill("node/0")).at(milliseconds(60), slow(10, None));
    let (_, report) = run(&scenario(&[100], false), plan);
    assert_eq!((report.faults[1].effect, report.faults[1].reason.as_deref()), (0, Some("it was killed")));
}

#[test]
fn steps_that_take_no_time_are_refused() {
    let refused = scenario(&[], false).faults(at(50, slow(0, None))).validate().unwrap_err().to_string();
    assert!(refused.contains("steps that take no time slow nothing down; use a time of 1 ns or more"), "{refused}");
}
