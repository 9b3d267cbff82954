//! A latency histogram over virtual time.

use std::mem;
use std::time::Duration;

use cluster_sim_types::Ratio;

/// Above this number, samples are bucketed. The samples take 8 KiB; a test run rarely has more.
const EXACT_SAMPLES_MAX: usize = 1_024;

/// Decimal digits that a bucket preserves.
const SIGNIFICANT_DIGITS: u8 = 3;

/// A set of durations of virtual time that answers nearest-rank percentiles.
///
/// Up to 1,024 durations are kept to the nanosecond and every answer is exact. Beyond that they are counted in buckets of three
/// significant digits: a percentile is then never below the true one, and above it by less than 0.1 %. [`len`](Self::len),
/// [`min`](Self::min), [`max`](Self::max) and [`mean`](Self::mean) are exact at any size. Every answer depends only on the
/// recorded durations, not on their order or on how [`merge`](Self::merge) combined them.
///
/// Durations beyond 2^64 - 1 nanoseconds (584 years) saturate. Memory stays below 0.5 MiB; below 0.25 MiB for durations of up to
/// a minute.
///
/// All arithmetic is on integers: equal durations give equal answers on every platform.
///
/// ```
/// use std::time::Duration;
///
/// use cluster_sim_metrics::Histogram;
///
/// let mut reads = Histogram::new();
/// (1..=20).for_each(|milliseconds| reads.record(Duration::from_millis(milliseconds)));
/// assert_eq!(reads.len(), 20);
/// assert_eq!(reads.percentile(50.0), Some(Duration::from_millis(10)));
/// assert_eq!(reads.percentile(95.0), Some(Duration::from_millis(19)));
/// assert_eq!(reads.percentile(99.9), Some(Duration::from_millis(20)));
/// assert_eq!(reads.mean(), Some(Duration::from_micros(10_500)));
/// assert_eq!(Histogram::new().percentile(50.0), None);
/// ```
#[derive(Debug, Clone)]
pub struct Histogram {
    samples: Samples,
    /// Nanoseconds; `u64::MAX` while nothing is recorded.
    min: u64,
    /// Nanoseconds.
    max: u64,
    /// Nanoseconds; 2^64 samples of 2^64 nanoseconds just fit.
    sum: u128,
}

/// The two representations; the number of samples alone selects between them.
#[derive(Debug, Clone)]
enum Samples {
    /// Nanoseconds, in the order of arrival.
    Exact(Vec<u64>),
    Bucketed(hdrhistogram::Histogram<u64>),
}

impl Histogram {
    /// Creates an empty histogram; allocates with the first sample.
    pub const fn new() -> Self {
        Self { samples: Samples::Exact(Vec::new()), min: u64::MAX, max: 0, sum: 0 }
    }

    /// Records one duration.
    pub fn record(&mut self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.min = self.min.min(nanoseconds);
        self.max = self.max.max(nanoseconds);
        self.sum += u128::from(nanoseconds);
        match &mut self.samples {
            Samples::Exact(samples) if samples.len() < EXACT_SAMPLES_MAX => samples.push(nanoseconds),
            Samples::Exact(_) => count(self.buckets(), nanoseconds),
            Samples::Bucketed(buckets) => count(buckets, nanoseconds),
        }
    }

