//! Influences on the clocks of one node, and what the clocks read then.
//!
//! A [`Skew`] is one influence; those of a node add up. [`SkewedClocks`] holds them with the lines of both clocks. The monotonic
//! clock is continuous whatever begins or ends; the wall clock jumps to the true time, plus what is still in force, when the last
//! influence on its rate ends.

mod influence;
#[cfg(test)]
mod tests;

use std::cell::Cell;

use cluster_sim_types::{ClockLine, LocalInstant, NodeClock, Ratio, TRUE_RATE, VirtualInstant, WallTime};

use influence::InForce;
pub use influence::{Pace, Skew, SkewId};

use super::local_timers::LocalTimers;
use super::timers::TimerKey;

/// How wrong the clocks of a node are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClockError {
    /// The nanoseconds by which the wall clock is off, and its resolution more.
    pub wall: u64,
    /// The nanoseconds in a second by which the monotonic clock runs faster or slower.
    pub drift: u64,
}

/// The error of a wall clock, as a line through simulated time.
#[derive(Debug, Clone, Copy, Default)]
struct WallError {
    from: VirtualInstant,
    /// The error there, in billionths of a nanosecond.
    base: i128,
    /// Nanoseconds by which it grows in a second.
    rate: i64,
}

impl WallError {
    fn scaled(&self, now: VirtualInstant) -> i128 {
        let elapsed = now.as_nanoseconds().saturating_sub(self.from.as_nanoseconds());
        self.base + i128::from(elapsed) * i128::from(self.rate)
    }
}

/// The slowest and the fastest that clocks run under several drifts, as a difference to [`TRUE_RATE`].
const RATES: (i64, i64) = (-(TRUE_RATE as i64) / 2, TRUE_RATE as i64);

/// How far the timer that fires differs from that of a true clock.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TimerChange {
    /// By the paces of the clock or by its resolution.
    pub(super) is_moved: bool,
    pub(super) is_late: bool,
    pub(super) is_put_off: bool,
}

/// The clocks of a node on which faults act, or did in its present life.
#[derive(Debug)]
pub(super) struct SkewedClocks {
    /// The clock of the present life without skews.
    true_clock: NodeClock,
    in_force: Vec<InForce>,
    last_id: u32,
    local: ClockLine,
    wall: WallError,
    resolution: u64,
    /// The reading of the monotonic clock at the last turn, below which a coarser clock must not fall.
    least: u64,
    pub(super) timers: LocalTimers,
}

impl SkewedClocks {
    /// Begins with true clocks.
    pub(super) fn new(true_clock: NodeClock) -> Self {
        let booted = true_clock.booted();
        Self {
            true_clock,
            in_force: Vec::new(),
            last_id: 0,
            local: ClockLine::starting(booted, TRUE_RATE),
            wall: WallError::default(),
            resolution: 1,
            least: 0,
            timers: LocalTimers::default(),
        }
    }

    pub(super) fn add(&mut self, now: VirtualInstant, skew: Skew) -> SkewId {
        self.last_id += 1;
        let id = SkewId(self.last_id);
        self.in_force.push(InForce { id, skew, bent_wall: false, bent_local: false, effect: Cell::new(0) });
        self.turn(now);
        id
    }

    pub(super) fn change(&mut self, now: VirtualInstant, id: SkewId, skew: Skew) {
        if let Some(known) = self.in_force.iter_mut().find(|known| known.id == id) {
            known.skew = skew;
            self.turn(now);
        }
    }

    pub(super) fn remove(&mut self, now: VirtualInstant, id: SkewId) {
        self.in_force.retain(|known| known.id != id);
        self.turn(now);
    }

    /// Whether nothing distinguishes them from true clocks.
    pub(super) fn are_true(&self) -> bool {
        self.in_force.is_empty() && self.local.is_true_since(self.true_clock.booted()) && self.timers.are_exact()
    }

    /// The clock of the present life as it would be without skews.
    pub(super) fn true_clock(&self) -> NodeClock {
        self.true_clock
    }

    /// Starts the monotonic clock of the next life; the wall clock goes on.
    pub(super) fn boot(&mut self, true_clock: NodeClock) {
        self.true_clock = true_clock;
        self.local = ClockLine::starting(true_clock.booted(), self.local.rate());
        self.least = 0;
        for known in &mut self.in_force {
            known.bent_local = false;
            known.note_paces();
        }
    }

    /// Turns both clocks to what is in force from now on.
    fn turn(&mut self, now: VirtualInstant) {
        self.least = self.local(now).as_nanoseconds();
        self.in_force.iter_mut().for_each(InForce::note_paces);
        let local = self.drift(|skew| skew.local);
        self.local.turn(now, TRUE_RATE.saturating_add_signed(local));
        let base = if self.in_force.iter().any(|known| known.skew.wall != Pace::True) { self.wall.scaled(now) } else { 0 };
        self.wall = WallError { from: now, base, rate: self.drift(|skew| skew.wall) };
        self.resolution = self.in_force.iter().map(|known| known.skew.resolution).fold(1, u64::max);
    }

