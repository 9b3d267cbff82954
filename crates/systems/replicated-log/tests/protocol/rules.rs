//! Each rule finds what it is about in scripted facts, and lets pass what is right.

use std::time::Duration;

use cluster_sim_node::{LocalInstant, NodeId};
use cluster_sim_replicated_log::rules::{At, Elections, FreshReads, LogRule, NoRegress, OneLog, Quorums};
use cluster_sim_replicated_log::{EntryId, HardState, LogFact};

use crate::cluster::members;

/// Folds facts of servers, and returns the first message.
fn judge<R: LogRule>(mut rule: R, facts: &[(u32, LogFact)]) -> Option<String> {
    let found = facts.iter().find_map(|(id, fact)| {
        let name = format!("server/{id}");
        rule.on_fact(At { group: 0, node: NodeId(*id), name: &name }, fact).err()
    });
    assert!(found.is_some() || rule.times_checked() > 0, "{facts:?} checks nothing");
    found
}

#[track_caller]
fn assert_found(found: Option<String>, part: &str) {
    assert!(
        found.as_ref().is_some_and(|message| message.starts_with("server/") && message.contains(part)),
        "{part:?} in {found:?}"
    );
}

fn promised(term: u64, vote: Option<u32>, matched: u64) -> LogFact {
    LogFact::Promised { term, vote: vote.map(NodeId), matched, chain: 100 + matched }
}

fn leads(term: u64) -> LogFact {
    LogFact::Leads { term, members: members(0..3) }
}

fn booted(term: u64, vote: Option<u32>, entries: &[(u64, u64)]) -> LogFact {
    let entries = [&[(0, 0)], entries].concat();
    LogFact::Booted { hard: HardState { term, vote: vote.map(NodeId) }, base: 0, entries }
}

fn appended(first: u64, entries: &[(u64, u64)]) -> LogFact {
    LogFact::Appended { first, entries: entries.to_vec() }
}

fn applied(term: u64, index: u64, chain: u64) -> LogFact {
    LogFact::Applied { entry: EntryId { term, index }, chain }
}

fn advanced(term: u64, of_term: u64, index: u64, stable: u64) -> LogFact {
    LogFact::Advanced { term, entry: EntryId { term: of_term, index }, stable, members: members(0..3) }
}

#[test]
fn v01_two_leaders_of_a_term_and_one_without_votes_are_found() {
    let votes = [(0, promised(1, Some(0), 0)), (1, promised(1, Some(0), 0))];
    assert_eq!(judge(Elections::default(), &[&votes[..], &[(0, leads(1))]].concat()), None);
    assert_found(judge(Elections::default(), &[&votes[..1], &[(0, leads(1))]].concat()), "with 1 votes of 3");
    assert_found(judge(Elections::default(), &[&votes[..], &[(0, leads(1)), (2, leads(1))]].concat()), "led already");
}

#[test]
fn v05_a_forgotten_term_or_vote_is_found() {
    let told = (1, promised(3, Some(0), 0));
    assert_eq!(judge(Elections::default(), &[told.clone(), (1, booted(3, Some(0), &[])), (1, booted(4, None, &[]))]), None);
    assert_found(judge(Elections::default(), &[told.clone(), (1, booted(2, None, &[]))]), "came back in term 2");
    assert_found(judge(Elections::default(), &[told.clone(), (1, booted(3, None, &[]))]), "came back in term 3");
    assert_found(judge(Elections::default(), &[told, (1, promised(3, Some(2), 0))]), "had voted for n0");
}

#[test]
fn v16_a_message_of_an_earlier_term_is_found() {
    assert_found(judge(Elections::default(), &[(1, promised(3, None, 0)), (1, promised(2, None, 0))]), "after one of term 3");
}

#[test]
fn v02_an_index_and_term_with_two_histories_are_found() {
    let first = [(0, appended(1, &[(1, 11), (1, 12)])), (1, appended(1, &[(1, 11), (1, 12)]))];
    assert_eq!(judge(OneLog::default(), &first), None);
    let other = (2, appended(1, &[(1, 21)]));
    assert_found(judge(OneLog::default(), &[&first[..], &[other]].concat()), "differs from another's");
}

#[test]
fn v03_a_leader_without_a_committed_entry_is_found() {
    let first = [(0, appended(1, &[(1, 11)])), (1, appended(1, &[(1, 11)])), (0, advanced(1, 1, 1, 1))];
    assert_eq!(judge(OneLog::default(), &[&first[..], &[(1, leads(2))]].concat()), None);
    assert_found(judge(OneLog::default(), &[&first[..], &[(2, leads(2))]].concat()), "without entry 1");
    // A leader of an earlier term that hears of its votes late needs nothing of a later one.
    let late = [(0, appended(1, &[(3, 11)])), (0, advanced(3, 3, 1, 1)), (2, leads(2))];
    assert_eq!(judge(OneLog::default(), &late), None);
}

#[test]
fn v04_two_entries_executed_at_an_index_are_found() {
    assert_eq!(judge(OneLog::default(), &[(0, applied(1, 1, 11)), (1, applied(1, 1, 11))]), None);
    assert_found(judge(OneLog::default(), &[(0, applied(1, 1, 11)), (1, applied(2, 1, 21))]), "another entry of that index");
}

#[test]
fn v15_an_entry_that_does_not_follow_is_found() {
    assert_found(judge(OneLog::default(), &[(0, LogFact::Unlinked { index: 3 })]), "does not follow");
}

