//! Session guarantees of the planted bugs: which of them one client alone can see.
//!
//! The seeds were fixed before the first run, as those of `crates/scenarios/src/kv/planted.rs`. Only a client that turns from a later
//! primary to an earlier one sees the reads of a deposed primary go back, so these take more seeds than the rule over all clients.

use cluster_sim::check::history::ValueSessions;
use cluster_sim::prelude::*;
use cluster_sim_kv::{Bug, KvAnswer, KvOp};
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::kv::planted;
use rstest::rstest;

const RULE: &str = "no client sees a key go back";
const LINEARIZABLE: &str = "the store answers as one register per key";

/// Adds the session guarantees to the rules of a hunt.
fn with_sessions(bug: Option<Bug>, style: NodeStyle) -> Scenario {
    let hunt = planted::cluster(style, bug);
    hunt.cluster.history::<KvOp, KvAnswer, _>(RULE, ValueSessions::default).chaos(hunt.profile)
}

/// Returns the first seed below `seeds` whose history breaks a session guarantee, and the sentence about it.
fn first_broken(bug: Option<Bug>, style: NodeStyle, seeds: u64) -> Option<(u64, String)> {
    let judged = with_sessions(bug, style);
    (0..seeds).find_map(|seed| {
        let violations = judged.run(Seed(seed)).violations;
        violations.into_iter().find(|violation| violation.rule == RULE).map(|violation| (seed, violation.message))
    })
}

#[rstest]
#[case(Bug::ReadsAsDeposedPrimary, 2_000)]
#[case(Bug::ReadsFromBackup, 20)]
#[case(Bug::RemembersLastRequestOnly, 200)]
#[case(Bug::ForgetsRequests, 200)]
fn a_client_sees_a_key_go_back(
    #[case] bug: Bug,
    #[case] seeds: u64,
    #[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle,
) {
    let (seed, message) = first_broken(Some(bug), style, seeds).unwrap_or_else(|| panic!("{bug} within {seeds} seeds"));
    println!("{bug} {style:?} seed {seed} of {seeds}: {message}");
    // A compare-and-set that was executed twice says that it failed, and its value is there.
    assert!(["has no order of versions", "was read and never written"].iter().any(|told| message.contains(told)), "{message}");
}

/// Both clients of a lost update see versions in one order: only the rule over all of them finds it.
#[rstest]
fn a_lost_update_breaks_no_session(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    const LOST_UPDATES: usize = 40;
    let scenario = with_sessions(Some(Bug::JudgesTooEarly), style);
    let broken = (0..200).map(|seed| scenario.run(Seed(seed)).violations).filter(|violations| !violations.is_empty());
    let lost: Vec<_> = broken.take(LOST_UPDATES).collect();
    assert_eq!(lost.len(), LOST_UPDATES);
    assert_eq!(lost.iter().flatten().find(|violation| violation.rule != LINEARIZABLE), None);
}

#[rstest]
fn a_correct_store_breaks_no_session(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    assert_eq!(first_broken(None, style, 200), None);
}