    /// The difference to the true rate, in nanoseconds a second.
    fn drift(&self, pace: impl Fn(&Skew) -> Pace) -> i64 {
        let mut sum = 0_i64;
        for known in &self.in_force {
            match pace(&known.skew) {
                Pace::True => {}
                Pace::Drifting(by) => sum = sum.saturating_add(by),
                Pace::Frozen => return -(TRUE_RATE as i64),
            }
        }
        sum.clamp(RATES.0, RATES.1)
    }

    /// Reads the monotonic clock.
    pub(super) fn local(&self, now: VirtualInstant) -> LocalInstant {
        LocalInstant::from_nanoseconds(self.coarse(self.local.read(now)).max(self.least))
    }

    /// Reads the wall clock, which never shows a time before 1970.
    pub(super) fn wall(&self, now: VirtualInstant, true_wall: WallTime) -> WallTime {
        WallTime::from_nanoseconds(self.coarse(self.fine_wall(now, true_wall)))
    }

    fn coarse(&self, reading: u64) -> u64 {
        reading - reading % self.resolution
    }

    fn fine_wall(&self, now: VirtualInstant, true_wall: WallTime) -> u64 {
        let offset: i128 = self.in_force.iter().map(|known| i128::from(known.skew.wall_offset)).sum();
        let drifted = self.wall.scaled(now).div_euclid(i128::from(TRUE_RATE));
        let wall = i128::from(true_wall.as_nanoseconds()) + offset + drifted;
        u64::try_from(wall.max(0)).unwrap_or(u64::MAX)
    }

    /// How wrong they are now.
    pub(super) fn error(&self, now: VirtualInstant, true_wall: WallTime) -> ClockError {
        let off = self.fine_wall(now, true_wall).abs_diff(true_wall.as_nanoseconds());
        ClockError { wall: off.saturating_add(self.resolution - 1), drift: self.local.rate().abs_diff(TRUE_RATE) }
    }

    /// Returns the first instant at which the monotonic clock reads at least `deadline`, if that comes.
    ///
    /// In the past it is some instant up to now.
    pub(super) fn reaches(&self, deadline: u64) -> Option<VirtualInstant> {
        let deadline = if deadline <= self.least { deadline } else { deadline.checked_next_multiple_of(self.resolution)? };
        self.local.reaches(deadline)
    }

    /// The largest window of timers.
    pub(super) fn window(&self) -> u64 {
        self.in_force.iter().map(|known| known.skew.window).max().unwrap_or_default()
    }

    /// The skews that make timers late: their share and bound.
    pub(super) fn lateness(&self) -> impl Iterator<Item = (Ratio, u64)> {
        self.in_force.iter().map(|known| (known.skew.late, known.skew.late_by)).filter(|(_, by)| *by > 0)
    }

    /// Counts a reading of the monotonic clock by the node.
    pub(super) fn count_local(&self, now: VirtualInstant) {
        let fine = self.local.read(now);
        let is_moved = fine != self.true_clock.local(now).as_nanoseconds();
        let is_coarse = self.coarse(fine) != fine;
        self.in_force.iter().for_each(|known| known.count(known.bent_local && is_moved || known.skew.is_coarse() && is_coarse));
    }

    /// Counts a reading of the wall clock by the node.
    pub(super) fn count_wall(&self, now: VirtualInstant, true_wall: WallTime) {
        let fine = self.fine_wall(now, true_wall);
        let is_coarse = self.coarse(fine) != fine;
        let has_drifted = self.wall.scaled(now) != 0;
        self.in_force.iter().for_each(|known| {
            let is_moved = known.skew.wall_offset != 0 || known.bent_wall && has_drifted;
            known.count(is_moved || known.skew.is_coarse() && is_coarse);
        });
    }

    /// Counts a timer that fires.
    pub(super) fn count_timer(&self, change: TimerChange) {
        self.in_force.iter().for_each(|known| {
            let is_moved = change.is_moved && (known.bent_local || known.skew.is_coarse());
            let is_late = change.is_late && known.skew.late_by > 0;
            known.count(is_moved || is_late || change.is_put_off && known.skew.window > 0);
        });
    }

    /// Returns the armed timers that would have fired by now, if they were not held back by a skew of the monotonic clock.
    pub(super) fn held_back(&self, id: SkewId, now: VirtualInstant, is_armed: impl Fn(TimerKey) -> bool) -> u64 {
        match self.in_force.iter().any(|known| known.id == id && known.bent_local) {
            true => self.timers.overdue(now).filter(|key| is_armed(*key)).count() as u64,
            false => 0,
        }
    }

    /// Returns the readings and timers that a skew has changed.
    pub(super) fn effect(&self, id: SkewId) -> u64 {
        self.in_force.iter().find(|known| known.id == id).map_or(0, |known| known.effect.get())
    }
}
