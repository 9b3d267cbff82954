//! [`Skew`]: one influence on the clocks and timers of a node.

use std::cell::Cell;

use cluster_sim_types::Ratio;

/// How fast a clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// A second in a second.
    #[default]
    True,
    /// That many nanoseconds more in a second; fewer if it is negative.
    Drifting(i64),
    /// It does not advance.
    Frozen,
}

/// One influence on the clocks and timers of a node; the default one changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Skew {
    /// Nanoseconds by which the wall clock is ahead.
    pub wall_offset: i64,
    /// Pace of the wall clock.
    pub wall: Pace,
    /// Pace of the monotonic clock.
    pub local: Pace,
    /// Nanoseconds of which both clocks show whole multiples; 0 and 1 for exact clocks.
    pub resolution: u64,
    /// The share of timers that fire late.
    pub late: Ratio,
    /// The most nanoseconds by which they do.
    pub late_by: u64,
    /// Nanoseconds of local time to whose next multiple timers are put off; 0 for exact ones.
    pub window: u64,
}

impl Skew {
    pub(super) fn is_coarse(&self) -> bool {
        self.resolution > 1
    }
}

/// The name of a skew of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkewId(pub(super) u32);

/// A skew in force.
#[derive(Debug)]
pub(super) struct InForce {
    pub(super) id: SkewId,
    pub(super) skew: Skew,
    /// Whether it has changed the wall clock's rate.
    pub(super) bent_wall: bool,
    /// Whether it has changed the monotonic clock's rate in this life.
    pub(super) bent_local: bool,
    /// Readings and timers that it changed.
    pub(super) effect: Cell<u64>,
}

impl InForce {
    pub(super) fn note_paces(&mut self) {
        let bends = |pace| !matches!(pace, Pace::True | Pace::Drifting(0));
        self.bent_wall |= bends(self.skew.wall);
        self.bent_local |= bends(self.skew.local);
    }

    pub(super) fn count(&self, is_changed: bool) {
        self.effect.set(self.effect.get() + u64::from(is_changed));
    }
}
