use std::collections::BTreeMap;

use rstest::rstest;

use crate::{named, ready};

/// What the command line printed when a change of the digests was last meant.
const COMMITTED: &str = include_str!("../digests.toml");

/// The line that writes them anew.
const WRITE: &str = "cargo run --release -p cluster-sim-cli -- digests > tests/digests.toml";

fn committed() -> BTreeMap<String, String> {
    toml::from_str(COMMITTED).expect("tests/digests.toml is a table of names and digests")
}

/// What is wrong with the digest of a scenario, and what to do about it.
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

#[rstest]
fn edge_d09_the_digest_of_a_ready_scenario_is_the_committed_one(
    #[values("edge-cache", "edge-cache-control", "edge-cache-burst-lag", "edge-cache-version-gated")] name: &str,
) {
    let computed = named(name).run().digest.to_string();
    let wrong = disagreement(name, committed().get(name), &computed);
    assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
}

#[test]
fn every_ready_scenario_has_a_line_and_every_line_a_scenario() {
    let mut names: Vec<&str> = ready().iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    let committed = committed();
    let lines: Vec<&str> = committed.keys().map(String::as_str).collect();
    assert_eq!(lines, names, "write them anew with `{WRITE}`");
}

#[test]
fn the_digests_of_different_scenarios_differ() {
    let digests: std::collections::BTreeSet<String> = committed().into_values().collect();
    assert_eq!(digests.len(), committed().len());
}

#[test]
fn a_digest_that_is_not_the_committed_one_is_told_with_both_and_the_cure() {
    assert_eq!(disagreement("a", Some(&"01".to_owned()), "01"), None);
    let told = disagreement("a", Some(&"01".to_owned()), "02").expect("they differ");
    assert!(told.starts_with("scenario a has the digest 02, and tests/digests.toml has 01 for it; "), "{told}");
    assert!(told.contains(WRITE), "{told}");
    let told = disagreement("a", None, "02").expect("there is none");
    assert!(told.contains("no line for it") && told.contains(WRITE), "{told}");
}
