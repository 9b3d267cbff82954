//! Mistakes in the code around raft: each is found within the seeds granted to it in advance.

use cluster_sim::fault::FaultKind;
use cluster_sim::prelude::*;

use super::glue::{Flaw, Written, Wrote};
use super::rules::LogMatching;
use super::{profile, raft};

const SEEDS: u64 = 40;

/// Asserts that a seed breaks this rule first, and that few faults show it.
#[track_caller]
fn assert_found(flaw: Flaw, rule: &str) {
    let scenario = raft(Some(flaw));
    let reports = (0..SEEDS).map(|seed| scenario.run(Seed(seed)));
    let is_broken = |report: &Report| report.violations.first().is_some_and(|violation| violation.rule == rule);
    let report = reports.into_iter().find(is_broken).expect("a seed breaks the rule");
    let minimized = scenario.shrink(&report).expect("it broke a rule");
    assert!(minimized.faults.1 <= 3, "{minimized}");
}

#[test]
fn a_replica_that_forgets_its_vote_elects_two_leaders() {
    assert_found(Flaw::ForgetsItsVote, "at most one leader a term");
}

#[test]
fn entries_applied_before_their_commit_differ() {
    assert_found(Flaw::AppliesTheWritten, "replicas apply equal entries");
}

#[test]
fn an_entry_applied_before_its_commit_is_missing_in_a_leader() {
    assert_found(Flaw::AppliesTheWritten, "a leader has what was applied");
}

/// Writes an entry that depends on the node, in one term.
async fn write(node: Node) {
    node.emit(Wrote(Written { index: 1, term: 1, hash: u64::from(node.id()) }));
}

#[test]
fn equal_entries_in_unequal_logs_break_their_rule() {
    let report = Scenario::new("write").nodes("node", 2, write).observe("log", LogMatching::default).run(Seed(7));
    assert_eq!(report.violations[0].message, "their logs differ up to entry 1 of term 1");
}

#[test]
fn raft_panics_on_a_replica_whose_log_a_crash_erased() {
    let crashing = raft(None).chaos(profile().also([FaultKind::Crash, FaultKind::QuickRestart]).sparing(["client"]));
    let reports = (0..SEEDS).map(|seed| crashing.run(Seed(seed)));
    let report = reports.into_iter().find(|report| report.outcome == Outcome::Panicked).expect("a seed erases a log");
    let panic = report.panic.as_ref().expect("a replica panicked");
    assert!(panic.message.contains("is out of range"), "{report}");
    let minimized = crashing.shrink(&report).expect("a replica panicked");
    assert_eq!(minimized.faults.1, 1, "{minimized}");
}
