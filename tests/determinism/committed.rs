use std::collections::{BTreeMap, BTreeSet};

use cluster_sim::report::Digest;
use cluster_sim::{Outcome, Seed};
use cluster_sim_scenarios::{BuiltinScenario, Variables, each_system};

use crate::ready;

/// The output of the command line at the last intended change of the digests.
const COMMITTED: &str = include_str!("../digests.toml");

/// The command that writes them again.
const WRITE: &str = "cargo run --release -p cluster-sim-cli -- digests > tests/digests.toml";

/// The short scenarios are run with the seeds below this: those of the step `digests`, in a release build, and those of these tests.
const SEEDS: [u64; 2] = [10_000, 1_000];

/// Digests by name: of one run each, and folded over each number of [`SEEDS`].
fn committed() -> [BTreeMap<String, String>; 3] {
    let mut single: toml::Table = toml::from_str(COMMITTED).expect("tests/digests.toml is a table of names and digests");
    let [most, fewer] =
        SEEDS.map(|seeds| single.remove(&format!("first_{seeds}_seeds")).expect("it has a table for the first seeds"));
    [toml::Value::Table(single), most, fewer].map(|table| table.try_into().expect("each digest is a text"))
}

/// Why a digest is wrong, and the cure; none if it is right.
fn disagreement(name: &str, committed: Option<&String>, computed: &str) -> Option<String> {
    let cure = format!("if the change is meant: `{WRITE}`, and a note `digest changed` in the changelog");
    match committed {
        Some(committed) if committed == computed => None,
        Some(committed) => {
            Some(format!("scenario {name} has the digest {computed}, and tests/digests.toml has {committed} for it; {cure}"))
        }
        None => Some(format!("scenario {name} has the digest {computed}, and tests/digests.toml has no line for it; {cure}")),
    }
}

/// Asserts that a scenario has its committed digest.
fn assert_committed(scenario: &BuiltinScenario) {
    let prepared = scenario.prepare(&Variables::default()).expect("a builtin scenario is fit to run");
    let (name, digest) = (scenario.name(), prepared.run().digest.to_string());
    let wrong = disagreement(name, committed()[0].get(name), &digest);
    assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
}

/// Asserts that a short scenario holds from many seeds, with its committed digest over all of them.
fn assert_committed_over_seeds(scenario: &BuiltinScenario) {
    let prepared = scenario.prepare(&Variables::default()).expect("a builtin scenario is fit to run");
    let mut folded = Digest::default();
    let seeds = SEEDS[1];
    for seed in 0..seeds {
        let report = prepared.scenario().run(Seed(seed));
        assert_eq!(report.outcome, Outcome::Held, "{report}");
        folded.fold_run(report.digest);
    }
    let wrong = disagreement(scenario.name(), committed()[2].get(scenario.name()), &folded.to_string());
    assert!(wrong.is_none(), "over {seeds} seeds: {}", wrong.unwrap_or_default());
}

/// Tests of one system at a time, so that they run side by side.
///
/// The step `digests` of `cargo xtask check` compares the release build with the committed lines, in two processes. These compare the test
/// build, with its debug assertions and overflow checks, over a tenth of the seeds.
macro_rules! systems {
    ($($module:ident::$system:ident,)*) => {
        $(mod $module {
            use cluster_sim_scenarios::Registry;

            fn registry() -> Registry {
                Registry::new().with(cluster_sim_scenarios::$module::$system)
            }

            #[test]
            fn builtin_scenarios_and_bug_hunts_have_their_committed_digest() {
                registry().scenarios().for_each(super::assert_committed);
            }

            #[test]
            fn a_thousand_seeds_hold_with_the_committed_folded_digest() {
                let registry = registry();
                std::thread::scope(|scope| {
                    for scenario in registry.scenarios().filter(|scenario| scenario.is_for_many_seeds()) {
                        scope.spawn(|| super::assert_committed_over_seeds(scenario));
                    }
                });
            }
        })*
    };
}

each_system!(systems);
systems! { stream_queue::StreamQueueSystem, }

#[test]
fn the_canary_has_its_committed_digest() {
    assert_committed(cluster_sim_scenarios::builtin().named("canary").expect("it is builtin"));
}

#[test]
fn every_builtin_scenario_has_a_committed_digest_and_vice_versa() {
    let [single, most, fewer] = committed();
    let every: BTreeSet<String> = ready().into_iter().map(|(name, _)| name).collect();
    assert_eq!(single.into_keys().collect::<BTreeSet<_>>(), every, "write them anew with `{WRITE}`");
    let registry = cluster_sim_scenarios::builtin();
    let short = registry.scenarios().filter(|scenario| scenario.is_for_many_seeds()).map(BuiltinScenario::name);
    let short: BTreeSet<_> = short.map(str::to_owned).collect();
    for many in [most, fewer] {
        assert_eq!(many.into_keys().collect::<BTreeSet<_>>(), short, "write them anew with `{WRITE}`");
    }
}

#[test]
fn the_digests_of_different_scenarios_differ() {
    let all = committed();
    let lines: usize = all.iter().map(BTreeMap::len).sum();
    assert_eq!(all.into_iter().flat_map(BTreeMap::into_values).collect::<BTreeSet<_>>().len(), lines);
}

#[test]
fn a_changed_digest_is_reported_with_both_values_and_the_cure() {
    assert_eq!(disagreement("a", Some(&"01".to_owned()), "01"), None);
    let message = disagreement("a", Some(&"01".to_owned()), "02").expect("they differ");
    assert!(message.starts_with("scenario a has the digest 02, and tests/digests.toml has 01 for it; "), "{message}");
    assert!(message.contains(WRITE), "{message}");
    let message = disagreement("a", None, "02").expect("there is none");
    assert!(message.contains("no line for it") && message.contains(WRITE), "{message}");
}
