//! Runs a campaign in threads of this process.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use cluster_sim_runtime::{Heartbeat, Seed};

use super::state::Shared;
use super::target::Job;
use crate::determinism::FailedSeed;
use crate::watchdog::{RunLimit, watched};

/// Runs seeds in one thread per worker slot until none is left.
///
/// Returns early once `keep_waiting`, polled every 50 ms, returns false. A seed that never returns from a step ends the campaign:
/// its thread cannot be stopped.
pub(super) fn run(job: &Job, shared: &Arc<Shared>, keep_waiting: &mut dyn FnMut() -> bool) {
    let heartbeats: Vec<Arc<Heartbeat>> = shared.slots.iter().map(|_| Arc::default()).collect();
    let (worker_job, worker_shared) = (job.clone(), Arc::clone(shared));
    let mut stuck_at = Vec::new();
    let on_stuck = |worker: usize| {
        let seed = shared.slots[worker].current();
        shared.seeds.end_at(seed);
        stuck_at.push(seed);
    };
    let mut limit = RunLimit::new(job.target.seed_timeout(), heartbeats.len());
    let mut keep_waiting = || {
        limit.check(&heartbeats);
        keep_waiting()
    };
    watched(
        job.target.step_timeout(),
        &heartbeats,
        move |worker, heartbeat| work(&worker_job, &worker_shared, worker, &heartbeat),
        on_stuck,
        &mut keep_waiting,
    );
    if let Some(seed) = stuck_at.into_iter().min().filter(|seed| *seed <= shared.seeds.end() && !shared.is_stopped()) {
        let report = job.target.stuck(Seed(seed));
        shared.fail(seed, FailedSeed::unrecorded(report));
    }
}

/// Runs seeds until none is left.
fn work(job: &Job, shared: &Shared, worker: usize, heartbeat: &Arc<Heartbeat>) {
    while let Some(seed) = shared.seeds.take().filter(|_| !shared.is_stopped()) {
        shared.begin(worker, seed);
        match catch_unwind(AssertUnwindSafe(|| {
            let (keeps, is_sampled) = (shared.keeps(seed), shared.sample.has(seed));
            job.run_seed(seed, keeps, is_sampled, heartbeat, |report| shared.suspect_first(seed, report))
        })) {
            Ok(result) => shared.done(worker, seed, result),
            Err(panic) => {
                // A bug of the simulator, or a scenario that cannot be run: no other seed needs to start.
                shared.seeds.end_at(seed);
                resume_unwind(panic);
            }
        }
    }
}
