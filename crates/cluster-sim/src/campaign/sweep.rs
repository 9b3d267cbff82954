//! Many seeds of one scenario.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::thread;

use cluster_sim_runtime::{Seed, Watch};

use super::TwiceError;
use super::watchdog::{stuck, watched};
use super::workers::Seeds;
use crate::report::Report;
use crate::scenario::Scenario;

impl Scenario {
    /// Runs every seed of a range up to the first that fails, as many at once as the scenario has [`threads`](Self::threads). One that is in
    /// the same step for longer than the scenario's [`patience`](Self::patience) has failed, too.
    ///
    /// What it shows hangs on no number of threads: seeds begin in their order, and every one before the first that fails is run.
    ///
    /// The seed that fails is then run [`twice`](Self::twice) more. Where these runs part, or agree on something else than what failed, it is
    /// [`Nondeterministic`](crate::Outcome::Nondeterministic), and its report says that and claims nothing else.
    ///
    /// # Panics
    /// If the scenario cannot be run.
    pub fn sweep(&self, seeds: Range<u64>) -> Sweep {
        Sweep::run(self, seeds)
    }
}

/// What a range of seeds showed.
///
/// A sweep stops at the first seed that does not hold; its report is kept whole. What a later seed showed at the same time is dropped.
#[derive(Debug)]
#[must_use = "a failing sweep must be looked at: call `assert_ok`"]
pub struct Sweep {
    scenario: String,
    seeds: Range<u64>,
    held: u64,
    failure: Option<Box<Report>>,
    /// Why two more runs of the seed that failed could not be compared.
    unconfirmed: Option<TwiceError>,
}

impl Sweep {
    pub(crate) fn run(scenario: &Scenario, seeds: Range<u64>) -> Self {
        let patience = scenario.0.patience;
        let count = seeds.end.saturating_sub(seeds.start);
        let threads = scenario.0.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let threads = threads.min(usize::try_from(count).unwrap_or(usize::MAX));
        let watches: Vec<Arc<Watch>> = (0..threads).map(|_| Arc::default()).collect();
        let (shared, all) = (Arc::new(Seeds::new(&seeds, threads)), scenario.clone());
        let (working, mut stuck_at) = (Arc::clone(&shared), Vec::new());
        let work = move |thread, watch| working.work(&all, thread, &watch);
        let ended = watched(patience, &watches, work, |thread| stuck_at.push(shared.fail(thread)));
        let first = ended.into_iter().flatten().flatten().min_by_key(|(seed, ..)| *seed);
        let first = match stuck_at.into_iter().min() {
            Some(seed) if first.as_ref().is_none_or(|(failed, ..)| seed < *failed) => {
                Some((seed, stuck(scenario, Seed(seed), patience), None))
            }
            _ => first,
        };
        let held = first.as_ref().map_or(count, |(seed, ..)| seed - seeds.start);
        let (failure, unconfirmed) = first.map_or((None, None), |(_, report, error)| (Some(Box::new(report)), error));
        Self { scenario: scenario.name().to_owned(), seeds, held, failure, unconfirmed }
    }

    /// How many seeds held.
    pub fn held(&self) -> u64 {
        self.held
    }

    /// The report of the first seed that did not hold.
    pub fn failure(&self) -> Option<&Report> {
        self.failure.as_deref()
    }

    /// Passes if every seed of a range that is not empty held.
    ///
    /// # Panics
    /// With the report of the first seed that did not hold, or if there was no seed at all.
    #[track_caller]
    pub fn assert_ok(&self) {
        assert!(!self.seeds.is_empty(), "a sweep over no seeds proves nothing; give it a range such as 0..64");
        if let Some(report) = &self.failure {
            panic!("{self}\n{report}");
        }
    }
}

impl fmt::Display for Sweep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of seeds {}..{} of {} held", self.held, self.seeds.start, self.seeds.end, self.scenario)?;
        match &self.unconfirmed {
            Some(error) => write!(formatter, "; two more runs of the next one could not be compared: {error}"),
            None => Ok(()),
        }
    }
}
