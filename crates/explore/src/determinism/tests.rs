use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use cluster_sim_simulation::Sim;
use cluster_sim_simulation::driver::{Names, RunObserver};

use super::checkpoint::{Checkpoint, WINDOW, WindowLog};
use super::producer::WINDOWS_AHEAD;
use super::protocol::{Disconnected, VerifierHandle, VerifierOrder};
use super::*;
use crate::Explore;
use cluster_sim_node::{Boot, Effects, Input, Machine, Node, Timer};
use cluster_sim_runtime::{Record, RecordKind};
use cluster_sim_types::{Fact, LocalInstant, NodeId, VirtualInstant};

type OnTick = fn(u64);

/// Ticks each millisecond and runs `on_tick`.
struct Clock {
    ticks: u64,
    on_tick: OnTick,
}

impl Machine for Clock {
    type Message = ();
    type View = u64;

    fn step(&mut self, _: LocalInstant, _: Input<()>, effects: &mut Effects<()>) {
        self.ticks += 1;
        (self.on_tick)(self.ticks);
        effects.set_timer(Timer(0), Duration::from_millis(1));
    }

    fn view(&self) -> &u64 {
        &self.ticks
    }
}

fn clock(on_tick: OnTick) -> Scenario {
    Scenario::new("clock").machines("clock", 1, move |_: &Boot| Clock { ticks: 0, on_tick })
}

#[test]
fn earlier_runs_do_not_change_the_identity_of_a_call() {
    let (scenario, place) = (clock(|_| {}), std::panic::Location::caller());
    let declared = |scenario: &Scenario| Call::new(scenario, Seed(7), place).declared;
    let before = declared(&scenario);
    let _running = scenario.start(Seed(7));
    scenario.run(Seed(7)).assert_ok();
    assert_eq!(declared(&scenario), before);
    assert_ne!(declared(&scenario.duration(Duration::from_secs(1))), before);
}

/// Never returns.
fn hang() -> ! {
    loop {
        thread::park();
    }
}

/// Long enough for a run that hangs after a hundred steps, short enough for a test.
const SHORT: Duration = Duration::from_millis(300);

#[test]
fn a_thread_that_hangs_in_a_step_is_an_error() {
    let scenario = clock(|ticks| {
        if ticks == 100 && thread::current().name() == Some("cluster-sim determinism") {
            hang();
        }
    });
    let check = scenario.step_timeout(SHORT).check_determinism(Seed(7));
    let expected = DeterminismError::Silent { timeout: SHORT };
    assert_eq!((check.outcome(), check.report()), (Outcome::Unknown, Err(&expected)));
    assert!(check.to_string().contains("gave no sign of life for 0.3s; look for a step or a check that does not end"), "{check}");
}

#[expect(clippy::disallowed_methods, reason = "one of two processes is made to hang")]
fn is_in_the_other_process() -> bool {
    std::env::var_os("CLUSTER_SIM_CALL").is_some()
}

#[test]
fn a_process_that_hangs_in_a_step_is_killed() {
    let scenario = clock(|ticks| {
        if ticks == 100 && is_in_the_other_process() {
            eprintln!("process {}", std::process::id());
            hang();
        }
    });
    // The process must reach that step first.
    let step_timeout = Duration::from_secs(3);
    let check = scenario.step_timeout(step_timeout).check_determinism_in_process(Seed(7));
    let Err(DeterminismError::Child(ChildError::Silent { output, .. })) = check.report() else { panic!("{check}") };
    // Lines of the two pipes arrive in no fixed order.
    let process: u32 = output
        .lines()
        .find_map(|line| line.split_once("process ")?.1.parse().ok())
        .unwrap_or_else(|| panic!("it said its number: {output}"));
    #[cfg(target_os = "linux")]
    assert!(!std::path::Path::new("/proc").join(process.to_string()).exists(), "process {process} lives on");
    #[cfg(not(target_os = "linux"))]
    let _ = process;
}

