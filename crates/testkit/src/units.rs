//! Short forms of durations, instants and ratios.

use cluster_sim::prelude::*;

/// Shortens [`Duration::from_millis`].
pub const fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Shortens [`Duration::from_secs`].
pub const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// The instant `milliseconds` after the start of a run.
pub fn instant(milliseconds: u64) -> VirtualInstant {
    VirtualInstant::ZERO + self::milliseconds(milliseconds)
}

/// The ratio of a share from 0 to 1.
///
/// # Panics
/// If `share` is outside that range.
pub fn ratio(share: f64) -> Ratio {
    Ratio::new(share).expect("a share from 0 to 1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_counted_from_the_start() {
        assert_eq!(instant(1_500).since_zero(), seconds(1) + milliseconds(500));
    }

    #[test]
    #[should_panic(expected = "a share from 0 to 1")]
    fn a_ratio_above_one_panics() {
        let _ = ratio(1.5);
    }
}
