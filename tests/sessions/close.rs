//! A closed session first delivers everything, each direction by itself, and leaves nothing behind.

use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::{milliseconds, ratio};

use crate::streamer::{Event, begin, close, events, numbers, sessions, stream};

/// Both nodes stream 40 numbers and close; `loss` applies to every message, acknowledgement and close.
fn closed_by_both(loss: f64) -> Sim {
    let patient = LinkModel { loss: ratio(loss), session_timeout: Duration::from_secs(600), ..ten() };
    let mut sim = begin(2, patient);
    stream(&mut sim, 0, 1, 0, 40);
    stream(&mut sim, 1, 0, 100, 40);
    close(&mut sim, 0, 1);
    close(&mut sim, 1, 0);
    sim.run_for(Duration::from_secs(120));
    sim
}

#[test]
fn everything_sent_before_a_close_is_delivered_before_it() {
    for loss in [0.0, 0.3] {
        let sim = closed_by_both(loss);
        for (node, first) in [(0, 100), (1, 0)] {
            let expected = (first..first + 40).map(Event::Number).chain([Event::Closed]);
            assert_eq!(events(&sim, node), expected.collect::<Vec<Event>>(), "node {node}, loss {loss}");
        }
        assert_eq!(sessions(&sim).in_flight.messages, 0);
    }
}

#[test]
fn a_side_that_has_closed_still_receives() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 1);
    close(&mut sim, 0, 1);
    sim.run_for(milliseconds(100));
    assert_eq!(events(&sim, 1), [Event::Number(0), Event::Closed]);
    stream(&mut sim, 1, 0, 7, 3);
    close(&mut sim, 1, 0);
    sim.run_for(milliseconds(100));
    assert_eq!((numbers(&sim, 0), events(&sim, 0)[3]), (vec![7, 8, 9], Event::Closed));
}