    /// Records every duration of `other`, as if it had been recorded here.
    pub fn merge(&mut self, other: &Self) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        match (&mut self.samples, &other.samples) {
            (Samples::Exact(samples), Samples::Exact(others)) if samples.len() + others.len() <= EXACT_SAMPLES_MAX => {
                samples.extend_from_slice(others);
            }
            (_, Samples::Exact(others)) => {
                let buckets = self.buckets();
                others.iter().for_each(|nanoseconds| count(buckets, *nanoseconds));
            }
            (_, Samples::Bucketed(others)) => {
                self.buckets().add(others).expect("an auto-resizing histogram accepts any value");
            }
        }
    }

    /// Returns the number of recorded durations.
    pub fn len(&self) -> u64 {
        match &self.samples {
            Samples::Exact(samples) => samples.len() as u64,
            Samples::Bucketed(buckets) => buckets.len(),
        }
    }

    /// Whether nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the shortest duration; `None` if nothing is recorded.
    pub fn min(&self) -> Option<Duration> {
        (!self.is_empty()).then(|| Duration::from_nanos(self.min))
    }

    /// Returns the longest duration; `None` if nothing is recorded.
    pub fn max(&self) -> Option<Duration> {
        (!self.is_empty()).then(|| Duration::from_nanos(self.max))
    }

    /// Returns the mean, rounded down to the nanosecond; `None` if nothing is recorded.
    pub fn mean(&self) -> Option<Duration> {
        let nanoseconds = self.sum.checked_div(u128::from(self.len()))?;
        Some(Duration::from_nanos(u64::try_from(nanoseconds).expect("a mean is not above the longest duration")))
    }

    /// Returns the nearest-rank percentile; `None` if nothing is recorded.
    ///
    /// Equals [`quantile`](Self::quantile) of `percent / 100`; `percent` is rounded to the nearest 0.0000001.
    ///
    /// # Panics
    /// If `percent` is not a finite number from 0 to 100. Use a [`Ratio`] for a percentile that comes from a file: it is checked
    /// where it is read.
    pub fn percentile(&self, percent: f64) -> Option<Duration> {
        let share =
            Ratio::new(percent / 100.0).unwrap_or_else(|_| panic!("{percent} is not a percentile; use a number from 0 to 100"));
        self.quantile(share)
    }

    /// Returns the shortest recorded duration that at least `share` of all durations do not exceed.
    ///
    /// That is the duration of rank ceil(`share` x n) in ascending order, and of rank 1 for a share of zero. `None` if nothing is
    /// recorded.
    pub fn quantile(&self, share: Ratio) -> Option<Duration> {
        let total = self.len();
        if total == 0 {
            return None;
        }
        let rank = rank(share, total);
        let nanoseconds = match &self.samples {
            Samples::Exact(samples) => *samples.clone().select_nth_unstable(rank as usize - 1).1,
            Samples::Bucketed(_) if rank == 1 => self.min,
            Samples::Bucketed(buckets) => upper_end_of_bucket(buckets, rank).min(self.max),
        };
        Some(Duration::from_nanos(nanoseconds))
    }

    /// Returns the buckets; counts exact samples into them first.
    fn buckets(&mut self) -> &mut hdrhistogram::Histogram<u64> {
        if let Samples::Exact(samples) = &mut self.samples {
            let mut buckets = hdrhistogram::Histogram::new(SIGNIFICANT_DIGITS).expect("three digits are supported");
            mem::take(samples).into_iter().for_each(|nanoseconds| count(&mut buckets, nanoseconds));
            self.samples = Samples::Bucketed(buckets);
        }
        match &mut self.samples {
            Samples::Bucketed(buckets) => buckets,
            Samples::Exact(_) => unreachable!("exact samples were just counted into buckets"),
        }
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

fn count(buckets: &mut hdrhistogram::Histogram<u64>, nanoseconds: u64) {
    buckets.record(nanoseconds).expect("an auto-resizing histogram accepts any value");
}

/// Returns the nearest rank, from 1 to `total`, which must not be 0.
///
/// Computed in integers: 7 % of 100 is rank 7, whereas the nearest floats multiply to slightly more than 7 and would give rank 8.
fn rank(share: Ratio, total: u64) -> u64 {
    const BILLION: u128 = Ratio::ONE.parts_per_billion() as u128;
    let rank = (u128::from(share.parts_per_billion()) * u128::from(total)).div_ceil(BILLION).max(1);
    u64::try_from(rank).expect("a share of a number is not above it")
}

/// Returns the highest value of the bucket that holds the sample of `rank`.
fn upper_end_of_bucket(buckets: &hdrhistogram::Histogram<u64>, rank: u64) -> u64 {
    let mut counted = 0_u64;
    let holding = buckets.iter_recorded().find(|bucket| {
        counted = counted.saturating_add(bucket.count_since_last_iteration());
        counted >= rank
    });
    let value = holding.expect("a rank is not above the number of samples").value_iterated_to();
    // Not `highest_equivalent`, which is off by one in the last bucket.
    buckets.lowest_equivalent(value) + (buckets.equivalent_range(value) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records 1 to `count` milliseconds, in shuffled order.
    fn milliseconds(count: u64) -> Histogram {
        let mut histogram = Histogram::new();
        let stride = if count.is_multiple_of(7) { 11 } else { 7 };
        (0..count).for_each(|index| histogram.record(Duration::from_millis(index * stride % count + 1)));
        histogram
    }

    fn ranks(histogram: &Histogram, percentiles: [f64; 7]) -> [Option<u128>; 7] {
        percentiles.map(|percent| histogram.percentile(percent).map(|duration| duration.as_millis()))
    }

    #[test]
    fn percentiles_use_the_nearest_rank() {
        let percentiles = [0.0, 5.0, 50.0, 90.0, 95.0, 99.0, 100.0];
        for (count, expected) in [
            (0, [None; 7]),
            (1, [Some(1); 7]),
            (19, [1, 1, 10, 18, 19, 19, 19].map(Some)),
            (20, [1, 1, 10, 18, 19, 20, 20].map(Some)),
            (21, [1, 2, 11, 19, 20, 21, 21].map(Some)),
        ] {
            assert_eq!(ranks(&milliseconds(count), percentiles), expected, "{count} samples");
        }
    }

    #[test]
    fn ranks_have_no_float_rounding_error() {
        let histogram = milliseconds(100);
        for percent in 1..=100 {
            let expected = Duration::from_millis(percent);
            assert_eq!(histogram.percentile(percent as f64), Some(expected), "{percent} %");
            assert_eq!(histogram.percentile(percent as f64 - 0.5), Some(expected), "{percent} % less a half");
        }
        assert_eq!(milliseconds(1_000).percentile(99.9), Some(Duration::from_millis(999)));
    }

    #[test]
    fn an_empty_histogram_has_no_answers() {
        let empty = Histogram::default();
        assert!(empty.is_empty());
        assert_eq!((empty.len(), empty.min(), empty.max(), empty.mean(), empty.percentile(99.0)), (0, None, None, None, None));
    }

    #[test]
    fn up_to_1_024_durations_are_exact() {
        let mut histogram = Histogram::new();
        (0..1_024_u64).for_each(|index| histogram.record(Duration::from_nanos(1_000_000_007 + 13 * index)));
        for (percent, index) in [(0.0, 0), (50.0, 511), (99.0, 1_013), (100.0, 1_023)] {
            assert_eq!(histogram.percentile(percent), Some(Duration::from_nanos(1_000_000_007 + 13 * index)), "{percent} %");
        }
        assert!(matches!(histogram.samples, Samples::Exact(_)));
        histogram.record(Duration::ZERO);
        assert!(matches!(histogram.samples, Samples::Bucketed(_)));
        assert_eq!(histogram.len(), 1_025);
    }

    #[test]
    fn bucketed_percentiles_exceed_the_true_ones_by_at_most_a_thousandth() {
        // From 1 ns to minutes, at irregular distances.
        let mut sorted: Vec<u64> = (1..=5_000_u64).map(|index| index * index * index / 3 + index).collect();
        let mut histogram = Histogram::new();
        sorted.iter().rev().for_each(|nanoseconds| histogram.record(Duration::from_nanos(*nanoseconds)));
        sorted.sort_unstable();
        for tenth_of_percent in 0..=1_000_u64 {
            let rank = (tenth_of_percent * 5_000).div_ceil(1_000).max(1);
            let expected = sorted[rank as usize - 1];
            let answer = histogram.percentile(tenth_of_percent as f64 / 10.0).unwrap().as_nanos() as u64;
            assert!((expected..=expected + expected / 1_000).contains(&answer), "rank {rank}: {answer} for {expected}");
        }
    }

    #[test]
    fn min_max_and_mean_are_exact_at_any_size() {
        let mut histogram = Histogram::new();
        (0..10_000_u64).for_each(|index| histogram.record(Duration::from_nanos(987_654_321 + index)));
        let (shortest, longest) = (Duration::from_nanos(987_654_321), Duration::from_nanos(987_664_320));
        assert_eq!((histogram.min(), histogram.max()), (Some(shortest), Some(longest)));
        assert_eq!((histogram.percentile(0.0), histogram.percentile(100.0)), (Some(shortest), Some(longest)));
        assert_eq!(histogram.mean(), Some(Duration::from_nanos(987_659_320)));
    }

    /// Collects every answer of a histogram.
    fn answers(histogram: &Histogram) -> (u64, Vec<Option<Duration>>) {
        let percentiles = (0..=1_000).map(|tenth| histogram.percentile(f64::from(tenth) / 10.0));
        (histogram.len(), [histogram.min(), histogram.max(), histogram.mean()].into_iter().chain(percentiles).collect())
    }

    #[test]
    fn merging_equals_recording_everything_in_one_histogram() {
        let sample = |index: u64| Duration::from_nanos(index.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (20 + index % 20));
        // Exact with exact, below and above the limit; exact with bucketed, in both orders; buckets of different range.
        for (left, right) in [(0, 0), (0, 21), (19, 0), (500, 524), (500, 525), (30, 2_000), (2_000, 30), (2_000, 3_000)] {
            let mut whole = Histogram::new();
            let (mut one, mut other) = (Histogram::new(), Histogram::new());
            for index in 0..left + right {
                whole.record(sample(index));
                if index < left { one.record(sample(index)) } else { other.record(sample(index)) }
            }
            let mut merged = one.clone();
            merged.merge(&other);
            assert_eq!(answers(&merged), answers(&whole), "{left} and {right}");
            other.merge(&one);
            assert_eq!(answers(&other), answers(&whole), "{right} and {left}");
        }
    }

    #[test]
    fn the_longest_durations_saturate_in_both_representations() {
        for count in [1, 2_000] {
            let mut histogram = Histogram::new();
            (0..count).for_each(|_| histogram.record(Duration::MAX));
            let longest = Some(Duration::from_nanos(u64::MAX));
            assert_eq!((histogram.min(), histogram.mean(), histogram.percentile(50.0)), (longest, longest, longest));
        }
    }

    #[test]
    fn an_invalid_percentile_panics_with_its_value() {
        for percent in [-1.0, 100.1, f64::NAN, f64::INFINITY] {
            let panic = std::panic::catch_unwind(|| milliseconds(3).percentile(percent)).unwrap_err();
            let message = panic.downcast_ref::<String>().unwrap();
            assert!(message.starts_with(&percent.to_string()) && message.ends_with("from 0 to 100"), "{message}");
        }
    }
}
