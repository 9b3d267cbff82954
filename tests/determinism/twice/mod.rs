//! Two runs of one seed that differ are found out, and the first event that differs is named.
//!
//! [`leaks`]: what breaks the promise ([`sources`]), planted in the second of three nodes, is found on that node. [`sides`]: one side that
//! panics, ends early or goes on longer. [`silent`]: differences that are in no event. [`tasks`]: leaks in tasks of async nodes, found in
//! those tasks. [`processes`]: what can go wrong between two processes. [`sweeps`]: the second look of a sweep at a seed that failed.

mod leaks;
mod processes;
mod sides;
mod silent;
mod sources;
mod sweeps;
mod tasks;

use std::thread;

use cluster_sim::prelude::*;
use cluster_sim::{DeterminismCheck, DifferingEvent};

/// The one of three nodes with a leak in it.
pub(crate) const LEAKY: &str = "worker/1";

/// In which of its forms two runs are compared.
pub(crate) type NodeStyle = fn(&Scenario, Seed) -> DeterminismCheck;

/// What a worker does at each tick, besides telling its peers how often it ticked.
pub(crate) type Habit = fn(&mut Worker, &mut Effects<u64>);

/// Ticks about each ten milliseconds, and tells its peers.
pub(crate) struct Worker {
    pub(crate) peers: Vec<NodeId>,
    pub(crate) ticks: u64,
    /// What checks see.
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

/// Three workers, of which the second one has a habit of its own.
pub(crate) fn workers(habit: Habit) -> Scenario {
    let boot = move |seat: &NodeInfo| Worker {
        peers: seat.peers(),
        ticks: 0,
        shown: 0,
        pause: Duration::ZERO,
        habit: if seat.name() == LEAKY { habit } else { |_, _| {} },
    };
    Scenario::new("workers").machines("worker", 3, boot).duration(Duration::from_secs(2))
}

/// Whether this is the run of the thread that was started for it.
pub(crate) fn is_there() -> bool {
    thread::current().name() == Some("cluster-sim determinism")
}

/// Whether this is the process that was started for the second run.
#[expect(clippy::disallowed_methods, reason = "the tests plant what happens in one of two processes only")]
pub(crate) fn is_in_the_other_process() -> bool {
    std::env::var_os("CLUSTER_SIM_CALL").is_some()
}

/// The first event that differs.
#[track_caller]
pub(crate) fn first_difference(twice: &DeterminismCheck) -> &DifferingEvent {
    assert_eq!((twice.outcome(), twice.agreed()), (Outcome::Nondeterministic, false), "{twice}");
    let divergence = twice.divergence().unwrap_or_else(|| panic!("two runs that differ part somewhere: {twice}"));
    divergence.event.as_ref().unwrap_or_else(|| panic!("they differ in an event: {twice}"))
}
