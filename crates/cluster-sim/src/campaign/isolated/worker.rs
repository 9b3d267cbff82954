//! A process that works: takes ranges of seeds, tells of each that is done.

use std::io::BufRead;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use cluster_sim_runtime::{Heartbeat, Seed};

use super::protocol::{MARK, Order, Word, write_line};
use crate::campaign::determinism::Call;
use crate::campaign::failures::Failed;
use crate::campaign::progress::Desk;
use crate::campaign::target::{Case, Examined};
use crate::campaign::watchdog::now;
use crate::sim::message_of;

/// How often it says that it is there.
const ALIVE_EVERY: Duration = Duration::from_millis(500);
/// How often it looks whether its seed goes on.
const LOOKS_EVERY: Duration = Duration::from_millis(20);

/// Does what it is told to, until nobody tells it any more.
pub(super) fn work(case: &Case, call: Call) -> ! {
    say(&Word::CoveragePoint(call));
    let (orders_in, orders) = channel();
    thread::spawn(move || take_orders(&orders_in));
    let (desk, watch) = (Arc::new(Desk::default()), Arc::new(Heartbeat::default()));
    let (all, at, leaves_word) = (case.clone(), Arc::clone(&desk), Arc::clone(&watch));
    // A test is known by the name of its thread.
    let name = thread::current().name().unwrap_or("worker").to_owned();
    let runs = move || run_seeds(&all, &orders, &at, &leaves_word);
    thread::Builder::new().name(name).spawn(runs).expect("the machine has room for one thread more");
    watch_over(case, &desk, &watch)
}

/// Hands on the orders that come in. When none can come any more, nobody waits for this process, whatever it is at.
fn take_orders(orders: &Sender<Order>) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let order = line.strip_prefix(MARK).and_then(|text| serde_json::from_str(text).ok());
        if order.is_some_and(|order| orders.send(order).is_err()) {
            return;
        }
    }
    std::process::exit(0)
}

/// Runs the seeds of each order.
fn run_seeds(case: &Case, orders: &Receiver<Order>, desk: &Desk, watch: &Arc<Heartbeat>) {
    for seed in orders.iter().flat_map(|order| order.from..order.to) {
        desk.begin(seed);
        match catch_unwind(AssertUnwindSafe(|| case.examine(seed, watch, || {}))) {
            Ok(examined) => {
                let Examined { ended_at, coverage, failed } = examined;
                desk.done(ended_at);
                say(&Word::Done { seed, ended_at, coverage, failed });
            }
            Err(panic) => {
                say(&Word::Panicked(message_of(&*panic)));
                std::process::exit(101)
            }
        }
    }
}

/// Says that the process is there, and ends it where a seed does not come back from a step.
fn watch_over(case: &Case, desk: &Desk, watch: &Heartbeat) -> ! {
    // From a thread of its own: whoever finds out where a seed is stuck takes time.
    thread::spawn(|| {
        loop {
            thread::park_timeout(ALIVE_EVERY);
            say(&Word::Alive);
        }
    });
    let patience = case.subject.patience();
    let place = || (watch.progress(), desk.sums().0);
    let (mut seen, mut since) = (place(), now());
    loop {
        thread::park_timeout(LOOKS_EVERY.min(patience));
        let present = place();
        if present != seen || !desk.is_busy() {
            (seen, since) = (present, now());
        } else if since.elapsed() >= patience {
            let seed = desk.present();
            let failed = Box::new(Failed { report: case.subject.stuck(Seed(seed)), unconfirmed: None });
            say(&Word::Stuck { seed, failed });
            std::process::exit(0)
        }
    }
}

fn say(word: &Word) {
    if write_line(&mut std::io::stdout().lock(), word).is_err() {
        // Nobody listens any more.
        std::process::exit(0)
    }
}
