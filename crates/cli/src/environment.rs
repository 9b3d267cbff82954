//! The environment variables, as data.

use std::ffi::OsString;

use cluster_sim_registry::{Registry, ScenarioError, ScenarioErrorKind, Variables};
use tracing_subscriber::EnvFilter;

/// The variable that turns on logging.
pub(crate) const LOG: &str = "RUST_LOG";

/// Everything that is read from the environment, once, at the start.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    /// The variables that the systems declare.
    pub(crate) variables: Variables,
    /// The filter of the log; `None` logs nothing.
    pub(crate) log: Option<EnvFilter>,
}

impl Environment {
    /// Reads the environment of this process.
    ///
    /// # Errors
    /// If a variable has an invalid value.
    pub(crate) fn read(registry: &Registry) -> Result<Self, ScenarioError> {
        Self::from_variables(registry, variable)
    }

    fn from_variables(registry: &Registry, variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, ScenarioError> {
        let mut environment = Self { variables: Variables::read(registry.variables(), &variable)?, log: None };
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

fn filter(text: &str) -> Result<EnvFilter, ScenarioError> {
    EnvFilter::builder().parse(text).map_err(|error| {
        let cure = format!("use targets and levels such as cluster_sim=debug,info, or unset it ({error})");
        ScenarioError::new(ScenarioErrorKind::Misfit, LOG, "environment", &format!("{text:?}"), &cure)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Result<Environment, ScenarioError> {
        let registry = cluster_sim_scenarios::builtin();
        Environment::from_variables(&registry, |variable| (variable == name).then(|| value.into()))
    }

    #[test]
    fn variables_of_every_system_are_read() {
        let declared: Vec<_> = cluster_sim_scenarios::builtin().variables().collect();
        assert!(!declared.is_empty(), "a system declares one");
        for variable in declared {
            let set = with(variable.name, "7").unwrap();
            assert!(set.variables.get(variable.name).is_some(), "{}", variable.name);
            assert!(with("OTHER", "7").unwrap().variables.get(variable.name).is_none(), "{}", variable.name);
        }
    }

    #[test]
    fn edge_41_a_filter_that_does_not_fit_is_refused() {
        let error = with(LOG, "cluster_sim=loud").unwrap_err();
        let place = (error.kind, error.file.as_str(), error.path.as_str());
        assert_eq!(place, (ScenarioErrorKind::Misfit, LOG, "environment"));
        assert!(error.cure.contains("unset it ("), "{error}");
    }

    #[test]
    fn edge_41_nothing_is_logged_unless_asked_for() {
        assert!(with(LOG, "").unwrap().log.is_none());
        assert!(with(LOG, "cluster_sim=debug").unwrap().log.is_some());
    }
}
