//! Sessions of machines open with the first message.

use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;

use crate::streamer::{Event, begin, entries, events, numbers, sessions, stream};

#[test]
fn the_first_message_arrives_after_a_handshake_and_one_delay() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 5, 1);
    sim.run_for(milliseconds(29));
    assert!(numbers(&sim, 1).is_empty());
    sim.run_for(milliseconds(1));
    let entries = entries(&sim, 1);
    assert_eq!((entries[0].peer, entries[0].event, entries.len()), (NodeId(0), Event::Number(5), 1));
    assert_eq!(entries[0].at.since_zero(), milliseconds(30));
    let traffic = sessions(&sim);
    assert_eq!((traffic.connects, traffic.accepted, traffic.sent.messages, traffic.delivered.messages), (1, 1, 1, 1));
    assert_eq!((traffic.attempts, traffic.retransmissions, traffic.resets), (1, 0, 0));
}

#[test]
fn later_messages_in_both_directions_reuse_the_session() {
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
fn two_nodes_that_connect_at_once_share_one_session() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 3);
    stream(&mut sim, 1, 0, 100, 3);
    sim.run_for(milliseconds(100));
    assert_eq!((numbers(&sim, 0), numbers(&sim, 1)), (vec![100, 101, 102], vec![0, 1, 2]));
    let traffic = sessions(&sim);
    assert_eq!((traffic.connects, traffic.accepted, traffic.resets), (2, 1, 0));
    assert_eq!((traffic.sent.messages, traffic.delivered.messages), (6, 6));
    assert!(events(&sim, 0).len() == 3 && events(&sim, 1).len() == 3);
}
