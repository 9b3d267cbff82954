//! Correct but odd behaviour of the queue that no rule may report. Each trap asserts that the odd thing did happen.
//!
//! The numbers are rows of the catalogue of must-not-fire traps: T01, T05, T06, T08; of T02 and T03 see `histories.rs`. T04 cannot come up:
//! entries of the replication log take no offset. T10 neither: a producer is forgotten after thousands of others.

use std::collections::BTreeMap;

use cluster_sim::check::Change;
use cluster_sim::check::history::{Checker, Completion, History, Judgement};
use cluster_sim::fault::{Claim, DiskFault};
use cluster_sim::prelude::*;
use cluster_sim_replicated_log::LogFact;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::stream_queue::{numbered, planted};
use cluster_sim_stream_queue::{ClientFact, EndAnswer, EndOp, GroupFact};
use cluster_sim_testkit::oddities::{Counted, ODD, assert_beyond, measured, sum};
use cluster_sim_testkit::units::milliseconds;
use serde_json::json;

const SEEDS: u64 = 8;

/// The leader is cut off from the others: entries that only it has are replaced once it is back.
#[test]
fn t01_a_deposed_leader_may_have_a_divergent_uncommitted_tail() {
    let count = || {
        // The last entry of each log, and the last that its broker knew to be committed.
        let mut logs = BTreeMap::<NodeId, (u64, u64)>::new();
        Counted::by(move |change: &Change, _: &World<'_>| {
            let (last, commit) = logs.entry(change.node()).or_default();
            match change.fact::<GroupFact>().map(|fact| &fact.fact) {
                Some(LogFact::Appended { first, entries }) => {
                    let before = std::mem::replace(last, first + entries.len() as u64 - 1);
                    return u64::from(*first <= before);
                }
                // A snapshot may replace the tail, too.
                Some(LogFact::Installed { last: of_snapshot, .. }) => {
                    let before = std::mem::replace(last, of_snapshot.index);
                    return u64::from(before > *commit);
                }
                Some(LogFact::Commit { index }) => *commit = *index,
                Some(LogFact::Booted { .. }) => *last = 0,
                _ => {}
            }
            0
        })
    };
    let cuts = measured(&numbered("s07").observe(ODD, count), SEEDS);
    let cut = cuts.iter().filter(|count| count.as_u64() > Some(0)).count() as u64;
    assert!(cut > SEEDS / 2, "entries that were replaced in each run: {cuts:?}");
}

/// Counts reads of the end of a partition beside an append: those that show it, and those that do not. Judges nothing.
#[derive(Debug)]
struct Ends;

impl Checker<EndOp, EndAnswer> for Ends {
    fn finish(&mut self, history: &History<EndOp, EndAnswer>) -> Judgement {
        let operations = history.operations();
        let answered = |wants_end: bool| {
            operations.iter().filter_map(move |operation| match operation.outcome {
                Completion::Ok { answer, at } if matches!(operation.op, EndOp::End { .. }) == wants_end => {
                    Some((operation.op, answer.0, operation.invoked, at))
                }
                _ => None,
            })
        };
        let (mut new, mut old) = (0, 0);
        for (_, end, asked, heard) in answered(true) {
            for (_, base, invoked, acknowledged) in answered(false) {
                if asked < acknowledged && invoked < heard {
                    new += u64::from(end > base);
                    old += u64::from(end <= base);
                }
            }
        }
        Judgement { times_checked: 1, measured: json!({ "new": new, "old": old }), ..Judgement::default() }
    }
}

#[test]
fn t05_an_end_read_beside_an_append_may_be_either() {
    let hunt = planted::cluster(NodeStyle::Async, None).cluster;
    let counts = measured(&hunt.history::<EndOp, EndAnswer, _>(ODD, || Ends), SEEDS);
    assert!(sum(&counts, "new") > 0 && sum(&counts, "old") > 0, "{counts:?}");
}

/// All brokers lose their disks at once, which no queue can survive.
#[test]
fn t06_the_loss_of_every_copy_is_beyond_the_claim() {
    let reformat = |plan: FaultPlan, number: u32| {
        let node = format!("broker/{number}");
        plan.at(milliseconds(800), DiskFault::Reformat { node, down_for: Some(milliseconds(50)) })
    };
    let scenario = numbered("s05").faults((0..3).fold(FaultPlan::new(), reformat));
    assert_beyond(Claim::damaged_disks(2, "broker"), &scenario, SEEDS);
}

/// A consumer that crashed goes on from what its group committed: behind what it read, or ahead of it, as another of the group went on.
#[test]
fn t08_a_consumer_may_go_on_before_or_after_its_last_read() {
    let count = || {
        let mut read = BTreeMap::<NodeId, u64>::new();
        Counted::by(move |change: &Change, _: &World<'_>| match change.fact() {
            Some(ClientFact::Read { from, hashes, .. }) => {
                let before = read.insert(change.node(), from + hashes.len() as u64);
                u64::from(before.is_some_and(|before| before != *from))
            }
            _ => 0,
        })
    };
    let elsewhere = measured(&numbered("s09").observe(ODD, count), SEEDS);
    let odd = elsewhere.iter().filter(|count| count.as_u64() > Some(0)).count() as u64;
    assert!(odd > SEEDS / 2, "reads elsewhere than after the last one in each run: {elsewhere:?}");
}
