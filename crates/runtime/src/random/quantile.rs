//! Compiles distributions to tables of their quantile functions.
//!
//! Floats are confined to this module: a table holds integers. IEEE 754 makes products, sums and roots of floats equal on every
//! platform; all other functions come from libm, never from the platform.

use super::distribution::{Distribution, InvalidDistribution};
use super::sampling::{End, QuantileTable};

impl Distribution {
    /// Builds the table to sample from.
    ///
    /// Takes about 100 microseconds for a curve: compile once for a link model, not for each message.
    ///
    /// # Errors
    /// If a parameter is out of bounds; see [`validate`](Self::validate).
    pub fn compile(&self) -> Result<QuantileTable, InvalidDistribution> {
        self.validate()?;
        Ok(match self {
            Self::Constant { value_ns } => QuantileTable::flat(*value_ns),
            Self::Uniform { from_ns, to_ns } => QuantileTable::even(&[*from_ns, *to_ns]),
            Self::Exponential { mean_ns, max_ns } => curve(*mean_ns, *max_ns, |end, share| -log_remaining(end, share)),
            Self::LogNormal { median_ns, sigma, max_ns } => curve(*median_ns, *max_ns, |end, share| match end {
                End::Lower => libm::exp(-sigma * normal_deviate(share)),
                End::Upper => libm::exp(sigma * normal_deviate(share)),
            }),
            Self::Pareto { scale_ns, shape, max_ns } => {
                curve(*scale_ns, *max_ns, |end, share| libm::exp(-log_remaining(end, share) / shape))
            }
            Self::Empirical { quantiles_ns } => QuantileTable::even(quantiles_ns),
        })
    }
}

/// Builds the table of `unit_ns * factor(end, share)`, capped at `max_ns`.
///
/// `factor` is the relative duration beyond which a share of all samples lies; the share is above 0 and at most one half.
fn curve(unit_ns: u64, max_ns: u64, factor: impl Fn(End, f64) -> f64) -> QuantileTable {
    const RANGE: f64 = 18_446_744_073_709_551_616.0;
    QuantileTable::folded(|end, share| {
        // Most curves have no value at a share of 0. There are 2^64 rolls; the outermost one stands for the end.
        let share = share.max(1) as f64 / RANGE;
        // The cast saturates, so infinity becomes the maximum.
        (libm::round(unit_ns as f64 * factor(end, share)) as u64).min(max_ns)
    })
}

/// Returns the natural logarithm of the share of samples above a point.
///
/// Small shares at either end do not cancel.
fn log_remaining(end: End, share: f64) -> f64 {
    match end {
        End::Lower => libm::log1p(-share),
        End::Upper => libm::log(share),
    }
}

/// Standard deviations from the mean beyond which a normal distribution has `share` of its samples.
///
/// One-sided; the share is above 0 and at most one half.
///
/// Source: M. J. Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied Statistics 37 (1988)
/// 477-484, routine PPND16; relative error about 1e-16.
fn normal_deviate(share: f64) -> f64 {
    let from_median = 0.5 - share;
    if from_median <= 0.425 {
        return from_median * rational(&CENTRE, 0.180625 - from_median * from_median);
    }
    let root = libm::sqrt(-libm::log(share));
    if root <= 5.0 { rational(&TAIL, root - 1.6) } else { rational(&FAR_TAIL, root - 5.0) }
}

/// Evaluates a ratio of two polynomials, lowest power first, by Horner's rule.
fn rational([numerator, denominator]: &[[f64; 8]; 2], argument: f64) -> f64 {
    let polynomial = |coefficients: &[f64; 8]| coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * argument + coefficient);
    polynomial(numerator) / polynomial(denominator)
}

