//! The severity of monotonic-read violations.

use cluster_sim_metrics::Counter;
use serde::{Deserialize, Serialize};

use crate::message::Version;

/// Counts monotonic-read violations by severity, in versions and in time.
///
/// Each violation is counted in exactly one bucket of each kind (EDGE-D04, EDGE-D05).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InversionDistance {
    /// Violations by the number of versions that the client fell back.
    pub version_buckets: VersionBuckets,
    /// Violations by the time between the commits of the two versions, in whole milliseconds rounded down.
    pub temporal_buckets: TemporalBuckets,
    /// Violations of fewer than 5 versions and less than 20 ms: jitter rather than loss (EDGE-20).
    pub micro_inversions: Counter,
}

/// Violations by distance in versions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionBuckets {
    /// Exactly 1 version (EDGE-12).
    pub v1: Counter,
    /// 2 to 5 versions (EDGE-13).
    pub v2_5: Counter,
    /// 6 to 20 versions (EDGE-14).
    pub v6_20: Counter,
    /// 21 versions or more (EDGE-15).
    pub v21_plus: Counter,
}

/// Violations by time between commits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemporalBuckets {
    /// 0 to 4 ms (EDGE-16).
    pub lt_5ms: Counter,
    /// 5 to 20 ms (EDGE-17).
    pub ms5_20: Counter,
    /// 21 to 100 ms (EDGE-18).
    pub ms21_100: Counter,
    /// 101 ms or more (EDGE-19).
    pub gt_100ms: Counter,
}

impl InversionDistance {
    /// Counts one violation of `versions` versions and `milliseconds` whole milliseconds.
    ///
    /// # Panics
    /// If `versions` is 0, which is no violation.
    pub(crate) fn record(&mut self, versions: Version, milliseconds: u64) {
        let by_versions = &mut self.version_buckets;
        match versions {
            0 => panic!("a violation falls back by at least one version"),
            1 => by_versions.v1.increment(),
            2..=5 => by_versions.v2_5.increment(),
            6..=20 => by_versions.v6_20.increment(),
            21.. => by_versions.v21_plus.increment(),
        }
        let by_time = &mut self.temporal_buckets;
        match milliseconds {
            ..5 => by_time.lt_5ms.increment(),
            5..=20 => by_time.ms5_20.increment(),
            21..=100 => by_time.ms21_100.increment(),
            101.. => by_time.gt_100ms.increment(),
        }
        if versions < 5 && milliseconds < 20 {
            self.micro_inversions.increment();
        }
    }

    /// Returns the first sum that differs from the number of violations, as a sentence (EDGE-D06).
    pub(crate) fn imbalance(&self, violations: Counter) -> Option<String> {
        let VersionBuckets { v1, v2_5, v6_20, v21_plus } = self.version_buckets;
        let TemporalBuckets { lt_5ms, ms5_20, ms21_100, gt_100ms } = self.temporal_buckets;
        let by_versions = sum([v1, v2_5, v6_20, v21_plus]);
        let by_time = sum([lt_5ms, ms5_20, ms21_100, gt_100ms]);
        let micro = self.micro_inversions;
        let (few_versions, short_time) = (sum([v1, v2_5]), sum([lt_5ms, ms5_20]));
        if by_versions != violations {
            Some(format!("the version buckets sum up to {by_versions}, but monotonic_violations is {violations}"))
        } else if by_time != violations {
            Some(format!("the temporal buckets sum up to {by_time}, but monotonic_violations is {violations}"))
        } else if micro > few_versions {
            Some(format!("micro_inversions is {micro}, but v1 + v2_5 is {few_versions}"))
        } else if micro > short_time {
            Some(format!("micro_inversions is {micro}, but lt_5ms + ms5_20 is {short_time}"))
        } else {
            None
        }
    }
}

