//! One seed after the other.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cluster_sim_runtime::{Seed, Watch};

use super::TwiceError;
use super::watchdog::{stuck, watched};
use crate::report::{Outcome, Report};
use crate::scenario::Scenario;

impl Scenario {
    /// Runs every seed of a range, one after the other, until one fails. One that is in the same step for longer than the scenario's
    /// [`patience`](Self::patience) has failed, too.
    ///
    /// The seed that fails is then run [`twice`](Self::twice) more. Where these runs part, or agree on something else than what failed, it is
    /// [`Nondeterministic`](Outcome::Nondeterministic), and its report says that and claims nothing else.
    ///
    /// # Panics
    /// If the scenario cannot be run.
    pub fn sweep(&self, seeds: Range<u64>) -> Sweep {
        Sweep::run(self, seeds)
    }
}

/// What a range of seeds showed.
///
/// A sweep stops at the first seed that does not hold; its report is kept whole.
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
        let blank = Self { scenario: scenario.name().to_owned(), seeds: seeds.clone(), held: 0, failure: None, unconfirmed: None };
        let (patience, watch, all) = (scenario.0.patience, Arc::new(Watch::default()), scenario.clone());
        let (first, held) = (seeds.start, Arc::new(AtomicU64::new(0)));
        let count = Arc::clone(&held);
        let failed = watched(patience, &watch, move |watch| {
            for seed in seeds.map(Seed) {
                let report = all.run_under(seed, Some(Arc::clone(&watch)));
                if report.outcome != Outcome::Held {
                    // In this thread, so that what its earlier seeds left behind in it is found out.
                    return Some(all.confirmed(seed, report, watch));
                }
                count.fetch_add(1, Ordering::Relaxed);
            }
            None
        });
        let held = held.load(Ordering::Relaxed);
        let failed = failed.unwrap_or_else(|| Some((stuck(scenario, Seed(first + held), patience), None)));
        let (failure, unconfirmed) = failed.map_or((None, None), |(report, error)| (Some(Box::new(report)), error));
        Self { held, failure, unconfirmed, ..blank }
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