/// For shares from 0.075 on.
const CENTRE: [[f64; 8]; 2] = [
    [
        3.3871328727963665,
        133.14166789178438,
        1971.5909503065513,
        13731.69376550946,
        45921.95393154987,
        67265.7709270087,
        33430.57558358813,
        2509.0809287301227,
    ],
    [
        1.0,
        42.31333070160091,
        687.1870074920579,
        5394.196021424751,
        21213.794301586597,
        39307.89580009271,
        28729.085735721943,
        5226.495278852854,
    ],
];
/// For shares from e^-25 on.
const TAIL: [[f64; 8]; 2] = [
    [
        1.4234371107496835,
        4.630337846156546,
        5.769497221460691,
        3.6478483247632045,
        1.2704582524523684,
        0.2417807251774506,
        0.022723844989269184,
        0.0007745450142783414,
    ],
    [
        1.0,
        2.053191626637759,
        1.6763848301838038,
        0.6897673349851,
        0.14810397642748008,
        0.015198666563616457,
        0.0005475938084995345,
        1.0507500716444169e-09,
    ],
];
/// For smaller shares.
const FAR_TAIL: [[f64; 8]; 2] = [
    [
        6.657904643501103,
        5.463784911164114,
        1.7848265399172913,
        0.29656057182850487,
        0.026532189526576124,
        0.0012426609473880784,
        2.7115555687434876e-05,
        2.0103343992922881e-07,
    ],
    [
        1.0,
        0.599832206555888,
        0.1369298809227358,
        0.014875361290850615,
        0.0007868691311456133,
        1.8463183175100548e-05,
        1.421511758316446e-07,
        2.0442631033899397e-15,
    ],
];

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::{Address, Roll, Seed, Stream};
    use super::*;

    const MILLISECOND: f64 = 1e6;
    const MAX: Duration = Duration::from_secs(1);

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// One distribution of each kind, with maxima that do not matter.
    fn one_of_each() -> [Distribution; 6] {
        [
            Distribution::constant(ms(10)),
            Distribution::uniform(ms(1), ms(10)),
            Distribution::exponential(ms(10), MAX),
            Distribution::log_normal(ms(10), 0.5, MAX),
            Distribution::pareto(ms(10), 2.5, Duration::from_secs(60)),
            Distribution::empirical([1, 2, 4, 8, 100].map(ms)),
        ]
    }

    fn roll_at(share: f64) -> Roll {
        Roll((share * 18_446_744_073_709_551_616.0) as u64)
    }

    #[test]
    fn normal_deviates_match_published_values() {
        // Wichura's own checks; then the share beyond a deviate by the complementary error function.
        for (share, deviate) in [(0.25, 0.674_489_750_196_081_7), (0.001, 3.090_232_306_167_814), (1e-20, 9.262_340_089_798_408)] {
            assert!((normal_deviate(share) / deviate - 1.0).abs() < 1e-15, "{share}: {}", normal_deviate(share));
        }
        for exponent in 2..640 {
            let share = libm::exp2(f64::from(-exponent) / 10.0);
            if share <= 0.5 {
                let beyond = libm::erfc(normal_deviate(share) / std::f64::consts::SQRT_2) / 2.0;
                assert!((beyond / share - 1.0).abs() < 1e-13, "{share}: {beyond}");
            }
        }
        assert_eq!(normal_deviate(0.5), 0.0);
    }

    #[test]
    fn small_shares_keep_full_precision() {
        // ln(1 - x) = -x - x^2/2 - …; the smallest share in use would vanish beside 1.
        let smallest = libm::exp2(-64.0);
        for (share, expected) in [(smallest, -smallest), (1e-12, -1.000_000_000_000_5e-12)] {
            assert!((log_remaining(End::Lower, share) / expected - 1.0).abs() < 1e-15, "{share}");
        }
    }

    #[test]
    fn medians_and_high_percentiles_match_analytic_values() {
        // In milliseconds: ln 2, ln 100, ln 1000; exp(0.5 z) with z = 0, 2.326348, 3.090232; 2^0.4, 100^0.4, 1000^0.4.
        let expected = [
            [10.0, 10.0, 10.0],
            [5.5, 9.91, 9.991],
            [6.931_472, 46.051_702, 69.077_553],
            [10.0, 32.001_115, 46.885_576],
            [13.195_079, 63.095_734, 158.489_319],
            [4.0, 96.32, 99.632],
        ];
        for (distribution, expected) in one_of_each().iter().zip(expected) {
            let table = distribution.compile().unwrap();
            for (share, expected) in [0.5, 0.99, 0.999].into_iter().zip(expected) {
                let sample = table.sample(roll_at(share)) as f64 / MILLISECOND;
                assert!((sample / expected - 1.0).abs() < 2e-4, "{distribution:?} at {share}: {sample} for {expected}");
            }
            assert!((table.median() as f64 / MILLISECOND / expected[0] - 1.0).abs() < 1e-6, "{distribution:?}: {}", table.median());
        }
    }

    #[test]
    fn the_mean_of_many_rolls_matches_the_analytic_one() {
        // In milliseconds. Of the clamped ones: mean (1 - e^(-max/mean)); scale (1 + (1 - (scale/max)^(shape-1)) / (shape-1)),
        // where shape 1 gives scale (1 + ln(max/scale)).
        let cases = one_of_each().into_iter().zip([10.0, 5.5, 10.0, 11.331_485, 16.666_667, 16.125]).chain([
            (Distribution::exponential(ms(10), ms(20)), 8.646_647),
            (Distribution::pareto(ms(10), 2.5, ms(100)), 16.455_848),
            (Distribution::pareto(ms(10), 1.0, ms(100)), 33.025_851),
        ]);
        for (distribution, expected) in cases {
            let table = distribution.compile().unwrap();
            let rolls = (0..100_000).map(|index| Seed(42).roll(Stream::named("delay"), Address::new().number(index)));
            let mean = rolls.map(|roll| table.sample(roll) as f64).sum::<f64>() / 100_000.0 / MILLISECOND;
            assert!((mean / expected - 1.0).abs() < 0.01, "{distribution:?}: {mean} for {expected}");
        }
    }

    /// The textbook share of samples above `sample`, ignoring the maximum.
    fn beyond(distribution: &Distribution, sample: f64) -> f64 {
        match distribution {
            Distribution::Exponential { mean_ns, .. } => libm::exp(-sample / *mean_ns as f64),
            Distribution::LogNormal { median_ns, sigma, .. } => {
                libm::erfc(libm::log(sample / *median_ns as f64) / (sigma * std::f64::consts::SQRT_2)) / 2.0
            }
            Distribution::Pareto { scale_ns, shape, .. } => libm::pow((*scale_ns as f64 / sample).min(1.0), *shape),
            _ => panic!("{distribution:?} has no curve"),
        }
    }

    #[test]
    fn samples_are_within_a_thousandth_of_the_exact_quantile() {
        for distribution in [
            Distribution::exponential(ms(10), Duration::MAX),
            Distribution::log_normal(ms(10), 0.1, Duration::MAX),
            Distribution::log_normal(ms(10), 3.0, Duration::MAX),
            Distribution::pareto(Duration::from_micros(10), 0.5, Duration::MAX),
            Distribution::pareto(ms(10), 10.0, Duration::MAX),
        ] {
            let table = distribution.compile().unwrap();
            // Shares from 2^-24 to one half that coincide with no point of the table, from either end.
            for exponent in 1_001..24_000 {
                let share = libm::exp2(f64::from(-exponent) / 1_000.0);
                let (low, high) = (table.sample(roll_at(share)) as f64, table.sample(Roll(!roll_at(share).0)) as f64);
                for (sample, remaining) in [(low, 1.0 - share), (high, share)] {
                    let shorter = beyond(&distribution, (sample * 0.999 - 1.0).max(0.0));
                    let longer = beyond(&distribution, sample * 1.001 + 1.0);
                    assert!(longer <= remaining && remaining <= shorter, "{distribution:?} leaves {remaining} beyond {sample}");
                }
            }
        }
    }

    #[test]
    fn the_maximum_clamps_samples_and_leaves_shorter_ones_unchanged() {
        let unbounded = Distribution::exponential(ms(10), MAX).compile().unwrap();
        let bounded = Distribution::exponential(ms(10), ms(20)).compile().unwrap();
        assert_eq!(bounded.max(), 20_000_000);
        // A share of e^-2 = 0.135 exceeds two means; the step in which the curve meets its maximum is one of 1/512.
        let mut clamped = 0;
        for roll in (0..10_000).map(|index| roll_at(f64::from(index) / 10_000.0)) {
            let (sample, free) = (bounded.sample(roll), unbounded.sample(roll));
            clamped += u32::from(sample == 20_000_000);
            assert!(sample <= 20_000_000 && (free > 19_600_000 || sample == free), "{roll:?}: {sample} for {free}");
        }
        assert!((1_330..1_355).contains(&clamped), "{clamped} of 10,000");
    }

    #[test]
    fn the_published_samples_hold_for_ever() {
        let rolls = [0, 0x0123_4567_89ab_cdef, 0x8000_0000_0000_0000, 0xfedc_ba98_7654_3210, u64::MAX].map(Roll);
        let samples = one_of_each().map(|distribution| {
            let table = distribution.compile().unwrap();
            rolls.map(|roll| table.sample(roll))
        });
        assert_eq!(
            samples,
            [
                [10_000_000, 10_000_000, 10_000_000, 10_000_000, 10_000_000],
                [1_000_000, 1_040_000, 5_500_000, 9_960_000, 10_000_000],
                [0, 44_543, 6_931_472, 54_161_145, 443_614_196],
                [106_726, 2_703_195, 10_000_000, 36_993_298, 936_980_673],
                [10_000_000, 10_017_833, 13_195_079, 87_272_306, 60_000_000_000],
                [1_000_000, 1_017_778, 4_000_000, 98_364_444, 100_000_000],
            ]
        );
    }

    fn any_distribution() -> impl Strategy<Value = Distribution> {
        let duration = 1..u64::MAX / 2;
        let bounds = (duration.clone(), duration).prop_map(|(one, other)| (one.min(other), one.max(other)));
        (0..5, bounds, 0.01..9.0_f64, prop::collection::vec(any::<u64>(), 2..20)).prop_map(
            |(kind, (low, high), number, mut quantiles)| {
                quantiles.sort_unstable();
                match kind {
                    0 => Distribution::Uniform { from_ns: low, to_ns: high },
                    1 => Distribution::Exponential { mean_ns: low, max_ns: high },
                    2 => Distribution::LogNormal { median_ns: low, sigma: number, max_ns: high },
                    3 => Distribution::Pareto { scale_ns: low, shape: number, max_ns: high },
                    _ => Distribution::Empirical { quantiles_ns: quantiles },
                }
            },
        )
    }

    proptest! {
        #[test]
        fn a_higher_roll_is_never_shorter(distribution in any_distribution(), rolls: [u64; 8], close: u16) {
            let table = distribution.compile().unwrap();
            let mut rolls = rolls.to_vec();
            rolls.extend(rolls.clone().iter().map(|roll| roll.saturating_add(close.into())));
            rolls.extend([0, (1 << 63) - 1, 1 << 63, u64::MAX]);
            rolls.sort_unstable();
            let samples: Vec<u64> = rolls.into_iter().map(|roll| table.sample(Roll(roll))).collect();
            prop_assert!(samples.is_sorted());
            prop_assert_eq!((samples[0], samples[samples.len() - 1]), (table.min(), table.max()));
        }

        #[test]
        fn a_uniform_sample_stays_between_its_bounds(one: u64, other: u64, roll: u64) {
            let (from_ns, to_ns) = (one.min(other), one.max(other));
            let table = Distribution::Uniform { from_ns, to_ns }.compile().unwrap();
            prop_assert!((from_ns..=to_ns).contains(&table.sample(Roll(roll))));
            prop_assert!(table.min() == from_ns && to_ns - table.max() <= 1);
        }
    }
}