#[test]
fn l06_a_cut_of_what_is_committed_or_agrees_is_found() {
    let log = [(0, appended(1, &[(1, 11), (1, 12)]))];
    assert_eq!(judge(OneLog::default(), &[&log[..], &[(0, appended(2, &[(2, 22)]))]].concat()), None);
    let committed = [(0, LogFact::Commit { index: 2 }), (0, appended(2, &[(2, 22)]))];
    assert_found(judge(OneLog::default(), &[&log[..], &committed].concat()), "2 is committed");
    assert_found(judge(OneLog::default(), &[&log[..], &[(0, appended(1, &[(1, 11)]))]].concat()), "by itself");
}

#[test]
fn l01_a_vouched_and_committed_entry_that_a_crash_took_is_found() {
    let log = [(0, appended(1, &[(1, 101)])), (0, promised(1, None, 1)), (1, applied(1, 1, 101))];
    assert_eq!(judge(OneLog::default(), &[&log[..], &[(0, booted(1, None, &[(1, 101)]))]].concat()), None);
    assert_found(judge(OneLog::default(), &[&log[..], &[(0, booted(1, None, &[]))]].concat()), "came back without entry 1");
}

#[test]
fn v05_and_v10_a_step_back_is_found() {
    let reached = [(0, LogFact::Commit { index: 4 }), (0, applied(1, 4, 14))];
    let then = |fact: LogFact| judge(NoRegress::default(), &[&reached[..], &[(0, fact)]].concat());
    let installed = |index| LogFact::Installed { last: EntryId { term: 1, index }, chain: 0, applied: 4 };
    assert_eq!(then(LogFact::Commit { index: 5 }), None);
    assert_eq!(then(installed(6)), None);
    assert_eq!(then(LogFact::Compacted { index: 4, applied: 4 }), None);
    assert_eq!(judge(NoRegress::default(), &[&reached[..], &[(0, booted(1, None, &[])), (0, applied(1, 1, 11))]].concat()), None);
    assert_found(then(LogFact::Commit { index: 3 }), "went back to 3");
    assert_found(then(applied(1, 3, 13)), "went back to 3");
    assert_found(then(installed(3)), "installed a snapshot up to entry 3");
    assert_found(then(LogFact::Compacted { index: 5, applied: 4 }), "took a snapshot up to entry 5");
}

#[test]
fn v07_progress_that_falls_is_found() {
    let progress = |term, matched, next| (0, LogFact::Progress { term, peer: NodeId(1), matched, next });
    let base = (1, promised(1, None, 4));
    let leader = [base, progress(1, 4, 5)];
    let rule = |more: (u32, LogFact)| judge(Quorums::default(), &[&leader[..], &[more, (0, advanced(2, 1, 9, 9))]].concat());
    assert_found(rule(progress(1, 3, 5)), "and now 3");
    assert_found(rule(progress(1, 5, 5)), "with 5 next");
    assert_found(rule(progress(2, 1, 2)), "leads term 2, and counted");
}

#[test]
fn v08_and_l06_commitment_without_the_term_or_a_majority_is_found() {
    let vouched = [(1, promised(1, None, 2))];
    assert_eq!(judge(Quorums::default(), &[&vouched[..], &[(0, advanced(1, 1, 2, 2))]].concat()), None);
    assert_found(judge(Quorums::default(), &[&vouched[..], &[(0, advanced(2, 1, 2, 2))]].concat()), "counted replicas of entry 2");
    assert_found(judge(Quorums::default(), &[&vouched[..], &[(0, advanced(1, 1, 3, 3))]].concat()), "which 1 of 3 have");
    assert_found(judge(Quorums::default(), &[&vouched[..], &[(0, advanced(1, 1, 2, 1))]].concat()), "which 1 of 3 have");
}

#[test]
fn v09_a_change_by_two_or_before_the_last_is_committed_is_found() {
    let configured = |members, previous, commit| [(0, LogFact::Configured { index: 9, members, previous, commit })];
    assert_eq!(judge(Quorums::default(), &configured(members(0..4), (3, members(0..3)), 3)), None);
    assert_found(judge(Quorums::default(), &configured(members(0..5), (3, members(0..3)), 3)), "at once");
    assert_found(judge(Quorums::default(), &configured(members(1..4), (3, members(0..3)), 3)), "at once");
    assert_found(judge(Quorums::default(), &configured(members(0..4), (3, members(0..3)), 2)), "entry 3 is not committed");
}

#[test]
fn v11_and_v12_a_stale_read_and_a_worn_out_lease_are_found() {
    let rule = || FreshReads::with_clock_error(Duration::from_millis(10));
    let at = |milliseconds| LocalInstant::ZERO + Duration::from_millis(milliseconds);
    let read = |index, lease| {
        let facts = [
            (0, advanced(1, 1, 4, 4)),
            (1, LogFact::ReadAsked { token: 1 }),
            (0, advanced(1, 1, 5, 5)),
            (1, LogFact::ReadServed { token: 1, index, lease }),
        ];
        judge(rule(), &facts)
    };
    assert_eq!(read(4, None), None);
    assert_eq!(read(4, Some((at(80), at(90)))), None);
    assert_found(read(3, None), "entry 4 was committed before");
    assert_found(read(4, Some((at(81), at(90)))), "read by its lease");
}
