//! The attribute macro `#[cluster_sim::test]`.
//!
//! Use it through the facade crate: a procedural macro must live in a package of its own.

mod expanded;
mod options;

use proc_macro::TokenStream;

/// Turns a function that returns a scenario, or that runs one seed, into a test over many seeds.
///
/// The function takes nothing and returns a `Scenario`, or takes a `Seed` and returns the `Report` of a run that it drove itself.
///
/// ```ignore
/// #[cluster_sim::test(seeds = 64)]
/// fn elects_one_leader() -> Scenario {
///     Scenario::new("raft").nodes("raft", 3, raft).always("at most one leader", at_most_one_leader)
/// }
///
/// #[cluster_sim::test]
/// fn the_cluster_makes_progress_after_a_heal(seed: Seed) -> Report {
///     let mut sim = raft().start(seed);
///     let cut = sim.partition([2], [0, 1]);
///     sim.run_for(Duration::from_secs(5));
///     cut.heal();
///     sim.finish()
/// }
/// ```
///
/// The test fails with the report of the first failing seed, which ends with a command that runs that seed alone. If all seeds
/// pass, the test runs the first seed twice more and fails if these runs differ.
///
/// | option | | default |
/// |---|---|---|
/// | `seeds = 64`, `seeds = 5..64` | number of seeds from 0, or a range | 64 |
/// | `max_failures = 3` | continues until this many different failures are found | 1 |
/// | `threads = 2` | runs this many seeds at a time | set by the scenario, or all cores |
/// | `isolate = true` | runs seeds in worker processes; an abort or a hang fails that seed | false |
/// | `check_determinism = false` | does not compare two runs of the first seed | true |
///
/// | variable | |
/// |---|---|
/// | `CLUSTER_SIM_SEED=0x2a` | runs only that seed, once |
/// | `CLUSTER_SIM_SEEDS=5..64` | replaces the seeds of the test; a plain number counts seeds from 0 |
///
/// Other attributes, such as `#[should_panic]`, apply to the test.
#[proc_macro_attribute]
pub fn test(options: TokenStream, function: TokenStream) -> TokenStream {
    expanded::expanded(options.into(), function.into()).into()
}