#[test]
fn a_process_that_hangs_before_the_call_is_an_error() {
    if is_in_the_other_process() {
        hang();
    }
    let check = clock(|_| {}).step_timeout(SHORT).check_determinism_in_process(Seed(7));
    assert!(matches!(check.report(), Err(DeterminismError::Child(ChildError::Silent { .. }))), "{check}");
}

#[test]
fn moving_a_fact_between_two_events_changes_the_checkpoint() {
    let checkpoint = |place| {
        let mut log = WindowLog::default();
        for label in 0..3 {
            if label == place {
                log.fact(VirtualInstant::ZERO, NodeId(0), &617_u64);
            }
            log.event(Record { label, ..Record::of(VirtualInstant::ZERO, RecordKind::Timer, NodeId(0)) });
        }
        log.end();
        log.next_window().expect("the end of a trail ends its window").checkpoint
    };
    assert_eq!(checkpoint(1), checkpoint(1));
    assert_ne!(checkpoint(1), checkpoint(2));
}

/// Messages received, and the number of checkpoints not agreed on.
#[derive(Default)]
struct Received {
    messages: Vec<&'static str>,
    open: usize,
    open_max: usize,
}

/// Agrees to everything, as late as possible.
struct SlowVerifier(Rc<RefCell<Received>>);

impl VerifierHandle for SlowVerifier {
    fn send(&mut self, message: ProducerMessage) -> Result<(), Disconnected> {
        let mut received = self.0.borrow_mut();
        match message {
            ProducerMessage::Checkpoint(_) => {
                received.open += 1;
                received.open_max = received.open_max.max(received.open);
            }
            ProducerMessage::Alive => received.messages.push("alive"),
            ProducerMessage::Report(_) => received.messages.push("report"),
            other => panic!("unexpected message {other:?}"),
        }
        Ok(())
    }

    fn recv_order(&mut self) -> Result<VerifierOrder, Disconnected> {
        self.0.borrow_mut().open -= 1;
        Ok(VerifierOrder::Agreed)
    }
}

fn observed<F: RunObserver>(scenario: &Scenario, observer: F) -> (F, Report) {
    Runner::of(scenario).run_observed(Trial::new(Seed(7)), observer)
}

#[test]
fn a_long_run_keeps_a_bounded_number_of_windows() {
    let received = Rc::new(RefCell::new(Received::default()));
    // 100,000 timers: 25 windows.
    let scenario = clock(|_| {}).duration(Duration::from_secs(100));
    let (_, report) = observed(&scenario, Producer::new(SlowVerifier(Rc::clone(&received)), SHORT));
    assert!(report.steps > 20 * WINDOW as u64, "{report}");
    let received = received.borrow();
    assert_eq!((received.open, received.open_max, received.messages.last()), (0, WINDOWS_AHEAD + 1, Some(&"report")));
}

/// A producer that records which tasks ended.
struct TaskTracker {
    producer: Producer<SlowVerifier>,
    ended: Vec<u64>,
    /// Which of them still have a name at the end.
    named: Vec<bool>,
}

impl RunObserver for TaskTracker {
    fn event(&mut self, record: Record) {
        self.producer.event(record);
        if record.kind == RecordKind::TaskEnd {
            self.ended.push(record.label);
        }
    }

    fn fact(&mut self, at: VirtualInstant, node: NodeId, fact: &dyn Fact) {
        self.producer.fact(at, node, fact);
    }

    fn stepped(&mut self, sim: &mut Sim) {
        self.producer.stepped(sim);
    }

    fn ended(&mut self, sim: &mut Sim, report: &Report) {
        self.named = self.ended.iter().map(|path| sim.task_named(*path).is_some()).collect();
        self.producer.ended(sim, report);
    }

    fn has_left(&self) -> bool {
        self.producer.has_left()
    }
}

