//! The seeds of a sweep, spread over threads.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cluster_sim_runtime::{Seed, Watch};

use super::TwiceError;
use crate::report::{Outcome, Report};
use crate::scenario::Scenario;

/// A seed that does not hold, what it showed, and why two more runs of it could not be compared.
pub(super) type Failure = (u64, Report, Option<TwiceError>);

/// What the threads of one sweep share: which seeds are still to be run.
///
/// Seeds are taken in their order, and none is left out below one that failed. So the least seed that fails is the same however many
/// threads there are, and so is how many held before it.
#[derive(Debug)]
pub(super) struct Seeds {
    next: AtomicU64,
    /// No seed from here on is worth a start: the range ends here, or a lesser one failed.
    end: AtomicU64,
    /// The seed that each thread is at.
    present: Vec<AtomicU64>,
}

impl Seeds {
    pub(super) fn new(seeds: &std::ops::Range<u64>, threads: usize) -> Self {
        let present = (0..threads).map(|_| AtomicU64::new(seeds.start)).collect();
        Self { next: AtomicU64::new(seeds.start), end: AtomicU64::new(seeds.end), present }
    }

    /// The next seed for a thread, if one is left.
    fn take(&self, thread: usize) -> Option<u64> {
        let end = self.end.load(Ordering::SeqCst);
        let after = |next: u64| (next < end).then(|| next + 1);
        let seed = self.next.fetch_update(Ordering::SeqCst, Ordering::SeqCst, after).ok()?;
        self.present[thread].store(seed, Ordering::SeqCst);
        Some(seed)
    }

    /// Lets no seed begin that comes after the one a thread is at; answers which that is.
    pub(super) fn fail(&self, thread: usize) -> u64 {
        let seed = self.present[thread].load(Ordering::SeqCst);
        self.end.fetch_min(seed, Ordering::SeqCst);
        seed
    }

    /// Runs seeds of a scenario until none is left, or one fails.
    pub(super) fn work(&self, scenario: &Scenario, thread: usize, watch: &Arc<Watch>) -> Option<Failure> {
        while let Some(seed) = self.take(thread) {
            let run = || {
                let report = scenario.run_under(Seed(seed), Some(Arc::clone(watch)));
                if report.outcome == Outcome::Held {
                    return None;
                }
                self.fail(thread);
                // In this thread, so that what its earlier seeds left behind in it is found out.
                Some(scenario.confirmed(Seed(seed), report, Arc::clone(watch)))
            };
            match catch_unwind(AssertUnwindSafe(run)) {
                Ok(None) => {}
                Ok(Some((report, unconfirmed))) => return Some((seed, report, unconfirmed)),
                Err(panic) => {
                    // A bug of the simulator, or a scenario that cannot be run: no other thread need go on.
                    self.fail(thread);
                    resume_unwind(panic);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_is_taken_once_and_in_order_up_to_the_end_of_all_numbers() {
        let seeds = Seeds::new(&(u64::MAX - 3..u64::MAX), 2);
        let taken: Vec<u64> = (0..9).filter_map(|turn| seeds.take(turn % 2)).collect();
        assert_eq!(taken, [u64::MAX - 3, u64::MAX - 2, u64::MAX - 1]);
    }

    #[test]
    fn seeds_before_the_one_that_failed_are_still_run_and_those_after_it_are_not() {
        let seeds = Seeds::new(&(0..100), 3);
        assert_eq!([0, 1, 2].map(|thread| seeds.take(thread)), [Some(0), Some(1), Some(2)]);
        assert_eq!(seeds.fail(2), 2);
        assert_eq!([0, 1].map(|thread| seeds.take(thread)), [None, None], "0 and 1 are under way already");
        assert_eq!(seeds.fail(0), 0);
        assert_eq!(seeds.end.load(Ordering::SeqCst), 0, "the least counts");
        assert_eq!(seeds.fail(1), 1);
        assert_eq!(seeds.end.load(Ordering::SeqCst), 0);
    }
}
