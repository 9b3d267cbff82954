//! Links treat session segments as they treat datagrams, and sessions and datagrams share their links.

use cluster_sim::net::LinkOrder;
use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::{milliseconds, ratio};

use crate::streamer::{Event, Message, begin, begin_with, events, numbers, stream};

#[test]
fn every_copy_of_a_segment_is_answered() {
    let decided = |duplicate| {
        let mut sim = begin(2, LinkModel { duplicate: ratio(duplicate), ..ten() });
        sim.keep_fates();
        stream(&mut sim, 0, 1, 0, 1);
        sim.run_for(milliseconds(100));
        assert_eq!(numbers(&sim, 1), [0]);
        sim.session_fates().len()
    };
    assert_eq!(decided(0.0), 4, "a request, an accept, a message, an acknowledgement");
    assert_eq!(decided(1.0), 6, "two requests arrive, and two copies of the message");
}

/// Whether a message precedes a timer that is due at the instant of its arrival.
fn message_comes_first(priority: u8) -> bool {
    let mut sim = begin(2, LinkModel { priority, ..ten() });
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(milliseconds(100));
    stream(&mut sim, 0, 1, 1, 1);
    sim.call(1, Message::Wait { milliseconds: 10 }).expect("the streamer is up");
    sim.run_for(milliseconds(10));
    match events(&sim, 1)[1..] {
        [Event::Number(1), Event::Timer] => true,
        [Event::Timer, Event::Number(1)] => false,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn session_messages_have_the_priority_of_their_link() {
    assert!(message_comes_first(0) && !message_comes_first(255));
}

/// In how many of 100 rounds a session message overtakes the datagram sent before it.
fn overtaken(order: LinkOrder) -> usize {
    let link = LinkModel { delay: Distribution::uniform(milliseconds(1), milliseconds(50)), order, ..LinkModel::default() };
    let mut sim = begin_with(2, link, 3);
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(milliseconds(500));
    for round in 1..=100 {
        sim.call(0, Message::SendThenStream { to: 1, number: round * 2 }).expect("the streamer is up");
        sim.run_for(milliseconds(500));
    }
    let numbers = &numbers(&sim, 1)[1..];
    assert_eq!(numbers.len(), 200);
    numbers.chunks(2).filter(|pair| pair[0] > pair[1]).count()
}

#[test]
fn session_messages_overtake_no_datagram_on_a_fifo_link() {
    assert_eq!(overtaken(LinkOrder::Fifo), 0);
    let free = overtaken(LinkOrder::Unordered);
    assert!((30..70).contains(&free), "{free} of 100");
}
