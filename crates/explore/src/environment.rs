//! Environment variables that tests read.

use std::ffi::OsString;

use cluster_sim_simulation::text::suggested;

/// Runs exactly one seed, once.
pub(crate) const SEED: &str = "CLUSTER_SIM_SEED";
/// Replays the case of a reproducer file.
pub(crate) const REPLAY: &str = "CLUSTER_SIM_REPLAY";
/// Runs other seeds than the test's own.
pub(crate) const SEEDS: &str = "CLUSTER_SIM_SEEDS";
/// Set for a worker process: the call of a test that it continues.
pub(crate) const CALL: &str = "CLUSTER_SIM_CALL";
/// Set by cargo-nextest for the tests that it runs.
pub(crate) const NEXTEST: &str = "NEXTEST";

#[expect(clippy::disallowed_methods, reason = "the environment of a test selects its seeds, and says what runs it")]
pub(crate) fn environment_variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The names of all variables of this process.
#[expect(clippy::disallowed_methods, reason = "a name in the environment that no test reads is told")]
pub(crate) fn environment_names() -> impl Iterator<Item = String> {
    std::env::vars_os().filter_map(|(name, _)| name.into_string().ok())
}

/// Warns of names that look like a variable of this crate and are none.
pub(crate) fn unknown_variables(names: impl Iterator<Item = String>) -> Vec<String> {
    let known = [SEED, SEEDS, REPLAY].map(str::to_owned);
    let is_unknown = |name: &String| name.starts_with("CLUSTER_SIM_") && !known.contains(name) && name != CALL;
    let warning = |name: String| {
        let meant = suggested(&name, &known);
        format!("warning: no test reads the variable {name}{meant}; known: {}", known.join(", "))
    };
    names.filter(is_unknown).map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_variable_is_told_with_the_one_that_is_meant() {
        let names = ["CLUSTER_SIM_SED", "CLUSTER_SIM_SEED", "CLUSTER_SIM_CALL", "HOME"].map(str::to_owned);
        let expected = "warning: no test reads the variable CLUSTER_SIM_SED; did you mean \"CLUSTER_SIM_SEED\"; known: \
                        CLUSTER_SIM_SEED, CLUSTER_SIM_SEEDS, CLUSTER_SIM_REPLAY";
        assert_eq!(unknown_variables(names.into_iter()), [expected]);
    }
}
