//! The determinism check finds two runs of one seed that differ, and names the first event that differs.
//!
//! [`leaks`]: nondeterminism ([`sources`]) planted in the second of three nodes is found on that node. [`unequal_ends`]: one run
//! panics, ends early or lasts longer. [`report_only`]: differences that no event shows. [`tasks`]: leaks in tasks of async
//! nodes. [`processes`]: errors between two processes. [`sweeps`]: the determinism check of a failing seed in a sweep.

mod leaks;
mod processes;
mod report_only;
mod sources;
mod sweeps;
mod tasks;
mod unequal_ends;

use std::thread;

use cluster_sim::explore::DeterminismCheck;
use cluster_sim::prelude::*;
use cluster_sim::report::DifferingEvent;

/// The node with the planted leak.
pub(crate) const LEAKY: &str = "worker/1";

/// How two runs are compared: in two threads or in two processes.
pub(crate) type CheckFn = fn(&Scenario, Seed) -> DeterminismCheck;

/// An extra action of a worker at each tick.
pub(crate) type Habit = fn(&mut Worker, &mut Effects<u64>);

/// Ticks about every 10 ms and sends to its peers.
pub(crate) struct Worker {
    pub(crate) peers: Vec<NodeId>,
    pub(crate) ticks: u64,
    /// The view.
    pub(crate) shown: u64,
    pub(crate) pause: Duration,
    habit: Habit,
}

impl Machine for Worker {
    type Message = u64;
    type View = u64;

    fn step(&mut self, _: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        if let Input::Start | Input::Timer(Timer(0)) = input {
            self.ticks += 1;
            self.pause = Duration::from_millis(10);
            effects.send_all(&self.peers, self.ticks);
            (self.habit)(self, effects);
            effects.set_timer(Timer(0), self.pause);
        }
    }

    fn view(&self) -> &u64 {
        &self.shown
    }
}

/// Three workers, the second of them with a habit.
pub(crate) fn workers(habit: Habit) -> Scenario {
    let boot = move |boot: &Boot| Worker {
        peers: boot.peers(),
        ticks: 0,
        shown: 0,
        pause: Duration::ZERO,
        habit: if boot.name() == LEAKY { habit } else { |_, _| {} },
    };
    Scenario::new("workers").machines("worker", 3, boot).duration(Duration::from_secs(2))
}

/// Whether this is the thread started for the second run.
pub(crate) fn is_second_run() -> bool {
    thread::current().name() == Some("cluster-sim determinism")
}

/// Whether this is the process started for the second run.
#[expect(clippy::disallowed_methods, reason = "the tests plant what happens in one of two processes only")]
pub(crate) fn is_second_process() -> bool {
    std::env::var_os("CLUSTER_SIM_CALL").is_some()
}

/// The first event that differs.
#[track_caller]
pub(crate) fn first_difference(check: &DeterminismCheck) -> &DifferingEvent {
    assert_eq!((check.outcome(), check.agreed()), (Outcome::Nondeterministic, false), "{check}");
    let divergence = check.divergence().unwrap_or_else(|| panic!("the divergence of two runs is known: {check}"));
    divergence.event.as_ref().unwrap_or_else(|| panic!("they differ in an event: {check}"))
}