/// Adds counters; saturates as they do.
fn sum<const N: usize>(counters: [Counter; N]) -> Counter {
    let mut sum = Counter::new();
    counters.into_iter().for_each(|counter| sum.add(counter.get()));
    sum
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn recorded(versions: Version, milliseconds: u64) -> InversionDistance {
        let mut inversions = InversionDistance::default();
        inversions.record(versions, milliseconds);
        inversions
    }

    #[rstest]
    #[case(1, [1, 0, 0, 0])]
    #[case(2, [0, 1, 0, 0])]
    #[case(5, [0, 1, 0, 0])]
    #[case(6, [0, 0, 1, 0])]
    #[case(20, [0, 0, 1, 0])]
    #[case(21, [0, 0, 0, 1])]
    #[case(Version::MAX, [0, 0, 0, 1])]
    fn edge_12_to_15_each_version_distance_is_counted_in_one_bucket(#[case] versions: Version, #[case] expected: [u64; 4]) {
        let VersionBuckets { v1, v2_5, v6_20, v21_plus } = recorded(versions, 0).version_buckets;
        assert_eq!([v1, v2_5, v6_20, v21_plus].map(Counter::get), expected);
    }

    #[rstest]
    #[case(0, [1, 0, 0, 0])]
    #[case(4, [1, 0, 0, 0])]
    #[case(5, [0, 1, 0, 0])]
    #[case(20, [0, 1, 0, 0])]
    #[case(21, [0, 0, 1, 0])]
    #[case(100, [0, 0, 1, 0])]
    #[case(101, [0, 0, 0, 1])]
    #[case(u64::MAX, [0, 0, 0, 1])]
    fn edge_16_to_19_each_time_distance_is_counted_in_one_bucket(#[case] milliseconds: u64, #[case] expected: [u64; 4]) {
        let TemporalBuckets { lt_5ms, ms5_20, ms21_100, gt_100ms } = recorded(1, milliseconds).temporal_buckets;
        assert_eq!([lt_5ms, ms5_20, ms21_100, gt_100ms].map(Counter::get), expected);
    }

    #[rstest]
    #[case(1, 0, 1)]
    #[case(4, 19, 1)]
    #[case(5, 19, 0)]
    #[case(4, 20, 0)]
    #[case(5, 20, 0)]
    #[case(1, 1_000, 0)]
    #[case(100, 0, 0)]
    fn edge_d07_a_micro_inversion_is_short_in_versions_and_time(
        #[case] versions: Version,
        #[case] milliseconds: u64,
        #[case] expected: u64,
    ) {
        assert_eq!(recorded(versions, milliseconds).micro_inversions.get(), expected);
    }

    #[test]
    #[should_panic(expected = "at least one version")]
    fn edge_d04_a_violation_of_zero_versions_is_rejected() {
        recorded(0, 0);
    }

    #[test]
    fn edge_d06_buckets_add_up_for_every_mix_of_violations() {
        let mut inversions = InversionDistance::default();
        let mut violations = Counter::new();
        for versions in [1, 2, 4, 5, 6, 20, 21, 1_000] {
            for milliseconds in [0, 4, 5, 19, 20, 21, 100, 101, 5_000] {
                inversions.record(versions, milliseconds);
                violations.increment();
                assert_eq!(inversions.imbalance(violations), None);
            }
        }
    }

    #[test]
    fn edge_d06_each_wrong_sum_is_reported() {
        let one = counter(1);
        let mut inversions = recorded(1, 1);
        inversions.version_buckets.v21_plus.increment();
        assert_eq!(inversions.imbalance(one).as_deref(), Some("the version buckets sum up to 2, but monotonic_violations is 1"));
        let mut inversions = recorded(1, 1);
        inversions.temporal_buckets.lt_5ms = counter(0);
        assert_eq!(inversions.imbalance(one).as_deref(), Some("the temporal buckets sum up to 0, but monotonic_violations is 1"));
        let mut inversions = recorded(6, 1);
        inversions.micro_inversions = one;
        assert_eq!(inversions.imbalance(one).as_deref(), Some("micro_inversions is 1, but v1 + v2_5 is 0"));
        let mut inversions = recorded(1, 21);
        inversions.micro_inversions = one;
        assert_eq!(inversions.imbalance(one).as_deref(), Some("micro_inversions is 1, but lt_5ms + ms5_20 is 0"));
    }

    #[test]
    fn a_saturated_bucket_stays_saturated_and_adds_up() {
        let full = counter(u64::MAX);
        let mut inversions = InversionDistance::default();
        inversions.version_buckets.v1 = full;
        inversions.temporal_buckets.lt_5ms = full;
        inversions.micro_inversions = full;
        inversions.record(1, 1);
        assert_eq!(inversions.version_buckets.v1, full);
        assert_eq!(inversions.imbalance(full), None);
    }

    fn counter(count: u64) -> Counter {
        let mut counter = Counter::new();
        counter.add(count);
        counter
    }
}
