//! Environment variables that tests read.

use std::ffi::OsString;

/// Runs exactly one seed, once.
pub(crate) const SEED: &str = "CLUSTER_SIM_SEED";
/// Replays the case of a reproducer file.
pub(crate) const REPLAY: &str = "CLUSTER_SIM_REPLAY";
/// Runs other seeds than the test's own.
pub(crate) const SEEDS: &str = "CLUSTER_SIM_SEEDS";
/// Set by cargo-nextest for the tests that it runs.
pub(crate) const NEXTEST: &str = "NEXTEST";

#[expect(clippy::disallowed_methods, reason = "the environment of a test selects its seeds, and says what runs it")]
pub(crate) fn environment_variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
