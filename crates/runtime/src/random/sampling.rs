//! Samples durations from compiled curves, with integers only.

#![deny(clippy::float_arithmetic)]

use std::sync::Arc;

use super::address::Roll;

/// A distribution compiled to points of its quantile function; sampling interpolates between them.
///
/// One table form serves every distribution: a constant is one number, a uniform distribution two points, an empirical one its
/// quantiles, and every other curve 3,074 points (24 KiB). Clones share the points.
///
/// Like floating-point numbers near zero, points of a curve lie closer together towards its ends: the share of rolls left to the
/// nearer end is halved 24 times, and each halving has 64 steps. Between the shares 2^-24 and 1 - 2^-24 a sample is within 0.1 %
/// and 1 ns of the exact quantile for exponential distributions, log-normal ones of sigma up to 3 and Pareto ones of shape from
/// 0.5; measured in the tests. Two exceptions: in the step in which a curve meets its maximum, the error is at most the rise of
/// the curve in that step; and in the outermost 2^-30 at either end (one roll in a billion) the curve is a straight line to its
/// quantile at 2^-64.
///
/// ```
/// use std::time::Duration;
///
/// use cluster_sim_runtime::{Address, Distribution, Seed, Stream};
///
/// let second = Duration::from_secs(1);
/// let table = Distribution::exponential(Duration::from_millis(10), second).compile()?;
/// assert_eq!(table.median(), 6_931_472);
/// let roll = Seed(42).roll(Stream::named("delay"), Address::new().name("client/3").number(7));
/// assert!(table.sample(roll) <= second.as_nanos() as u64);
/// # Ok::<(), cluster_sim_runtime::InvalidDistribution>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuantileTable(Curve);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Curve {
    /// One straight line: its lower end, and how far it rises, which may be not at all.
    Line(u64, u64),
    /// Three or more points at equal distances from share 0 to share 1, ascending.
    Even(Arc<[u64]>),
    /// The curve folded at its median: [`SIDE_POINTS`] points from the lower end up to the median, then as many from the upper
    /// end down to it.
    Folded(Arc<[u64]>),
}

/// Each halving of the share has 2^6 steps.
const STEP_BITS: u32 = 6;
/// Halvings of the share; the rest is one range of equal steps.
const HALVINGS: u32 = 24;
/// Points on one side of the median, both ends included.
const SIDE_POINTS: usize = (HALVINGS << STEP_BITS) as usize + 1;
/// The lowest bit of a share, in units of 2^-64, that starts a halving.
const FINEST_BIT: u32 = 64 - HALVINGS;

/// The end of a curve from which a share is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Lower,
    Upper,
}

impl QuantileTable {
    /// Returns a table with `value` for every roll.
    pub(super) fn flat(value: u64) -> Self {
        Self(Curve::Line(value, 0))
    }

    /// Interpolates linearly between two or more ascending points at equal distances.
    pub(super) fn even(points: &[u64]) -> Self {
        assert!(points.len() >= 2 && points.is_sorted(), "a curve is two or more ascending points");
        match *points {
            [low, .., high] if low == high => Self::flat(low),
            [low, high] => Self(Curve::Line(low, high - low)),
            _ => Self(Curve::Even(points.into())),
        }
    }

    /// Builds the curve of a quantile function.
    ///
    /// `quantile` gets an end and a share from 0 to 2^63 in units of 2^-64, and returns the value beyond which that share of all
    /// samples lies. Where it decreases by rounding, the curve stays level.
    pub(super) fn folded(quantile: impl Fn(End, u64) -> u64) -> Self {
        let lower = (0..SIDE_POINTS).map(|index| quantile(End::Lower, share_at(index)));
        let upper = (0..SIDE_POINTS).rev().map(|index| quantile(End::Upper, share_at(index)));
        let mut highest = 0;
        let mut points: Vec<u64> = Vec::with_capacity(2 * SIDE_POINTS);
        points.extend(lower.chain(upper).map(|point| {
            highest = point.max(highest);
            highest
        }));
        points[SIDE_POINTS..].reverse();
        Self(Curve::Folded(points.into()))
    }

    /// Returns the duration for a roll, in nanoseconds; monotonic in the roll.
    ///
    /// The lowest roll gives [`min`](Self::min), the highest [`max`](Self::max).
    #[inline(always)]
    pub fn sample(&self, roll: Roll) -> u64 {
        match &self.0 {
            Curve::Line(low, rise) => low + part(*rise, roll.0),
            Curve::Even(points) => {
                let position = u128::from(roll.0) * (points.len() as u128 - 1);
                let index = (position >> 64) as usize;
                points[index] + part(points[index + 1] - points[index], position as u64)
            }
            Curve::Folded(points) => sample_folded(points, roll),
        }
    }

    /// Returns the median, in nanoseconds: the canonical value, for runs that leave nothing to chance.
    pub fn median(&self) -> u64 {
        self.sample(Roll(1 << 63))
    }

    /// Returns the shortest duration, in nanoseconds.
    pub fn min(&self) -> u64 {
        self.sample(Roll(0))
    }

