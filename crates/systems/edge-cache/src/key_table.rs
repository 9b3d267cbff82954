//! Random keys by their frequency.

use std::sync::{Arc, OnceLock};

use cluster_sim_node::Roll;

use crate::message::Key;

/// The sampling table of a [`KeyDistribution`](crate::KeyDistribution).
///
/// It is computed once for all machines that share a config. It follows from `key_count` and `key_distribution`. So tables do not count when configs are compared, and a cloned config
/// computes its own, because its distribution may be changed before use.
#[derive(Debug, Default)]
pub struct KeyTable(OnceLock<Thresholds>);

impl Clone for KeyTable {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for KeyTable {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The end of each key on the 64-bit range of a roll, and the distribution it was computed for.
#[derive(Debug)]
struct Thresholds {
    key_count: u32,
    exponent: f64,
    ends: Arc<[u64]>,
}

impl KeyTable {
    /// Returns the key selected by `roll` among `key_count` keys of Zipf weights.
    ///
    /// # Panics
    /// If there are no keys, or the distribution is not that of the first call.
    pub(crate) fn zipf(&self, key_count: u32, exponent: f64, roll: Roll) -> Key {
        let table = self.0.get_or_init(|| Thresholds::zipf(key_count, exponent));
        assert!((table.key_count, table.exponent) == (key_count, exponent), "the distribution changed after keys were drawn");
        table.key(roll)
    }
}

impl Thresholds {
    /// Gives key k the weight 1 / (k + 1)^exponent.
    ///
    /// Uses `libm` because the last digit of std's `powf` differs between platforms.
    fn zipf(key_count: u32, exponent: f64) -> Self {
        assert!(key_count > 0, "there are no keys");
        let mut total = 0.0;
        let sums: Vec<f64> = (1..=key_count)
            .map(|rank| {
                total += libm::pow(f64::from(rank), -exponent);
                total
            })
            .collect();
        // The cast saturates, so the last key ends with the range.
        let ends = sums.iter().map(|sum| (sum / total * 18_446_744_073_709_551_616.0) as u64).collect();
        Self { key_count, exponent, ends }
    }

    fn key(&self, roll: Roll) -> Key {
        let below = self.ends.partition_point(|end| *end <= roll.0);
        // The highest roll equals the end of the last key.
        below.min(self.ends.len() - 1) as Key
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_node::Entropy;

    use super::*;
    use crate::config::{Config, KeyDistribution};
    use crate::fixture::config;

    fn drawn(distribution: KeyDistribution, key_count: u32) -> Vec<u32> {
        let config = Config { key_count, key_distribution: distribution, ..config() };
        let mut counts = vec![0; key_count as usize];
        for index in 0..100_000 {
            counts[config.key(Entropy::from_key(42).roll("key", index)) as usize] += 1;
        }
        counts
    }

    #[test]
    fn edge_d23_uniform_keys_are_drawn_equally_often() {
        assert!(drawn(KeyDistribution::Uniform, 10).iter().all(|count| (9_500..10_500).contains(count)));
    }

    #[test]
    fn edge_d23_zipf_draws_each_key_in_proportion_to_its_weight() {
        let counts = drawn(KeyDistribution::Zipf(1.0), 4);
        // 1 + 1/2 + 1/3 + 1/4 = 25/12.
        for (count, expected) in counts.iter().zip([48_000_u32, 24_000, 16_000, 12_000]) {
            assert!(count.abs_diff(expected) < 600, "{counts:?}");
        }
    }

    #[test]
    fn edge_d23_the_lowest_roll_draws_the_first_key_and_the_highest_the_last() {
        for key_distribution in [KeyDistribution::Uniform, KeyDistribution::Zipf(0.99), KeyDistribution::Zipf(0.0)] {
            let config = Config { key_count: 128, key_distribution, ..config() };
            assert_eq!([Roll(0), Roll(u64::MAX)].map(|roll| config.key(roll)), [0, 127], "{key_distribution:?}");
        }
    }

    #[test]
    fn a_cloned_config_computes_its_own_table() {
        let first = Config { key_count: 128, key_distribution: KeyDistribution::Zipf(0.99), ..config() };
        assert_eq!(first.key(Roll(u64::MAX)), 127);
        let second = Config { key_count: 2, ..first.clone() };
        assert_eq!(second.key(Roll(u64::MAX)), 1);
        assert_eq!(Config { key_count: 128, ..second }, first);
    }
}
