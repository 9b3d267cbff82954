//! Sessions are deterministic and independent of each other, and budgets and reports count them.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim::net::Fate;
use cluster_sim::prelude::*;
use cluster_sim::report::{Exhausted, Record, RecordKind};
use cluster_sim::scenario::Budget;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::{milliseconds, ratio};

use crate::streamer::{begin, begin_with, close, numbers, sessions, stream, streamers};

/// A link that loses, copies and reorders.
fn wild() -> LinkModel {
    LinkModel {
        loss: ratio(0.2),
        duplicate: ratio(0.3),
        reorder: ratio(0.3),
        reorder_window: milliseconds(30),
        ..LinkModel::default()
    }
}

/// Four nodes that stream to each other, through a crash and a cut.
fn busy(sim: &mut Sim, rounds: u64) {
    sim.keep_records();
    sim.keep_fates();
    for round in 0..rounds {
        for (from, to) in [(0, 1), (1, 2), (2, 3), (3, 0), (1, 0), (0, 2)] {
            stream(sim, from, to, round * 3, 3);
        }
        if round == 3 {
            sim.crash(3);
            sim.restart(3);
        }
        if round == 5 {
            close(sim, 1, 2);
            close(sim, 2, 1);
        }
        sim.run_for(milliseconds(500));
    }
}

#[test]
fn one_seed_gives_one_run_in_every_thread() {
    let run = |seed| {
        let mut sim = begin_with(4, wild(), seed);
        busy(&mut sim, 10);
        (sim.digest(), sim.records().to_vec())
    };
    let here = run(7);
    let in_thread = std::thread::spawn(move || run(7)).join().expect("it runs in a thread");
    assert_eq!(here, in_thread);
    assert_ne!(here.0, run(8).0);
}

#[test]
fn every_session_event_is_recorded() {
    let mut sim = begin_with(4, wild(), 7);
    busy(&mut sim, 10);
    let count = |kind| sim.records().iter().filter(|record| record.kind == kind).count() as u64;
    let traffic = sessions(&sim);
    assert_eq!(count(RecordKind::SessionSend), traffic.sent.messages);
    assert_eq!(count(RecordKind::SessionDeliver), traffic.delivered.messages);
    assert_eq!(count(RecordKind::Retransmit), traffic.retransmissions);
    assert_eq!(count(RecordKind::Accept), traffic.accepted);
    assert_eq!(count(RecordKind::SessionReset), traffic.resets);
    assert_eq!(count(RecordKind::Drop), traffic.lost.messages);
    assert!(count(RecordKind::Connect) > traffic.connects, "lost requests were sent again");
    assert_eq!(count(RecordKind::SessionClose), 2);
    assert!(traffic.resets > 0 && traffic.retransmissions > 0 && traffic.lost.messages > 0);
}

#[test]
fn a_message_is_delivered_with_the_content_that_was_sent() {
    let mut sim = begin_with(4, wild(), 7);
    busy(&mut sim, 10);
    let of = |kind| sim.records().iter().filter(move |record| record.kind == kind);
    // Each message between two nodes has its own number, so its content identifies it.
    let sent =
        of(RecordKind::SessionSend).map(|record| ((record.node, record.peer, record.payload), (record.detail, record.length)));
    let sent: BTreeMap<_, _> = sent.collect();
    assert!(of(RecordKind::SessionDeliver).count() > 100);
    for delivered in of(RecordKind::SessionDeliver) {
        let key = (delivered.peer, delivered.node, delivered.payload);
        assert_eq!(sent.get(&key), Some(&(delivered.detail, delivered.length)), "{delivered:?}");
    }
}

#[test]
fn every_segment_of_a_session_has_its_own_address() {
    let mut sim = begin_with(4, wild(), 7);
    busy(&mut sim, 20);
    let addresses: BTreeSet<u64> = sim.session_fates().iter().map(|decided| decided.address).collect();
    assert_eq!(addresses.len(), sim.session_fates().len());
    assert!(addresses.len() > 900);
}

/// The fates by their address.
fn fates(sim: &Sim) -> BTreeMap<u64, Fate> {
    sim.session_fates().iter().map(|decided| (decided.address, decided.fate)).collect()
}

#[test]
fn a_session_is_unaffected_by_traffic_of_others() {
    let run = |others: bool| {
        let mut sim = begin_with(4, wild(), 7);
        sim.keep_records();
        for round in 0..20 {
            stream(&mut sim, 0, 1, round * 5, 5);
            if others {
                stream(&mut sim, 2, 3, round * 5, 5);
                stream(&mut sim, 0, 3, round * 5, 5);
            }
            sim.run_for(milliseconds(100));
        }
        sim.run_for(Duration::from_secs(5));
        let between = |record: &&Record| record.node.0 <= 1 && record.peer.0 <= 1 && record.kind != RecordKind::Call;
        sim.records().iter().filter(between).copied().collect::<Vec<Record>>()
    };
    let alone = run(false);
    assert!(alone.len() > 150);
    assert_eq!(alone, run(true));
}

