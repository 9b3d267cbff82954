//! A fault at the worst moment: the leader crashes once it has committed.

use cluster_sim::fault::{FaultKind, Trigger};
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;

use super::facts::Applied;
use super::status::Status;
use super::{profile, raft};

/// Crashes a leader at the first commit of its term, before its followers hear of it.
fn crash_at_the_first_commit() -> Trigger {
    Trigger::with_state(
        "a leader commits for the first time in its term",
        || 0,
        |crashed, change, world| {
            let Applied(entry) = change.fact()?;
            let status = world.view::<Status>(change.node())?;
            if !status.leads || entry.term != status.term || entry.term <= *crashed {
                return None;
            }
            *crashed = entry.term;
            Some(NodeFault::Crash { node: world.name(change.node()).to_owned(), down_for: Some(milliseconds(300)) })
        },
    )
}

#[test]
fn leaders_that_crash_at_their_first_commit_lose_nothing() {
    let others = profile().without([FaultKind::Crash, FaultKind::QuickRestart, FaultKind::Pause]);
    let sweep = raft(None).chaos(others).trigger(crash_at_the_first_commit().at_most(5)).campaign(0..60).with_coverage().run();
    sweep.assert_ok();
    let fired = sweep.coverage().expect("it was asked for").triggers.values().sum::<u64>();
    assert!(fired >= 240, "the trigger fired {fired} times");
}
