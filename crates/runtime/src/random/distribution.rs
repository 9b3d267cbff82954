//! Probability distributions of durations, as data.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A distribution of durations: of message delays, disk operations, pauses.
///
/// A value is data and may come from a file; [`compile`](Self::compile) validates it and builds the table that is sampled.
/// Durations are whole nanoseconds, so that they survive a round trip. Longer durations than `max` become `max`: shorter ones are
/// as frequent as without it, and `max` is as frequent as all longer ones together.
///
/// In data: `{"log_normal": {"median_ns": 2000000, "sigma": 0.5, "max_ns": 1000000000}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Distribution {
    /// A fixed duration.
    Constant {
        /// The duration, in nanoseconds.
        value_ns: u64,
    },
    /// All durations of a range, equally likely.
    Uniform {
        /// The shortest duration, in nanoseconds.
        from_ns: u64,
        /// The longest duration, in nanoseconds; at least the shortest.
        to_ns: u64,
    },
    /// Waiting times between events of a constant rate; from zero, with median 0.69 times the mean.
    Exponential {
        /// The mean without `max`, in nanoseconds, above 0.
        mean_ns: u64,
        /// The longest duration, in nanoseconds; at least the mean.
        max_ns: u64,
    },
    /// Durations with a normal logarithm: the usual body of network latency.
    LogNormal {
        /// The median, in nanoseconds, above 0.
        median_ns: u64,
        /// Standard deviation of the natural logarithm; finite, above 0. At 0.5, the 99th percentile is 3.2 medians, at 1 it is
        /// 10.
        sigma: f64,
        /// The longest duration, in nanoseconds; at least the median.
        max_ns: u64,
    },
    /// Durations with a power-law tail; without `max`, a shape of up to 1 has no mean.
    Pareto {
        /// The shortest duration, in nanoseconds, above 0.
        scale_ns: u64,
        /// Exponent of the tail; finite, above 0. A share of x^-shape of all durations is x scales or longer.
        shape: f64,
        /// The longest duration, in nanoseconds; at least the scale.
        max_ns: u64,
    },
    /// Measured durations, interpolated linearly.
    Empirical {
        /// Equally spaced quantiles from shortest to longest, in nanoseconds; two or more, ascending.
        quantiles_ns: Vec<u64>,
    },
}

/// Constructors saturate durations beyond 2^64 - 1 nanoseconds (584 years).
impl Distribution {
    /// Returns `value` for every roll.
    pub fn constant(value: Duration) -> Self {
        Self::Constant { value_ns: nanoseconds(value) }
    }

    /// From `from` to `to`, both inclusive.
    pub fn uniform(from: Duration, to: Duration) -> Self {
        Self::Uniform { from_ns: nanoseconds(from), to_ns: nanoseconds(to) }
    }

    /// Exponential, with this mean before `max` applies.
    pub fn exponential(mean: Duration, max: Duration) -> Self {
        Self::Exponential { mean_ns: nanoseconds(mean), max_ns: nanoseconds(max) }
    }

    /// Log-normal; `sigma` is the standard deviation of the natural logarithm.
    pub fn log_normal(median: Duration, sigma: f64, max: Duration) -> Self {
        Self::LogNormal { median_ns: nanoseconds(median), sigma, max_ns: nanoseconds(max) }
    }

    /// Pareto from `scale` on, with tail exponent `shape`.
    pub fn pareto(scale: Duration, shape: f64, max: Duration) -> Self {
        Self::Pareto { scale_ns: nanoseconds(scale), shape, max_ns: nanoseconds(max) }
    }

    /// Interpolates between `quantiles`, equally spaced from the shortest to the longest duration.
    pub fn empirical(quantiles: impl IntoIterator<Item = Duration>) -> Self {
        Self::Empirical { quantiles_ns: quantiles.into_iter().map(nanoseconds).collect() }
    }

