//! [`Limits`] of a campaign in time, and the coverage that it must reach.

use std::time::{Duration, Instant};

use crate::coverage::Coverage;
use crate::shrink::ShrinkBounds;

/// The bounds on a campaign and on what follows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) shrink_bounds: ShrinkBounds,
    /// Real time for the seeds and for what follows; absent for no bound.
    pub(super) max_time: Option<Duration>,
    /// When the campaign began.
    pub(super) began: Instant,
}

impl Limits {
    /// Whether the time is spent.
    pub(super) fn is_out_of_time(&self) -> bool {
        self.max_time.is_some_and(|time| self.began.elapsed() >= time)
    }

    /// The bounds of a minimization that begins now.
    pub(super) fn of_shrink(&self) -> ShrinkBounds {
        let ShrinkBounds { runs, time } = self.shrink_bounds;
        let left = self.max_time.map_or(time, |max_time| max_time.saturating_sub(self.began.elapsed()));
        ShrinkBounds { runs, time: time.min(left) }
    }
}

/// The coverage that a sweep must reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RequiredCoverage {
    Nothing,
    /// Points that some seed should reach.
    Points,
    All,
}

impl RequiredCoverage {
    /// One sentence for each thing that is required and missing.
    pub(super) fn missing(self, coverage: &Coverage) -> Vec<String> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Points => coverage.missing_points(),
            Self::All => coverage.missing(),
        }
    }
}
