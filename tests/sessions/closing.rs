//! A session that is finished delivers everything first, each direction by itself, and leaves nothing behind.

use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::{milliseconds, ratio};

use crate::streamer::{Heard, begin, finish, heard, numbers, sessions, stream};

/// The loss is that of every message, acknowledgement and end by itself.
fn closed_by_both(loss: f64) -> Sim {
    let patient = LinkModel { loss: ratio(loss), session_timeout: Duration::from_secs(600), ..ten() };
    let mut sim = begin(2, patient);
    stream(&mut sim, 0, 1, 0, 40);
    stream(&mut sim, 1, 0, 100, 40);
    finish(&mut sim, 0, 1);
    finish(&mut sim, 1, 0);
    sim.run_for(Duration::from_secs(120));
    sim
}

#[test]
fn everything_sent_before_the_end_is_delivered_before_it() {
    for loss in [0.0, 0.3] {
        let sim = closed_by_both(loss);
        for (node, first) in [(0, 100), (1, 0)] {
            let expected = (first..first + 40).map(Heard::Number).chain([Heard::Finished]);
            assert_eq!(heard(&sim, node), expected.collect::<Vec<Heard>>(), "node {node}, loss {loss}");
        }
        assert_eq!(sessions(&sim).in_flight.messages, 0);
    }
}

#[test]
fn a_side_that_has_finished_still_takes_in_what_the_other_sends() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 1);
    finish(&mut sim, 0, 1);
    sim.run_for(milliseconds(100));
    assert_eq!(heard(&sim, 1), [Heard::Number(0), Heard::Finished]);
    stream(&mut sim, 1, 0, 7, 3);
    finish(&mut sim, 1, 0);
    sim.run_for(milliseconds(100));
    assert_eq!((numbers(&sim, 0), heard(&sim, 0)[3]), (vec![7, 8, 9], Heard::Finished));
}
