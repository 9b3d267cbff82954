//! The attribute `#[cluster_sim::test]`. Use it as that; this package is only where the compiler wants it to be.

mod expanded;
mod options;

use proc_macro::TokenStream;

/// Makes a test over many seeds of a function that gives a scenario, or that takes a seed and gives the report of a run that it drove itself.
///
/// ```ignore
/// #[cluster_sim::test(seeds = 64)]
/// fn elects_one_leader() -> Scenario {
///     Scenario::new("raft").nodes("raft", 3, raft).always("at most one leader", at_most_one_leader)
/// }
///
/// #[cluster_sim::test]
/// fn a_healed_cut_lets_it_go_on(seed: Seed) -> Report {
///     let mut sim = raft().start(seed);
///     let cut = sim.partition([2], [0, 1]);
///     sim.run_for(Duration::from_secs(5));
///     cut.heal();
///     sim.finish()
/// }
/// ```
///
/// The test fails with the report of the first seed that does not hold, which ends with a line that runs that seed alone. Once all held, the
/// first seed is run twice more, and the test fails if these runs differ.
///
/// | option | | default |
/// |---|---|---|
/// | `seeds = 64`, `seeds = 5..64` | how many seeds from 0, or which | 64 |
/// | `max_failures = 3` | goes on until seeds failed in so many different ways | 1 |
/// | `threads = 2` | runs so many seeds at a time | as the scenario says, or all cores |
/// | `isolate = true` | runs seeds in processes of their own: a crash or an endless loop is the finding of its seed | false |
/// | `check_determinism = false` | does not compare two runs of the first seed | true |
///
/// | variable | |
/// |---|---|
/// | `CLUSTER_SIM_SEED=0x2a` | runs exactly that seed, once |
/// | `CLUSTER_SIM_SEEDS=5..64` | takes these seeds in place of the test's own; a number alone is how many from 0 |
///
/// Other attributes, such as `#[should_panic]`, are those of the test.
#[proc_macro_attribute]
pub fn test(options: TokenStream, function: TokenStream) -> TokenStream {
    expanded::expanded(options.into(), function.into()).into()
}