    /// Returns the longest duration, in nanoseconds.
    ///
    /// At most the declared maximum; below it if the curve does not reach it, or by 1 ns if one step rises by more than 292
    /// years.
    pub fn max(&self) -> u64 {
        self.sample(Roll(u64::MAX))
    }
}

/// Reads a folded curve without a branch on the roll: half of them would be mispredicted.
#[inline]
fn sample_folded(points: &[u64], roll: Roll) -> u64 {
    // All ones above the median, where the share counts down from the upper end.
    let upper = (roll.0 as i64 >> 63) as u64;
    let share = roll.0 ^ upper;
    let halving = 63 - FINEST_BIT - (share | 1 << FINEST_BIT).leading_zeros();
    let step_bits = FINEST_BIT - STEP_BITS + halving;
    let index = (halving << STEP_BITS) as usize + (share >> step_bits) as usize + (SIDE_POINTS & upper as usize);
    let (outer, inner) = (points[index], points[index + 1]);
    let inward = part(outer.abs_diff(inner), share << (64 - step_bits));
    // Inward means up from the lower end and, by two's complement, down from the upper one.
    outer.wrapping_add((inward ^ upper).wrapping_sub(upper))
}

/// Returns the share, in units of 2^-64, of the point at `index`; the inverse of [`sample_folded`].
const fn share_at(index: usize) -> u64 {
    let halving = (index as u32 >> STEP_BITS).saturating_sub(1);
    let steps = index as u64 - ((halving as u64) << STEP_BITS);
    steps << (FINEST_BIT - STEP_BITS + halving)
}

/// Multiplies `whole` by a fraction in units of 2^-64, rounded to nearest.
#[inline]
const fn part(whole: u64, fraction: u64) -> u64 {
    ((whole as u128 * fraction as u128 + (1 << 63)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A folded curve whose value is its share, so that a sample shows its roll.
    fn diagonal() -> QuantileTable {
        QuantileTable::folded(|end, share| match end {
            End::Lower => share,
            End::Upper => u64::MAX - share,
        })
    }

    /// Every power of two and its neighbours, counted from both ends.
    fn corners() -> impl Iterator<Item = u64> {
        (0..64).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 1]).flat_map(|roll: u64| [roll, !roll])
    }

    #[test]
    fn a_straight_line_stays_straight_when_folded() {
        let diagonal = diagonal();
        for roll in corners() {
            // The line has a step of 1 at the median, where the two sides meet.
            assert!(diagonal.sample(Roll(roll)).abs_diff(roll) <= 1, "{roll:#x} gives {:#x}", diagonal.sample(Roll(roll)));
        }
    }

    #[test]
    fn every_point_has_a_distinct_share() {
        let shares: Vec<u64> = (0..SIDE_POINTS).map(share_at).collect();
        assert!(shares.is_sorted_by(|one, next| one < next));
        assert_eq!((shares[0], shares[1], shares[SIDE_POINTS - 1]), (0, 1 << (FINEST_BIT - STEP_BITS), 1 << 63));
    }

    #[test]
    fn min_median_and_max_of_even_points_are_exact() {
        for (points, median) in [
            (&[5, 9][..], 7),
            (&[5, 6, 100], 6),
            (&[0, 10, 20, 1_000], 15),
            (&[0, 1 << 63], 1 << 62),
            (&[4, 4], 4),
            (&[4, 4, 9], 4),
        ] {
            let table = QuantileTable::even(points);
            assert_eq!((table.min(), table.median(), table.max()), (points[0], median, points[points.len() - 1]));
        }
    }

    #[test]
    fn a_decreasing_curve_is_levelled() {
        let table = QuantileTable::folded(|end, share| if (end, share) == (End::Lower, 1 << 62) { 100 } else { 7 });
        let samples = [0, 1 << 62, 1 << 63, u64::MAX].map(|roll| table.sample(Roll(roll)));
        assert_eq!(samples, [7, 100, 100, 100]);
    }

    #[test]
    fn equal_points_are_flat_and_clones_share_points() {
        assert_eq!(QuantileTable::even(&[3, 3, 3]), QuantileTable::flat(3));
        let table = diagonal();
        let (Curve::Folded(points), Curve::Folded(cloned)) = (&table.0, &table.clone().0) else {
            panic!("the diagonal is a curve")
        };
        assert!(Arc::ptr_eq(points, cloned));
    }

    #[test]
    #[should_panic(expected = "two or more ascending points")]
    fn descending_points_panic() {
        QuantileTable::even(&[2, 1]);
    }

    proptest! {
        #[test]
        fn a_straight_line_stays_straight_at_any_roll(roll: u64) {
            prop_assert!(diagonal().sample(Roll(roll)).abs_diff(roll) <= 1);
        }

        #[test]
        fn samples_between_even_points_are_bounded_and_monotonic(
            mut points in prop::collection::vec(any::<u64>(), 2..9),
            one: u64,
            other: u64,
        ) {
            points.sort_unstable();
            let table = QuantileTable::even(&points);
            let (low, high) = (table.sample(Roll(one.min(other))), table.sample(Roll(one.max(other))));
            prop_assert!(points[0] <= low && low <= high && high <= points[points.len() - 1]);
        }
    }
}
