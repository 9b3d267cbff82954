//! Limits that turn a measured number into a finding.

use std::fmt;
use std::str::FromStr;

use cluster_sim_simulation::text::closest;

use crate::artifact::Artifact;
use crate::error::{ScenarioError, ScenarioErrorKind};
use crate::prepared::Prepared;

/// A number of the report and the most it may be: `--max METRIC=LIMIT`.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricLimit {
    metric: String,
    limit: f64,
}

/// How a run compares with a limit.
#[derive(Debug, Clone, PartialEq)]
pub enum LimitJudgement {
    /// The number does not exceed the limit.
    Within,
    /// The number exceeds the limit: a finding, described in one line.
    Exceeded(String),
    /// There is no number, such as a percentile of no samples. That proves nothing; described in one line.
    Unmeasured(String),
}

impl MetricLimit {
    /// Allows a number of the report to be at most `limit`.
    pub fn new(metric: &str, limit: f64) -> Self {
        Self { metric: metric.to_owned(), limit }
    }

    /// The dotted name of the number.
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// Checks that a run of this scenario will measure the number.
    ///
    /// # Errors
    /// If it will not; the cure names what it measures.
    pub fn check(&self, prepared: &Prepared) -> Result<(), ScenarioError> {
        let names = prepared.metric_names();
        if names.contains(&self.metric) {
            return Ok(());
        }
        let cure = match names.as_slice() {
            [] => "leave --max out: this scenario measures nothing".to_owned(),
            names => {
                let meant = closest(&self.metric, names.iter().map(String::as_str));
                let meant = meant.map_or_else(String::new, |name| format!("did you mean {name}? "));
                format!("{meant}use one of {}", names.join(", "))
            }
        };
        let metric = format!("{:?}", self.metric);
        Err(ScenarioError::new(ScenarioErrorKind::UnknownWord, "command line", "--max", &metric, &cure))
    }

    /// Compares the number that a run measured with the limit.
    pub fn judge(&self, artifact: &Artifact) -> LimitJudgement {
        let value = artifact.metrics().into_iter().find(|(name, _)| *name == self.metric).and_then(|(_, value)| value);
        match value {
            Some(value) if value > self.limit => {
                LimitJudgement::Exceeded(format!("{} is {value}, over the limit of {}", self.metric, self.limit))
            }
            Some(_) => LimitJudgement::Within,
            None => {
                LimitJudgement::Unmeasured(format!("{} has no value in this run, so --max {self} cannot be judged", self.metric))
            }
        }
    }
}

impl fmt::Display for MetricLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.metric, self.limit)
    }
}

impl FromStr for MetricLimit {
    type Err = InvalidLimit;

    fn from_str(text: &str) -> Result<Self, InvalidLimit> {
        let invalid = || InvalidLimit { text: text.to_owned() };
        let (metric, limit) = text.split_once('=').ok_or_else(invalid)?;
        let limit = limit.parse::<f64>().ok().filter(|limit| limit.is_finite()).ok_or_else(invalid)?;
        Ok(Self { metric: metric.to_owned(), limit })
    }
}

/// A text that is not of the form `METRIC=LIMIT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidLimit {
    text: String,
}

impl fmt::Display for InvalidLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is not a limit; use a metric, = and a number, such as retries=100", self.text)
    }
}

impl std::error::Error for InvalidLimit {}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_limit_round_trips_through_its_text() {
        let limit: MetricLimit = "latency.p99_ms=140.5".parse().unwrap();
        assert_eq!(limit, MetricLimit { metric: "latency.p99_ms".to_owned(), limit: 140.5 });
        assert_eq!(limit.to_string().parse(), Ok(limit));
    }

    #[rstest]
    fn text_that_is_not_a_limit_is_refused_with_an_example(
        #[values("", "retries", "retries=", "retries=NaN", "a=b=1")] text: &str,
    ) {
        let message = text.parse::<MetricLimit>().unwrap_err().to_string();
        assert!(message.starts_with(&format!("{text:?}")) && message.contains("retries=100"), "{message}");
    }
}
