//! The same seed gives the same run, whatever runs beside it, and another run gives another digest.
//!
//! [`committed`]: the digests of the ready scenarios are those of `digests.toml`. [`repeated`]: a second time, in a fresh thread, in
//! many at once. [`sliced`]: in one go, in slices, looked at or not. [`reports`]: the files are equal byte for byte. [`fields`]:
//! whatever differs between two runs differs in their digests. [`twice`]: two runs that differ are found out, and where they part.
//!
//! Across processes: every test under nextest has a process of its own, and the lines of `digests.toml` were written by another one.
//! The built command line is run twice by `edge_d09_two_processes_write_equal_bytes_and_the_echo_gives_the_run_again` in
//! `crates/cli/tests/run.rs`, with and without a log by `edge_41_d09_the_log_changes_nothing_in_the_report` beside it, and the
//! optimised one twice more by the step `digests` of `cargo xtask check`.

mod committed;
mod fields;
mod repeated;
mod reports;
mod sliced;
mod stories;
mod twice;

use cluster_sim_scenarios::edge_cache::Defaults;
use cluster_sim_scenarios::{Prepared, Registry};

/// Every ready scenario by its name.
fn ready() -> Vec<(&'static str, Prepared)> {
    let registry = Registry::builtin();
    let prepare = |scenario: &cluster_sim_scenarios::BuiltinScenario| {
        (scenario.name(), scenario.prepare(&Defaults::default()).expect("a ready scenario is fit to run"))
    };
    registry.scenarios().map(prepare).collect()
}

/// The ready scenario of that name.
fn named(name: &str) -> Prepared {
    let found = ready().into_iter().find(|(ready, _)| *ready == name);
    found.unwrap_or_else(|| panic!("no ready scenario is called {name:?}")).1
}