    /// Checks every parameter, as [`compile`](Self::compile) does.
    ///
    /// # Errors
    /// Names the first parameter that is out of bounds.
    pub fn validate(&self) -> Result<(), InvalidDistribution> {
        match self {
            Self::Constant { .. } => Ok(()),
            Self::Uniform { from_ns, to_ns } if from_ns > to_ns => {
                Err(InvalidDistribution::Reversed { from: Duration::from_nanos(*from_ns), to: Duration::from_nanos(*to_ns) })
            }
            Self::Uniform { .. } => Ok(()),
            Self::Exponential { mean_ns, max_ns } => bounded("exponential", "mean", *mean_ns, *max_ns),
            Self::LogNormal { median_ns, sigma, max_ns } => {
                bounded("log-normal", "median", *median_ns, *max_ns)?;
                positive("log-normal", "sigma", *sigma)
            }
            Self::Pareto { scale_ns, shape, max_ns } => {
                bounded("Pareto", "scale", *scale_ns, *max_ns)?;
                positive("Pareto", "shape", *shape)
            }
            Self::Empirical { quantiles_ns } => ascending(quantiles_ns),
        }
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn bounded(kind: &'static str, parameter: &'static str, value_ns: u64, max_ns: u64) -> Result<(), InvalidDistribution> {
    let (value, max) = (Duration::from_nanos(value_ns), Duration::from_nanos(max_ns));
    if value.is_zero() {
        Err(InvalidDistribution::Zero { kind, parameter })
    } else if max < value {
        Err(InvalidDistribution::MaxTooShort { kind, parameter, value, max })
    } else {
        Ok(())
    }
}

fn positive(kind: &'static str, parameter: &'static str, value: f64) -> Result<(), InvalidDistribution> {
    if value.is_finite() && value > 0.0 { Ok(()) } else { Err(InvalidDistribution::NotPositive { kind, parameter, value }) }
}

fn ascending(quantiles_ns: &[u64]) -> Result<(), InvalidDistribution> {
    if quantiles_ns.len() < 2 {
        return Err(InvalidDistribution::TooFewQuantiles { count: quantiles_ns.len() });
    }
    match quantiles_ns.windows(2).position(|pair| pair[0] > pair[1]) {
        None => Ok(()),
        Some(before) => Err(InvalidDistribution::Descending {
            index: before + 1,
            before: Duration::from_nanos(quantiles_ns[before]),
            value: Duration::from_nanos(quantiles_ns[before + 1]),
        }),
    }
}

/// Rejects a distribution with a parameter out of bounds; no table was built.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDistribution {
    /// A range ends before it starts.
    #[error("a uniform distribution from {from:?} to {to:?} ends before it starts; swap the two")]
    Reversed {
        /// Start of the range.
        from: Duration,
        /// End of the range.
        to: Duration,
    },
    /// The mean, median or scale is zero.
    #[error("the {parameter} of the {kind} distribution is 0ns; use a longer one, or a constant distribution of 0ns")]
    Zero {
        /// Name of the distribution.
        kind: &'static str,
        /// Name of the parameter.
        parameter: &'static str,
    },
    /// A parameter is zero, negative, infinite or not a number.
    #[error("the {parameter} of the {kind} distribution is {value}; use a finite number above 0")]
    NotPositive {
        /// Name of the distribution.
        kind: &'static str,
        /// Name of the parameter.
        parameter: &'static str,
        /// The number as given.
        value: f64,
    },
    /// The maximum would cut off the body of the distribution.
    #[error("the max of the {kind} distribution, {max:?}, is below its {parameter}, {value:?}; use at least the {parameter}")]
    MaxTooShort {
        /// Name of the distribution.
        kind: &'static str,
        /// Name of the parameter that the maximum must reach.
        parameter: &'static str,
        /// Value of that parameter.
        value: Duration,
        /// The maximum as given.
        max: Duration,
    },
    /// Fewer than two quantiles.
    #[error("an empirical distribution has {count} quantiles; give two or more, the shortest duration first and the longest last")]
    TooFewQuantiles {
        /// The number given.
        count: usize,
    },
    /// Quantiles are not in ascending order.
    #[error("quantile {index} of an empirical distribution, {value:?}, is below the one before it, {before:?}; sort them")]
    Descending {
        /// Index of the quantile, from 0.
        index: usize,
        /// Its value.
        value: Duration,
        /// The value before it.
        before: Duration,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn an_invalid_parameter_is_rejected_by_name_with_a_fix() {
        for (distribution, message) in [
            (Distribution::uniform(ms(5), ms(1)), "a uniform distribution from 5ms to 1ms ends before it starts; swap the two"),
            (
                Distribution::exponential(ms(0), ms(1)),
                "the mean of the exponential distribution is 0ns; use a longer one, or a constant distribution of 0ns",
            ),
            (
                Distribution::exponential(ms(2), ms(1)),
                "the max of the exponential distribution, 1ms, is below its mean, 2ms; use at least the mean",
            ),
            (
                Distribution::log_normal(ms(0), 1.0, ms(1)),
                "the median of the log-normal distribution is 0ns; use a longer one, or a constant distribution of 0ns",
            ),
            (
                Distribution::log_normal(ms(2), 1.0, ms(1)),
                "the max of the log-normal distribution, 1ms, is below its median, 2ms; use at least the median",
            ),
            (
                Distribution::log_normal(ms(1), -0.5, ms(9)),
                "the sigma of the log-normal distribution is -0.5; use a finite number above 0",
            ),
            (
                Distribution::log_normal(ms(1), f64::INFINITY, ms(9)),
                "the sigma of the log-normal distribution is inf; use a finite number above 0",
            ),
            (
                Distribution::pareto(ms(0), 1.0, ms(1)),
                "the scale of the Pareto distribution is 0ns; use a longer one, or a constant distribution of 0ns",
            ),
            (
                Distribution::pareto(ms(2), 1.0, ms(1)),
                "the max of the Pareto distribution, 1ms, is below its scale, 2ms; use at least the scale",
            ),
            (Distribution::pareto(ms(1), 0.0, ms(9)), "the shape of the Pareto distribution is 0; use a finite number above 0"),
            (
                Distribution::pareto(ms(1), f64::NAN, ms(9)),
                "the shape of the Pareto distribution is NaN; use a finite number above 0",
            ),
            (
                Distribution::empirical([]),
                "an empirical distribution has 0 quantiles; give two or more, the shortest duration first and the longest last",
            ),
            (
                Distribution::empirical([ms(1)]),
                "an empirical distribution has 1 quantiles; give two or more, the shortest duration first and the longest last",
            ),
            (
                Distribution::empirical([ms(1), ms(3), ms(2)]),
                "quantile 2 of an empirical distribution, 2ms, is below the one before it, 3ms; sort them",
            ),
        ] {
            assert_eq!(distribution.validate().unwrap_err().to_string(), message);
            assert_eq!(distribution.compile().unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn the_bounds_themselves_are_allowed() {
        for distribution in [
            Distribution::constant(ms(0)),
            Distribution::constant(Duration::MAX),
            Distribution::uniform(ms(1), ms(1)),
            Distribution::exponential(ms(1), ms(1)),
            Distribution::log_normal(ms(1), f64::MIN_POSITIVE, ms(1)),
            Distribution::log_normal(ms(1), f64::MAX, Duration::MAX),
            Distribution::pareto(ms(1), f64::MIN_POSITIVE, Duration::MAX),
            Distribution::pareto(ms(1), f64::MAX, ms(1)),
            Distribution::empirical([ms(1), ms(1)]),
        ] {
            assert_eq!(distribution.validate(), Ok(()), "{distribution:?}");
            let table = distribution.compile().unwrap();
            assert!(table.min() <= table.median() && table.median() <= table.max(), "{distribution:?}");
        }
    }
}
