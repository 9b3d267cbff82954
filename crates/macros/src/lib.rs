//! The attribute macro `#[cluster_sim::test]`.
//!
//! Use it through the facade crate: a procedural macro must live in a package of its own.

mod expanded;
mod options;

use proc_macro::TokenStream;

/// Turns a function that returns a scenario, or that runs one seed, into a test over many seeds.
///
/// | function | a failing seed is |
/// |---|---|
/// | `fn() -> Scenario` | minimized, recorded and kept for a replay |
/// | `fn(Seed) -> Report` | the same, by way of the scenario that the report came from: for a scenario or a plan that depends on the seed |
/// | `fn(Trial) -> Report` | the same, by calls of the function: for a run that it starts by `trial.start(&scenario)` and steers itself |
///
/// A function that takes a `Seed` runs a scenario with that seed, by `run`, and returns the report; of several runs, the one whose
/// report it returns is minimized. If it steers the run between its steps, the scenario alone does not give it again: the failure is
/// reported with that reason, and is not minimized. A function that takes a `Trial` is called for every case that minimization
/// tries; its own steps are code, and stay in all of them.
///
/// ```ignore
/// #[cluster_sim::test(seeds = 64)]
/// fn elects_one_leader() -> Scenario {
///     Scenario::new("raft").nodes("raft", 3, raft).always("at most one leader", at_most_one_leader)
/// }
///
/// #[cluster_sim::test]
/// fn elects_one_leader_of_any_number(seed: Seed) -> Report {
///     raft_of(3 + seed.0 as u32 % 5).run(seed)
/// }
///
/// #[cluster_sim::test]
/// fn the_cluster_makes_progress_after_a_heal(trial: Trial) -> Report {
///     let mut sim = trial.start(&raft());
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
/// | `check_determinism = false` | compares no two runs of a seed that passes: of the first seed, and of a sample of the others | true |
/// | `require_coverage = true` | fails if the seeds together leave out a point, a rule, a kind of fault or all chaos | false |
/// | `require_sometimes = true` | fails if no seed reaches a `sometimes` or `reachable` point | false |
/// | `max_time = "2m"` | starts no more seeds after this real time, and then fails; also bounds minimization | no bound |
/// | `minimize = false` | does not minimize a failure | true |
/// | `minimize_runs = 500` | minimizes a failure by at most this many runs | 10,000 |
/// | `minimize_time = "10s"` | minimizes a failure for at most this real time | one minute |
/// | `crate = "sim"` | path by which the expansion finds cluster-sim, if it is renamed or re-exported | `::cluster_sim` |
///
/// A time is a number with the unit `ms`, `s`, `m` or `h`.
///
/// | variable | |
/// |---|---|
/// | `CLUSTER_SIM_SEED=0x2a` | runs only that seed, once |
/// | `CLUSTER_SIM_SEEDS=5..64` | replaces the seeds of the test; a plain number counts seeds from 0 |
/// | `CLUSTER_SIM_REPLAY=FILE` | runs only the minimized case of a reproducer, once |
///
/// Other attributes, such as `#[should_panic]`, apply to the test. Import the prelude, not the root of the crate: `use cluster_sim::*`
/// takes this attribute too, so that a plain `#[test]` is ambiguous.
#[proc_macro_attribute]
pub fn test(options: TokenStream, function: TokenStream) -> TokenStream {
    expanded::expanded(options.into(), function.into()).into()
}