#[test]
fn task_names_are_kept_as_long_as_their_windows() {
    async fn spawning(node: Node) {
        loop {
            let _ = node.spawn(async {}).await;
            node.sleep(Duration::from_millis(1)).await;
        }
    }
    let scenario = Scenario::new("spawning").nodes("node", 1, spawning).duration(Duration::from_secs(20));
    let producer = Producer::new(SlowVerifier(Rc::default()), SHORT);
    let (tracker, _report) = observed(&scenario, TaskTracker { producer, ended: Vec::new(), named: Vec::new() });
    let first_named = tracker.named.iter().position(|named| *named).expect("the last ones have names");
    // About 20,000 tasks, each with at least three events.
    assert!(tracker.named.len() > 15_000 && tracker.named[first_named..].iter().all(|named| *named));
    assert!(tracker.named.len() - first_named < (WINDOWS_AHEAD + 2) * WINDOW / 3, "{} of {}", first_named, tracker.named.len());
}

/// A verifier that is gone.
struct ClosedVerifier;

impl VerifierHandle for ClosedVerifier {
    fn send(&mut self, _: ProducerMessage) -> Result<(), Disconnected> {
        Err(Disconnected)
    }

    fn recv_order(&mut self) -> Result<VerifierOrder, Disconnected> {
        panic!("the verifier is gone")
    }
}

#[test]
fn a_run_without_a_verifier_ends_at_its_first_message() {
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let (producer, report) = observed(&clock(|_| {}).duration(year), Producer::new(ClosedVerifier, SHORT));
    assert_eq!((producer.has_left(), report.steps), (true, 0), "the report says nothing: {report}");
}

#[test]
fn a_stepping_run_sends_signs_of_life_between_windows() {
    let received = Rc::new(RefCell::new(Received::default()));
    let producer = Producer::new(SlowVerifier(Rc::clone(&received)), Duration::ZERO);
    let (_, _report) = observed(&clock(|_| {}).duration(Duration::from_secs(1)), producer);
    let alive = received.borrow().messages.iter().filter(|message| **message == "alive").count();
    // At most one in 64 of a thousand steps.
    assert!((10..=16).contains(&alive), "{alive} signs of life");
}

/// Sends the given messages.
struct Scripted(VecDeque<ProducerMessage>);

impl ProducerHandle for Scripted {
    fn recv(&mut self) -> Result<ProducerMessage, DeterminismError> {
        Ok(self.0.pop_front().expect("nothing more is waited for"))
    }

    fn request(&mut self, _: VerifierOrder) {}

    fn join(self) -> Result<(), DeterminismError> {
        Ok(())
    }

    fn abandon(self) {}

    fn explain(self, error: DeterminismError) -> DeterminismError {
        error
    }
}

/// Compares with a producer that sends these messages.
fn compare_with_messages(messages: impl IntoIterator<Item = ProducerMessage>) -> DeterminismCheck {
    let producer = Scripted(messages.into_iter().collect());
    let scenario = clock(|_| {}).duration(Duration::from_millis(10));
    compare_with(&Runner::of(&scenario), Trial::new(Seed(7)), OtherRun::OtherProcess, || Ok(producer))
}

#[test]
fn a_message_out_of_turn_is_an_error() {
    for messages in [
        vec![ProducerMessage::Report(serde_json::Value::Null)],
        vec![ProducerMessage::Alive, ProducerMessage::Log(Vec::new())],
        // A log that ends before any difference.
        vec![ProducerMessage::Checkpoint(Checkpoint::default()), ProducerMessage::Alive, ProducerMessage::Log(Vec::new())],
        vec![ProducerMessage::Checkpoint(Checkpoint::default()), ProducerMessage::Report(serde_json::Value::Null)],
    ] {
        let check = compare_with_messages(messages);
        assert!(matches!(check.report(), Err(DeterminismError::Child(ChildError::Garbled { .. }))), "{check}");
    }
}
