//! A campaign in threads of this process.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use cluster_sim_runtime::{Heartbeat, Seed};

use super::failures::FailedSeed;
use super::state::Shared;
use super::target::Job;
use super::watchdog::watched;

/// Runs seeds in as many threads as there are desks, until none is left or `between`, which is asked now and then, says that it is over.
///
/// A seed that does not come back from a step is the last one: nothing can end its thread.
pub(super) fn run(job: &Job, shared: &Arc<Shared>, between: &mut dyn FnMut() -> bool) {
    let watches: Vec<Arc<Heartbeat>> = shared.desks.iter().map(|_| Arc::default()).collect();
    let (all, working) = (job.clone(), Arc::clone(shared));
    let mut stuck_at = Vec::new();
    let given_up = |worker: usize| {
        let seed = shared.desks[worker].present();
        shared.seeds.end_at(seed);
        stuck_at.push(seed);
    };
    watched(job.subject.patience(), &watches, move |worker, watch| work(&all, &working, worker, &watch), given_up, between);
    if let Some(seed) = stuck_at.into_iter().min().filter(|seed| *seed <= shared.seeds.end() && !shared.is_stopped()) {
        let report = job.subject.stuck(Seed(seed));
        shared.fail(seed, FailedSeed { report, unconfirmed: None });
    }
}

/// Runs seeds until none is left.
fn work(job: &Job, shared: &Shared, worker: usize, watch: &Arc<Heartbeat>) {
    let desk = &shared.desks[worker];
    while let Some(seed) = shared.seeds.take().filter(|_| !shared.is_stopped()) {
        desk.begin(seed);
        match catch_unwind(AssertUnwindSafe(|| job.examine(seed, watch, || shared.failing(seed)))) {
            Ok(examined) => shared.done(worker, seed, examined),
            Err(panic) => {
                // A bug of the simulator, or a scenario that cannot be run: nobody else need go on.
                shared.seeds.end_at(seed);
                resume_unwind(panic);
            }
        }
    }
}
