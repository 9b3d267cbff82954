//! Lines about seeds that run long, for a person who waits for a test.

use std::io::{self, Write};
use std::time::Duration;

use cluster_sim_runtime::Seed;

use crate::campaign::{Progress, RunningSeed};

/// Real time of a seed until its first line, and between two lines about it.
const EVERY: Duration = Duration::from_secs(10);

/// Decides when a line about the oldest running seed is due.
#[derive(Debug)]
pub(super) struct SlowSeeds {
    test: String,
    seed: u64,
    /// How long that seed runs when its next line is due.
    next: Duration,
}

impl SlowSeeds {
    pub(super) fn new(test: String) -> Self {
        Self { test, seed: 0, next: EVERY }
    }

    /// Prints a line if one is due.
    pub(super) fn show(&mut self, progress: &Progress) {
        if let Some(line) = self.line(progress) {
            // Written past the capture of the test harness, which shows nothing before the test ends. An error is of no use to it.
            let _ = writeln!(io::stderr(), "{line}");
        }
    }

    fn line(&mut self, progress: &Progress) -> Option<String> {
        let RunningSeed { seed, running_for } = progress.oldest?;
        if seed != self.seed {
            (self.seed, self.next) = (seed, EVERY);
        }
        if running_for < self.next {
            return None;
        }
        self.next = running_for + EVERY;
        let (done, seeds, seconds) = (progress.done, progress.seeds, running_for.as_secs());
        Some(format!("{}: seed {} has run for {seconds}s; {done} of {seeds} seeds are done", self.test, Seed(seed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_that_runs_long_is_named_every_ten_seconds() {
        let mut slow = SlowSeeds::new("storm".to_owned());
        let mut line = |seed, seconds| {
            let oldest = Some(RunningSeed { seed, running_for: Duration::from_secs(seconds) });
            slow.line(&Progress { done: 3, seeds: 64, oldest, ..Progress::default() })
        };
        let named = |seed, seconds| Some(format!("storm: seed {seed} has run for {seconds}s; 3 of 64 seeds are done"));
        assert_eq!([line(5, 9), line(5, 10), line(5, 19), line(5, 21)], [None, named("0x5", 10), None, named("0x5", 21)]);
        assert_eq!([line(7, 3), line(7, 12), line(5, 40)], [None, named("0x7", 12), named("0x5", 40)]);
        assert_eq!(slow.line(&Progress::default()), None);
    }
}