#[test]
fn a_cut_changes_only_the_fates_of_what_it_drops() {
    let run = |with_cut: bool| {
        let mut sim = begin_with(3, wild(), 7);
        sim.keep_fates();
        let mut dropped = 0;
        for round in 0..20 {
            let cut = (with_cut && round == 5).then(|| sim.partition([0], [1]));
            stream(&mut sim, 0, 1, round, 1);
            stream(&mut sim, 1, 2, round, 1);
            sim.run_for(milliseconds(500));
            dropped += cut.map_or(0, |cut| cut.dropped());
        }
        (fates(&sim), dropped)
    };
    let ((without, _), (with, dropped)) = (run(false), run(true));
    let changed = without.iter().filter(|(address, fate)| with.get(address).is_some_and(|other| other != *fate)).count() as u64;
    let shared = without.keys().filter(|address| with.contains_key(address)).count();
    assert!(
        dropped > 0 && changed <= dropped && shared * 20 > without.len() * 19,
        "{changed} of {shared} changed, {dropped} dropped"
    );
}

#[test]
fn the_second_session_of_two_nodes_has_its_own_rolls() {
    // Half of all requests are lost: with shared addresses the second session would open as late as the first.
    let opened_after = |seed| {
        let mut sim = begin_with(2, LinkModel { loss: ratio(0.5), ..ten() }, seed);
        sim.keep_fates();
        stream(&mut sim, 0, 1, 0, 1);
        sim.run_for(Duration::from_secs(14));
        sim.crash(1);
        sim.restart(1);
        let first = fates(&sim).len();
        stream(&mut sim, 0, 1, 1, 1);
        sim.run_for(Duration::from_secs(14));
        stream(&mut sim, 0, 1, 2, 1);
        sim.run_for(Duration::from_secs(14));
        (first, fates(&sim).len(), sim.session_fates().len())
    };
    for seed in 0..10 {
        let (first, both, decided) = opened_after(seed);
        assert!(first > 0 && both > first && both == decided, "seed {seed}: {first} {both} {decided}");
    }
}

#[test]
fn session_messages_count_towards_the_in_flight_budget() {
    let budget = Budget { messages_in_flight: Some(10), ..Budget::default() };
    let run = |messages| {
        let mut sim = streamers(2, ten()).budget(budget).start(Seed(7));
        sim.run_for(Duration::ZERO);
        stream(&mut sim, 0, 1, 0, messages);
        sim.run_for(milliseconds(100));
        sim.finish().exhausted
    };
    assert_eq!((run(10), run(11)), (None, Some(Exhausted::MessagesInFlight(10))));
}

#[test]
fn bytes_and_segments_of_sessions_are_bounded() {
    let run = |budget| {
        let mut sim = streamers(3, ten()).budget(budget).start(Seed(7));
        sim.run_for(Duration::ZERO);
        stream(&mut sim, 0, 1, 0, 8);
        stream(&mut sim, 0, 2, 0, 8);
        sim.run_for(milliseconds(100));
        let report = sim.finish();
        (report.exhausted, report.exhausted_by)
    };
    let of_bytes = |bytes_in_flight| run(Budget { bytes_in_flight, ..Budget::default() });
    let (exhausted, by) = of_bytes(20);
    assert_eq!(exhausted, Some(Exhausted::BytesInFlight(20)));
    assert!(by[0].starts_with("node/0 -> node/") && by[0].ends_with("16 of 32 bytes in flight, such as Number(7)"), "{by:?}");
    assert_eq!(of_bytes(1_000).0, None);
    assert_eq!(run(Budget { messages_in_flight: Some(16), ..Budget::default() }).0, None);
}

#[test]
fn a_storm_of_retransmissions_spends_the_budget_of_segments() {
    let run = |retransmit_after| {
        let delay = LinkModel::constant(Duration::from_secs(5));
        let model = LinkModel { retransmit_after, retransmit_after_max: retransmit_after, ..delay };
        let mut sim = streamers(2, model).budget(Budget { messages_in_flight: Some(50), ..Budget::default() }).start(Seed(7));
        sim.run_for(Duration::ZERO);
        stream(&mut sim, 0, 1, 0, 1);
        sim.run_for(Duration::from_secs(12));
        let report = sim.finish();
        (report.exhausted, report.exhausted_by)
    };
    let (exhausted, by) = run(milliseconds(10));
    assert_eq!(exhausted, Some(Exhausted::SegmentsInFlight(200)));
    assert!(by[0].starts_with("node/0 -> node/1 on port ") && by[0].contains(" segments in flight"), "{by:?}");
    assert_eq!(run(milliseconds(200)).0, None);
}

#[test]
fn a_report_lists_sessions_only_if_there_were_any() {
    let mut sim = begin(2, ten());
    sim.run_for(milliseconds(100));
    let without = serde_json::to_value(sim.finish()).expect("a report is data");
    assert_eq!(without["traffic"].get("sessions"), None);
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 3);
    sim.run_for(milliseconds(100));
    assert_eq!(numbers(&sim, 1).len(), 3);
    let with = serde_json::to_value(sim.finish()).expect("a report is data");
    assert_eq!(with["traffic"]["sessions"]["delivered"], serde_json::json!({"messages": 3, "bytes": 6}));
    let read: cluster_sim::net::Traffic = serde_json::from_value(with["traffic"].clone()).expect("it can be read again");
    assert_eq!(read.sessions.delivered.bytes, 6);
}
