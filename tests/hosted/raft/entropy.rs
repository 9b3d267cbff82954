//! raft draws election timeouts from the generator of the thread, unless its host sets them.

use cluster_sim::prelude::*;

use super::mistakes::Flaw;
use super::raft;

#[test]
fn timeouts_of_the_thread_are_found_on_their_node() {
    let check = raft(Some(Flaw::DrawsFromTheThread)).check_determinism(Seed(7));
    assert_eq!(check.outcome(), Outcome::Nondeterministic, "{check}");
    let event = check.divergence().and_then(|divergence| divergence.event.as_ref()).expect("the runs differ");
    assert!(event.node.starts_with("replica/"), "{check}");
}

#[test]
fn two_runs_with_rolled_timeouts_are_equal() {
    for seed in 0..8 {
        raft(None).check_determinism(Seed(seed)).assert_ok();
    }
}
