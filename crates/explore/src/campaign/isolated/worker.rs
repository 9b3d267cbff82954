//! The worker process: runs ranges of seeds and sends each result.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use cluster_sim_runtime::{Heartbeat, Seed};
use cluster_sim_simulation::Report;
use cluster_sim_simulation::driver::message_of;

use super::protocol::{WorkerMessage, WorkerOrder};
use crate::campaign::failure_key::FailureKey;
use crate::campaign::progress::WorkerSlot;
use crate::campaign::target::{Job, SeedResult};
use crate::child::{Call, FromChild, Parent};
use crate::clock::now;
use crate::determinism::FailedSeed;
use crate::watchdog::RunLimit;

/// Interval between two signs of life.
const ALIVE_EVERY: Duration = Duration::from_millis(500);
/// Interval at which the worker checks that its seed advances.
const CHECK_EVERY: Duration = Duration::from_millis(20);

/// Runs the seeds of each order until standard input closes.
pub(super) fn work(job: &Job, call: Call) -> ! {
    send(&FromChild::Reached(call));
    let (sender, orders) = channel();
    thread::spawn(move || read_orders(&sender));
    let (slot, heartbeat) = (Arc::new(WorkerSlot::default()), Arc::new(Heartbeat::default()));
    let (worker_job, worker_slot, worker_heartbeat) = (job.clone(), Arc::clone(&slot), Arc::clone(&heartbeat));
    // The name of the thread identifies the test.
    let name = thread::current().name().unwrap_or("worker").to_owned();
    let run = move || run_seeds(&worker_job, &orders, &worker_slot, &worker_heartbeat);
    thread::Builder::new().name(name).spawn(run).expect("the machine has room for one thread more");
    monitor(job, &slot, &heartbeat)
}

/// Forwards orders. Exits when standard input closes: the supervisor is gone or done.
fn read_orders(orders: &Sender<WorkerOrder>) {
    while let Ok(order) = Parent.recv() {
        if orders.send(order).is_err() {
            return;
        }
    }
    std::process::exit(0)
}

/// Runs the seeds of each order.
fn run_seeds(job: &Job, orders: &Receiver<WorkerOrder>, slot: &WorkerSlot, heartbeat: &Arc<Heartbeat>) {
    // Seeds come in order, so only the first failure of a kind can be the first of its group.
    let mut known = BTreeSet::new();
    let seeds = orders.iter().flat_map(|WorkerOrder { from, to, keeps, sample }| {
        (from..to).map(move |seed| (seed, keeps && seed == from, sample.has(seed)))
    });
    for (seed, keeps, is_sampled) in seeds {
        slot.begin(seed, Duration::ZERO);
        let is_first = |report: &Report| !known.contains(&FailureKey::of(report));
        match catch_unwind(AssertUnwindSafe(|| job.run_seed(seed, keeps, is_sampled, heartbeat, is_first))) {
            Ok(examined) => {
                let SeedResult { ended_at, coverage, profile, failed, passed, idle, is_exceeded } = examined;
                slot.done(ended_at);
                known.extend(failed.as_ref().map(|failed| FailureKey::of(&failed.report)));
                send(&FromChild::Sent(WorkerMessage::Done {
                    seed,
                    ended_at,
                    coverage,
                    profile,
                    failed,
                    passed,
                    idle,
                    is_exceeded,
                }));
            }
            Err(panic) => {
                send(&FromChild::Panicked(message_of(&*panic)));
                std::process::exit(101)
            }
        }
    }
}

/// Sends signs of life, ends runs that take too long, and ends the process if a seed does not return from a step.
fn monitor(job: &Job, slot: &WorkerSlot, heartbeat: &Arc<Heartbeat>) -> ! {
    // In its own thread: describing a stuck seed takes time.
    thread::spawn(|| {
        loop {
            thread::park_timeout(ALIVE_EVERY);
            send(&FromChild::Alive);
        }
    });
    let step_timeout = job.target.step_timeout();
    let position = || (heartbeat.progress(), slot.sums().0);
    let (mut last, mut since) = (position(), now());
    let mut limit = RunLimit::new(job.target.seed_timeout(), 1);
    loop {
        thread::park_timeout(CHECK_EVERY.min(step_timeout));
        limit.check(std::slice::from_ref(heartbeat));
        let position = position();
        if position != last || !slot.is_busy() {
            (last, since) = (position, now());
        } else if since.elapsed() >= step_timeout {
            let seed = slot.current();
            let failed = Box::new(FailedSeed::unrecorded(job.target.stuck(Seed(seed))));
            send(&FromChild::Sent(WorkerMessage::Stuck { seed, failed }));
            std::process::exit(0)
        }
    }
}

fn send(message: &FromChild<WorkerMessage>) {
    if Parent.send(message).is_err() {
        // The supervisor is gone.
        std::process::exit(0)
    }
}
