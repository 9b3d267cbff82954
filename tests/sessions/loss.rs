//! Loss delays a session but loses no message before the session timeout.

use cluster_sim::prelude::*;
use cluster_sim_testkit::faults;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::{milliseconds, ratio};

use crate::streamer::{TIMED_OUT, begin, begin_with, events, numbers, sessions, stream};

fn lossy(loss: f64) -> LinkModel {
    LinkModel { loss: ratio(loss), ..ten() }
}

#[test]
fn at_50_percent_loss_every_message_arrives_once_and_in_order() {
    for seed in 0..20 {
        // An attempt and its acknowledgement survive with probability 1/4, so a message may need longer than the default timeout.
        let patient = LinkModel { session_timeout: Duration::from_secs(120), ..lossy(0.5) };
        let mut sim = begin_with(2, patient, seed);
        stream(&mut sim, 0, 1, 0, 64);
        sim.run_for(Duration::from_secs(120));
        assert_eq!(numbers(&sim, 1), (0..64).collect::<Vec<u64>>(), "seed {seed}");
        let traffic = sessions(&sim);
        assert_eq!(traffic.attempts, 64 + traffic.retransmissions);
        // Each attempt arrives with probability 1/2 and is acknowledged with 1/4; later acknowledgements cover it too.
        assert!((64..260).contains(&traffic.retransmissions), "{traffic:?}");
    }
}

#[test]
fn without_loss_there_are_no_retransmissions() {
    let mut sim = begin(2, ten());
    for round in 0..50 {
        stream(&mut sim, 0, 1, round * 10, 10);
        sim.run_for(milliseconds(100));
    }
    assert_eq!(numbers(&sim, 1), (0..500).collect::<Vec<u64>>());
    assert_eq!((sessions(&sim).attempts, sessions(&sim).retransmissions), (500, 0));
}

#[test]
fn at_full_loss_a_session_times_out_and_counts_its_messages() {
    let mut sim = begin(2, lossy(1.0));
    stream(&mut sim, 0, 1, 0, 3);
    sim.run_for(milliseconds(14_999));
    assert!(events(&sim, 0).is_empty());
    sim.run_for(milliseconds(1));
    assert_eq!(events(&sim, 0), [TIMED_OUT]);
    assert!(events(&sim, 1).is_empty());
    let traffic = sim.inspect(|world| world.traffic());
    assert_eq!((traffic.dropped["session_timed_out"], traffic.lost(), traffic.in_flight), (3, 3, 0));
}

#[test]
fn retransmissions_back_off_exponentially_up_to_a_bound() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(milliseconds(100));
    sim.keep_records();
    let start = sim.now();
    sim.inject(all_lost(None)).expect("the links are there");
    stream(&mut sim, 0, 1, 1, 1);
    sim.run_for(Duration::from_secs(6));
    let again = sim.records().iter().filter(|record| record.kind == cluster_sim::report::RecordKind::Retransmit);
    let after: Vec<u128> = again.map(|record| (record.at - start).as_millis()).collect();
    assert_eq!(after, [200, 600, 1_400, 3_000, 4_600]);
}

fn all_lost(duration: impl Into<Option<Duration>>) -> Fault {
    faults::loss("default", "all", Ratio::ONE, duration)
}

#[test]
fn a_loss_rule_counts_dropped_attempts_not_messages() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(milliseconds(100));
    sim.inject(all_lost(milliseconds(500))).expect("the links are there");
    stream(&mut sim, 0, 1, 1, 1);
    sim.run_for(Duration::from_secs(2));
    assert_eq!(numbers(&sim, 1), [0, 1]);
    let report = sim.finish();
    assert_eq!(report.faults[0].effect, 2, "the first attempt and the one 200 ms later: {report}");
    assert_eq!(report.traffic.lost(), 0, "no message was lost");
}

#[test]
fn a_receiver_sees_no_duplicates_and_no_reordering() {
    let wild = LinkModel {
        delay: Distribution::uniform(milliseconds(1), milliseconds(50)),
        duplicate: ratio(0.5),
        reorder: ratio(0.5),
        reorder_window: milliseconds(100),
        ..LinkModel::default()
    };
    for seed in 0..20 {
        let mut sim = begin_with(2, wild.clone(), seed);
        stream(&mut sim, 0, 1, 0, 60);
        stream(&mut sim, 1, 0, 100, 60);
        sim.run_for(Duration::from_secs(3));
        assert_eq!(numbers(&sim, 1), (0..60).collect::<Vec<u64>>(), "seed {seed}");
        assert_eq!(numbers(&sim, 0), (100..160).collect::<Vec<u64>>(), "seed {seed}");
        assert_eq!(sim.inspect(|world| world.traffic()).copied, 0, "copies of segments are no messages");
    }
}
