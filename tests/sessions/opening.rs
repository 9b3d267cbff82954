//! A session is there when it is needed.

use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;

use crate::streamer::{Heard, begin, entries, heard, numbers, sessions, stream};

#[test]
fn the_first_message_opens_a_session_and_arrives_after_a_round_trip_and_a_way() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 5, 1);
    sim.run_for(milliseconds(29));
    assert!(numbers(&sim, 1).is_empty());
    sim.run_for(milliseconds(1));
    let heard = entries(&sim, 1);
    assert_eq!((heard[0].peer, heard[0].heard, heard.len()), (NodeId(0), Heard::Number(5), 1));
    assert_eq!(heard[0].at.since_zero(), milliseconds(30));
    let traffic = sessions(&sim);
    assert_eq!((traffic.connects, traffic.accepted, traffic.sent.messages, traffic.delivered.messages), (1, 1, 1, 1));
    assert_eq!((traffic.attempts, traffic.retransmissions, traffic.resets), (1, 0, 0));
}

#[test]
fn later_messages_go_through_the_same_session_in_both_directions() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 10);
    sim.run_for(milliseconds(100));
    stream(&mut sim, 1, 0, 100, 10);
    stream(&mut sim, 0, 1, 10, 10);
    sim.run_for(milliseconds(10));
    assert_eq!(numbers(&sim, 1), (0..20).collect::<Vec<u64>>());
    assert_eq!(numbers(&sim, 0), (100..110).collect::<Vec<u64>>());
    assert_eq!(sessions(&sim).connects, 1);
}

#[test]
fn two_that_open_at_once_end_up_with_one_session() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 3);
    stream(&mut sim, 1, 0, 100, 3);
    sim.run_for(milliseconds(100));
    assert_eq!((numbers(&sim, 0), numbers(&sim, 1)), (vec![100, 101, 102], vec![0, 1, 2]));
    let traffic = sessions(&sim);
    assert_eq!((traffic.connects, traffic.accepted, traffic.resets), (2, 1, 0));
    assert_eq!((traffic.sent.messages, traffic.delivered.messages), (6, 6));
    assert!(heard(&sim, 0).len() == 3 && heard(&sim, 1).len() == 3);
}
