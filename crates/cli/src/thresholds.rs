//! Limits that turn a measurement into a finding.

use std::fmt;
use std::str::FromStr;

use cluster_sim_scenarios::{Artifact, Prepared, ScenarioError, ScenarioErrorKind};

/// A number of the report and the most it may be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Threshold {
    metric: String,
    limit: f64,
}

/// What a threshold makes of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Judgement {
    /// The number is not greater than the limit.
    Within,
    /// The number is greater: a finding, described in one line.
    Exceeded(String),
    /// There is no number, such as a percentile of no samples: that proves nothing, and one line says so.
    Unmeasured(String),
}

impl Threshold {
    /// Checks that a run of this scenario will measure the number.
    ///
    /// # Errors
    /// If it will not; the cure names what it measures.
    pub(crate) fn check(&self, prepared: &Prepared) -> Result<(), ScenarioError> {
        let names = prepared.metric_names();
        if names.contains(&self.metric) {
            return Ok(());
        }
        let cure = match names.as_slice() {
            [] => "leave --fail-on out: this scenario measures nothing".to_owned(),
            names => format!("use one of {}", names.join(", ")),
        };
        let metric = format!("{:?}", self.metric);
        Err(ScenarioError::new(ScenarioErrorKind::UnknownWord, "command line", "--fail-on", &metric, &cure))
    }

    /// Judges a run.
    pub(crate) fn judge(&self, artifact: &Artifact) -> Judgement {
        let value = artifact.metrics().into_iter().find(|(name, _)| *name == self.metric).and_then(|(_, value)| value);
        match value {
            Some(value) if value > self.limit => {
                Judgement::Exceeded(format!("{} is {value}, over the limit of {}", self.metric, self.limit))
            }
            Some(_) => Judgement::Within,
            None => Judgement::Unmeasured(format!("{} has no value in this run, so that {self} cannot be judged", self.metric)),
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.metric, self.limit)
    }
}

impl FromStr for Threshold {
    type Err = InvalidThreshold;

    fn from_str(text: &str) -> Result<Self, InvalidThreshold> {
        let invalid = || InvalidThreshold { text: text.to_owned() };
        let (metric, limit) = text.split_once('=').ok_or_else(invalid)?;
        let limit = limit.parse::<f64>().ok().filter(|limit| limit.is_finite()).ok_or_else(invalid)?;
        Ok(Self { metric: metric.to_owned(), limit })
    }
}

/// A text that is no threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidThreshold {
    text: String,
}

impl fmt::Display for InvalidThreshold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is no threshold; use a metric, = and a number, such as stale_reads=100", self.text)
    }
}

impl std::error::Error for InvalidThreshold {}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_threshold_survives_printing() {
        let threshold: Threshold = "time_to_consistency.p99_ms=140.5".parse().unwrap();
        assert_eq!(threshold, Threshold { metric: "time_to_consistency.p99_ms".to_owned(), limit: 140.5 });
        assert_eq!(threshold.to_string().parse(), Ok(threshold));
    }

    #[rstest]
    fn what_is_no_threshold_is_named_with_the_cure(
        #[values("", "stale_reads", "stale_reads=", "stale_reads=NaN", "a=b=1")] text: &str,
    ) {
        let message = text.parse::<Threshold>().unwrap_err().to_string();
        assert!(message.starts_with(&format!("{text:?}")) && message.contains("stale_reads=100"), "{message}");
    }
}
