//! A process that works: takes ranges of seeds, tells of each that is done.

use std::io::BufRead;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use cluster_sim_runtime::{Heartbeat, Seed};

use super::protocol::{MARK, WorkerMessage, WorkerOrder, write_line};
use crate::campaign::determinism::Call;
use crate::campaign::failures::FailedSeed;
use crate::campaign::progress::WorkerSlot;
use crate::campaign::target::{Job, SeedResult};
use crate::campaign::watchdog::now;
use crate::sim::message_of;

/// How often it says that it is there.
const ALIVE_EVERY: Duration = Duration::from_millis(500);
/// How often it looks whether its seed goes on.
const LOOKS_EVERY: Duration = Duration::from_millis(20);

/// Does what it is told to, until nobody tells it any more.
pub(super) fn work(job: &Job, call: Call) -> ! {
    say(&WorkerMessage::CoveragePoint(call));
    let (orders_in, orders) = channel();
    thread::spawn(move || take_orders(&orders_in));
    let (desk, watch) = (Arc::new(WorkerSlot::default()), Arc::new(Heartbeat::default()));
    let (all, at, leaves_word) = (job.clone(), Arc::clone(&desk), Arc::clone(&watch));
    // A test is known by the name of its thread.
    let name = thread::current().name().unwrap_or("worker").to_owned();
    let runs = move || run_seeds(&all, &orders, &at, &leaves_word);
    thread::Builder::new().name(name).spawn(runs).expect("the machine has room for one thread more");
    watch_over(job, &desk, &watch)
}

/// Hands on the orders that come in. When none can come any more, nobody waits for this process, whatever it is at.
fn take_orders(orders: &Sender<WorkerOrder>) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let order = line.strip_prefix(MARK).and_then(|text| serde_json::from_str(text).ok());
        if order.is_some_and(|order| orders.send(order).is_err()) {
            return;
        }
    }
    std::process::exit(0)
}

/// Runs the seeds of each order.
fn run_seeds(job: &Job, orders: &Receiver<WorkerOrder>, desk: &WorkerSlot, watch: &Arc<Heartbeat>) {
    for seed in orders.iter().flat_map(|order| order.from..order.to) {
        desk.begin(seed);
        match catch_unwind(AssertUnwindSafe(|| job.examine(seed, watch, || {}))) {
            Ok(examined) => {
                let SeedResult { ended_at, coverage, failed } = examined;
                desk.done(ended_at);
                say(&WorkerMessage::Done { seed, ended_at, coverage, failed });
            }
            Err(panic) => {
                say(&WorkerMessage::Panicked(message_of(&*panic)));
                std::process::exit(101)
            }
        }
    }
}

/// Says that the process is there, and ends it where a seed does not come back from a step.
fn watch_over(job: &Job, desk: &WorkerSlot, watch: &Heartbeat) -> ! {
    // From a thread of its own: whoever finds out where a seed is stuck takes time.
    thread::spawn(|| {
        loop {
            thread::park_timeout(ALIVE_EVERY);
            say(&WorkerMessage::Alive);
        }
    });
    let patience = job.subject.patience();
    let place = || (watch.progress(), desk.sums().0);
    let (mut seen, mut since) = (place(), now());
    loop {
        thread::park_timeout(LOOKS_EVERY.min(patience));
        let present = place();
        if present != seen || !desk.is_busy() {
            (seen, since) = (present, now());
        } else if since.elapsed() >= patience {
            let seed = desk.present();
            let failed = Box::new(FailedSeed { report: job.subject.stuck(Seed(seed)), unconfirmed: None });
            say(&WorkerMessage::Stuck { seed, failed });
            std::process::exit(0)
        }
    }
}

fn say(word: &WorkerMessage) {
    if write_line(&mut std::io::stdout().lock(), word).is_err() {
        // Nobody listens any more.
        std::process::exit(0)
    }
}
