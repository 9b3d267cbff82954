//! Loss costs time and never a message, as long as patience lasts.

use cluster_sim::ResetReason;
use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::{milliseconds, ratio};

use crate::streamer::{Heard, begin, begin_with, heard, numbers, sessions, stream};

fn lossy(loss: f64) -> LinkModel {
    LinkModel { loss: ratio(loss), ..ten() }
}

#[test]
fn under_half_loss_every_message_arrives_once_and_in_order() {
    for seed in 0..20 {
        // Alone, a message fails three times of four; so it may need longer than the patience of a link that loses little.
        let patient = LinkModel { session_timeout: Duration::from_secs(120), ..lossy(0.5) };
        let mut sim = begin_with(2, patient, seed);
        stream(&mut sim, 0, 1, 0, 64);
        sim.run_for(Duration::from_secs(120));
        assert_eq!(numbers(&sim, 1), (0..64).collect::<Vec<u64>>(), "seed {seed}");
        let traffic = sessions(&sim);
        assert_eq!(traffic.attempts, 64 + traffic.retransmissions);
        // Each attempt arrives with one half and is heard of with one quarter; what is heard of the ones after it helps.
        assert!((64..260).contains(&traffic.retransmissions), "{traffic:?}");
    }
}

#[test]
fn without_loss_nothing_is_sent_again() {
    let mut sim = begin(2, ten());
    for round in 0..50 {
        stream(&mut sim, 0, 1, round * 10, 10);
        sim.run_for(milliseconds(100));
    }
    assert_eq!(numbers(&sim, 1), (0..500).collect::<Vec<u64>>());
    assert_eq!((sessions(&sim).attempts, sessions(&sim).retransmissions), (500, 0));
}

#[test]
fn where_everything_is_lost_a_session_times_out_and_its_messages_are_named() {
    let mut sim = begin(2, lossy(1.0));
    stream(&mut sim, 0, 1, 0, 3);
    sim.run_for(milliseconds(14_999));
    assert!(heard(&sim, 0).is_empty());
    sim.run_for(milliseconds(1));
    assert_eq!(heard(&sim, 0), [Heard::Reset(ResetReason::TimedOut)]);
    assert!(heard(&sim, 1).is_empty());
    let traffic = sim.inspect(|world| world.traffic());
    assert_eq!((traffic.dropped["session_timed_out"], traffic.lost(), traffic.in_flight), (3, 3, 0));
}

#[test]
fn a_message_is_sent_again_after_waits_that_double_up_to_their_bound() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(milliseconds(100));
    sim.keep_records();
    let start = sim.now();
    sim.inject(all_lost(None)).expect("the links are there");
    stream(&mut sim, 0, 1, 1, 1);
    sim.run_for(Duration::from_secs(6));
    let again = sim.records().iter().filter(|record| record.kind == cluster_sim::RecordKind::Retransmit);
    let after: Vec<u128> = again.map(|record| (record.at - start).as_millis()).collect();
    assert_eq!(after, [200, 600, 1_400, 3_000, 4_600]);
}

fn all_lost(lasting: Option<Duration>) -> Fault {
    Fault::Loss { links: "default".to_owned(), rule: "all".to_owned(), ratio: Ratio::ONE, duration: lasting }
}

#[test]
fn a_loss_rule_hits_attempts_and_what_it_ate_is_its_effect() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(milliseconds(100));
    sim.inject(all_lost(Some(milliseconds(500)))).expect("the links are there");
    stream(&mut sim, 0, 1, 1, 1);
    sim.run_for(Duration::from_secs(2));
    assert_eq!(numbers(&sim, 1), [0, 1]);
    let report = sim.finish();
    assert_eq!(report.faults[0].effect, 2, "the first attempt and the one 200 ms later: {report}");
    assert_eq!(report.traffic.lost(), 0, "no message was lost");
}

#[test]
fn copies_and_overtaking_change_nothing_that_a_receiver_sees() {
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
        assert_eq!(sim.inspect(|world| world.traffic()).copied, 0, "copies of attempts are no messages");
    }
}
