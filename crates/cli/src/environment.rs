//! The environment variables, as data.

use std::ffi::OsString;

use cluster_sim_scenarios::edge_cache::{CAPACITY_MAX, Defaults};
use cluster_sim_scenarios::{ScenarioError, ScenarioErrorKind};
use tracing_subscriber::EnvFilter;

/// The variable that sets the capacity of the source's fan-out (EDGE-40).
const CAPACITY: &str = "EDGE_CONSISTENCY_SOURCE_FANOUT_CAPACITY";
/// The variable that turns on logging (EDGE-41).
const LOG: &str = "RUST_LOG";

/// Everything that is read from the environment, once, at the start.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    /// Values for fields that a scenario omits.
    pub(crate) defaults: Defaults,
    /// The filter of the log; `None` logs nothing.
    pub(crate) log: Option<EnvFilter>,
}

impl Environment {
    /// Reads the environment of this process.
    ///
    /// # Errors
    /// If a variable has an invalid value.
    pub(crate) fn read() -> Result<Self, ScenarioError> {
        Self::from_variables(variable)
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, ScenarioError> {
        let mut environment = Self::default();
        if let Some(text) = variable(CAPACITY) {
            environment.defaults.source_fanout_capacity = capacity(&text.to_string_lossy())?;
        }
        // A shell that meant to unset the variable may leave it empty.
        if let Some(text) = variable(LOG).filter(|text| !text.is_empty()) {
            environment.log = Some(filter(&text.to_string_lossy())?);
        }
        Ok(environment)
    }
}

#[expect(clippy::disallowed_methods, reason = "the command line is the one place where the environment enters, as data")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn capacity(text: &str) -> Result<u32, ScenarioError> {
    let cure = format!("use a whole number from 1 to {CAPACITY_MAX}, or unset it");
    let refused = |kind| ScenarioError::new(kind, CAPACITY, "environment", &format!("{text:?}"), &cure);
    match text.parse::<u64>() {
        Ok(number) if (1..=CAPACITY_MAX).contains(&number) => {
            u32::try_from(number).map_err(|_| refused(ScenarioErrorKind::OutOfRange))
        }
        Ok(_) => Err(refused(ScenarioErrorKind::OutOfRange)),
        Err(_) => Err(refused(ScenarioErrorKind::WrongType)),
    }
}

fn filter(text: &str) -> Result<EnvFilter, ScenarioError> {
    EnvFilter::builder().parse(text).map_err(|error| {
        let cure = format!("use targets and levels such as cluster_sim=debug,info, or unset it ({error})");
        ScenarioError::new(ScenarioErrorKind::Misfit, LOG, "environment", &format!("{text:?}"), &cure)
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn with(name: &str, value: &str) -> Result<Environment, ScenarioError> {
        Environment::from_variables(|variable| (variable == name).then(|| value.into()))
    }

    #[test]
    fn edge_40_the_capacity_is_1024_unless_set() {
        let capacity = |environment: Environment| environment.defaults.source_fanout_capacity;
        assert_eq!(capacity(Environment::from_variables(|_| None).unwrap()), 1024);
        assert_eq!(capacity(with(CAPACITY, "7").unwrap()), 7);
    }

    #[rstest]
    #[case(CAPACITY, "", ScenarioErrorKind::WrongType)]
    #[case(CAPACITY, "many", ScenarioErrorKind::WrongType)]
    #[case(CAPACITY, "-1", ScenarioErrorKind::WrongType)]
    #[case(CAPACITY, "0", ScenarioErrorKind::OutOfRange)]
    #[case(CAPACITY, "99999999999", ScenarioErrorKind::OutOfRange)]
    #[case(LOG, "cluster_sim=loud", ScenarioErrorKind::Misfit)]
    fn edge_40_and_41_a_value_that_does_not_fit_is_refused(
        #[case] name: &str,
        #[case] value: &str,
        #[case] kind: ScenarioErrorKind,
    ) {
        let error = with(name, value).unwrap_err();
        assert_eq!((error.kind, error.file.as_str(), error.path.as_str()), (kind, name, "environment"));
        assert_eq!(error.value, format!("{value:?}"));
        assert!(error.cure.ends_with("unset it") || error.cure.contains("unset it ("), "{error}");
    }

    #[test]
    fn edge_41_nothing_is_logged_unless_asked_for() {
        assert!(with(LOG, "").unwrap().log.is_none());
        assert!(with(LOG, "cluster_sim=debug").unwrap().log.is_some());
    }
}
