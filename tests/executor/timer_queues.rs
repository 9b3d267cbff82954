//! Queues of timers, as nodes of both styles use them.

use cluster_sim::node::TimerQueue;
use cluster_sim::prelude::*;
use cluster_sim_testkit::log::Log;
use cluster_sim_testkit::units::milliseconds;

use crate::nodes;

/// Due in this order of milliseconds, each with a letter.
const INSERTED: [(u64, char); 5] = [(40, 'd'), (10, 'a'), (20, 'b'), (20, 'c'), (50, 'e')];
/// The letters by the milliseconds at which they come.
const COME: [(u64, char); 5] = [(10, 'a'), (20, 'b'), (20, 'c'), (40, 'd'), (50, 'e')];

fn filled() -> TimerQueue<char> {
    let mut queue = TimerQueue::default();
    INSERTED.into_iter().for_each(|(due, letter)| queue.insert(LocalInstant::ZERO + milliseconds(due), letter));
    queue
}

fn milliseconds_of(now: LocalInstant) -> u64 {
    now.since_zero().as_millis() as u64
}

/// Runs a scenario for 200 ms under these faults and returns its log.
fn run(scenario: Scenario, log: &Log<(u64, char)>, faults: FaultPlan) -> Vec<(u64, char)> {
    let mut sim = scenario.faults(faults).start(Seed(7));
    sim.run_for(milliseconds(200));
    sim.finish().assert_ok();
    log.read()
}

/// An async node, which drops each wait after 3 ms and begins it anew.
fn by_next(faults: FaultPlan) -> Vec<(u64, char)> {
    let log = Log::new();
    let noted = log.clone();
    let scenario = nodes(1, move |node: Node| {
        let log = noted.clone();
        async move {
            let mut queue = filled();
            while !queue.is_empty() {
                if let Ok(letter) = node.timeout(milliseconds(3), queue.next(&node)).await {
                    log.write((milliseconds_of(node.now()), letter));
                }
            }
            assert!(node.timeout(milliseconds(50), queue.next(&node)).await.is_err(), "an empty queue waits for ever");
        }
    });
    run(scenario, &log, faults)
}

struct Alarms {
    queue: TimerQueue<char>,
    log: Log<(u64, char)>,
}

impl Machine for Alarms {
    type Message = ();
    type View = ();

    fn step(&mut self, now: LocalInstant, _input: Input<()>, effects: &mut Effects<()>) {
        while let Some(letter) = self.queue.pop_due(now) {
            self.log.write((milliseconds_of(now), letter));
        }
        self.queue.arm(Timer(0), now, effects);
    }

    fn view(&self) -> &() {
        &()
    }
}

fn by_arm(faults: FaultPlan) -> Vec<(u64, char)> {
    let log = Log::new();
    let noted = log.clone();
    let boot = move |_: &Boot| Alarms { queue: filled(), log: noted.clone() };
    run(Scenario::new("alarms").machines("n", 1, boot).start_together(), &log, faults)
}

#[test]
fn values_of_a_queue_come_when_due_in_both_styles() {
    assert_eq!(by_next(FaultPlan::new()), COME);
    assert_eq!(by_arm(FaultPlan::new()), COME);
}

#[test]
fn values_that_came_due_in_a_pause_come_in_order() {
    let pause = || FaultPlan::new().at(milliseconds(5), NodeFault::Pause { node: "n/0".into(), duration: Some(milliseconds(40)) });
    let late = [(45, 'a'), (45, 'b'), (45, 'c'), (45, 'd'), (50, 'e')];
    assert_eq!(by_next(pause()), late);
    assert_eq!(by_arm(pause()), late);
}
