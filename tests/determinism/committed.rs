use std::collections::{BTreeMap, BTreeSet};

use cluster_sim::report::Digest;
use cluster_sim::{Outcome, Seed};
use cluster_sim_scenarios::{BuiltinScenario, Variables, each_system};

use crate::ready;

/// The output of the command line at the last intended change of the digests.
const COMMITTED: &str = include_str!("../digests.toml");

/// The command that writes them again.
const WRITE: &str = "cargo run --release -p cluster-sim-cli -- digests > tests/digests.toml";

/// The short scenarios are run with the seeds below this.
const SEEDS: u64 = 10_000;

/// Digests by name: of one run each, and folded over many seeds.
fn committed() -> [BTreeMap<String, String>; 2] {
    let mut single: toml::Table = toml::from_str(COMMITTED).expect("tests/digests.toml is a table of names and digests");
    let many = single.remove(&format!("first_{SEEDS}_seeds")).expect("it has a table for the first seeds");
    let digests = |table: toml::Value| table.try_into().expect("each digest is a text");
    [digests(toml::Value::Table(single)), digests(many)]
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
    for seed in 0..SEEDS {
        let report = prepared.scenario().run(Seed(seed));
        assert_eq!(report.outcome, Outcome::Held, "{report}");
        folded.fold_run(report.digest);
    }
    let wrong = disagreement(scenario.name(), committed()[1].get(scenario.name()), &folded.to_string());
    assert!(wrong.is_none(), "over {SEEDS} seeds: {}", wrong.unwrap_or_default());
}

/// Tests of one system at a time, so that they run side by side.
///
/// The step `digests` of `cargo xtask check` compares the release build with the committed lines, in two processes. These compare the test
/// build, with its debug assertions and overflow checks.
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
            fn ten_thousand_seeds_hold_with_the_committed_folded_digest() {
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

#[test]
fn the_canary_has_its_committed_digest() {
    assert_committed(cluster_sim_scenarios::builtin().named("canary").expect("it is builtin"));
}

#[test]
fn every_builtin_scenario_has_a_committed_digest_and_vice_versa() {
    let [single, many] = committed();
    let every: BTreeSet<String> = ready().into_iter().map(|(name, _)| name).collect();
    assert_eq!(single.into_keys().collect::<BTreeSet<_>>(), every, "write them anew with `{WRITE}`");
    let registry = cluster_sim_scenarios::builtin();
    let short = registry.scenarios().filter(|scenario| scenario.is_for_many_seeds()).map(BuiltinScenario::name);
    assert_eq!(many.into_keys().collect::<BTreeSet<_>>(), short.map(str::to_owned).collect(), "write them anew with `{WRITE}`");
}

#[test]
fn the_digests_of_different_scenarios_differ() {
    let [single, many] = committed();
    let lines = single.len() + many.len();
    let digests: BTreeSet<String> = single.into_values().chain(many.into_values()).collect();
    assert_eq!(digests.len(), lines);
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
