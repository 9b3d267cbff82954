//! One seed gives one run, whatever runs beside it, and another run gives another digest.
//!
//! [`committed`]: the digests of the builtin scenarios are those of `digests.toml`. [`repeated`]: a second run, a fresh thread,
//! many threads at once. [`sliced`]: a run in slices, inspected or not. [`reports`]: files are equal byte for byte. [`fields`]:
//! every field of a record enters the digest. [`check`]: the determinism check finds two runs that differ, and the first event
//! that differs.
//!
//! Across processes: every test under nextest has a process of its own, and the lines of `digests.toml` were written by another
//! one. The built command line runs a scenario twice in
//! `edge_d09_two_processes_write_equal_bytes_and_the_echo_gives_the_run_again` in `crates/cli/tests/run.rs`, with and without a
//! log by `edge_41_d09_the_log_changes_nothing_in_the_report` beside it, and the optimised one again by the step `digests` of
//! `cargo xtask check`.

mod cases;
mod check;
mod committed;
mod fields;
mod repeated;
mod reports;
mod sliced;

use cluster_sim_scenarios::{Prepared, Variables};

/// The names of all builtin scenarios.
fn ready() -> Vec<(String, Prepared)> {
    let registry = cluster_sim_scenarios::builtin();
    let prepare = |scenario: &cluster_sim_scenarios::BuiltinScenario| {
        (scenario.name().to_owned(), scenario.prepare(&Variables::default()).expect("a ready scenario is fit to run"))
    };
    registry.scenarios().map(prepare).collect()
}

/// Prepares a builtin scenario.
fn named(name: &str) -> Prepared {
    let found = ready().into_iter().find(|(ready, _)| ready == name);
    found.unwrap_or_else(|| panic!("no ready scenario is called {name:?}")).1
}
