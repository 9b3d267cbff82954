use std::collections::{BTreeMap, BTreeSet};

use cluster_sim::report::Digest;
use cluster_sim::{Outcome, Seed};
use cluster_sim_scenarios::{BuiltinScenario, Registry};
use rstest::rstest;

use crate::{named, ready};

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

/// As [`disagreement`], for one run of a builtin scenario.
fn disagreement_of(name: &str) -> Option<String> {
    disagreement(name, committed()[0].get(name), &named(name).run().digest.to_string())
}

#[rstest]
fn edge_d09_builtin_edge_cache_scenarios_have_their_committed_digest(
    #[values("", "-control", "-burst-lag", "-version-gated", "-async", "-short", "-short-async")] which: &str,
) {
    let wrong = disagreement_of(&format!("edge-cache{which}"));
    assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
}

#[rstest]
fn small_builtin_scenarios_have_their_committed_digest(
    #[values("echo", "echo-async", "gossip", "gossip-async", "canary")] name: &str,
) {
    let wrong = disagreement_of(name);
    assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
}

#[rstest]
fn bug_hunts_have_their_committed_digest(
    #[values("echo", "gossip", "edge-cache")] system: &str,
    #[values("", "-async")] form: &str,
) {
    let wrong = disagreement_of(&format!("hunt-{system}{form}"));
    assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
}

/// The step `digests` of `cargo xtask check` compares the release build with the committed line, in two processes. This test
/// compares the test build, with its debug assertions and overflow checks.
#[rstest]
fn ten_thousand_seeds_hold_with_the_committed_folded_digest(
    #[values("edge-cache-short", "edge-cache-short-async", "echo", "echo-async", "gossip", "gossip-async")] name: &str,
) {
    let prepared = named(name);
    let mut folded = Digest::default();
    for seed in 0..SEEDS {
        let report = prepared.scenario().run(Seed(seed));
        assert_eq!(report.outcome, Outcome::Held, "{report}");
        folded.fold_run(report.digest);
    }
    let wrong = disagreement(name, committed()[1].get(name), &folded.to_string());
    assert!(wrong.is_none(), "over {SEEDS} seeds: {}", wrong.unwrap_or_default());
}

#[test]
fn every_builtin_scenario_has_a_committed_digest_and_vice_versa() {
    let [single, many] = committed();
    let every: BTreeSet<String> = ready().into_iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(single.into_keys().collect::<BTreeSet<_>>(), every, "write them anew with `{WRITE}`");
    let registry = Registry::builtin();
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
