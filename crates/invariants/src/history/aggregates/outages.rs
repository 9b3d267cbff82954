//! Tests of clients that wait for an answer when the recording ends.

use std::time::Duration;

use cluster_sim_types::VirtualInstant;

use super::*;
use crate::history::oracle::{Event, call, did, history};
use crate::history::{Checker, check};

fn at(nanoseconds: u64) -> VirtualInstant {
    VirtualInstant::from_nanoseconds(nanoseconds)
}

/// Judges events, one a nanosecond, of a recording that ended at 100 ns.
fn messages<O, A>(mut checker: impl Checker<O, A>, events: Vec<Vec<Event<O, A>>>) -> Vec<String> {
    let mut history = history(events);
    history.end_at(at(100));
    assert_eq!(history.end(), Some(at(100)));
    check(&mut checker, &history).findings.into_iter().map(|finding| finding.message).collect()
}

fn within(nanoseconds: u64) -> Availability {
    Availability::default().answers_within(Duration::from_nanos(nanoseconds))
}

fn recovers(nanoseconds: u64, from: u64, until: u64) -> Availability {
    Availability::default().disturbed(at(from), at(until)).recovers_within(Duration::from_nanos(nanoseconds))
}

#[test]
fn a_recording_ends_no_earlier_than_its_last_event() {
    let mut history = history(vec![did(0, (), ())]);
    history.end_at(at(0));
    assert_eq!(history.end(), Some(at(1)));
}

#[test]
fn calls_that_wait_until_the_end_are_stuck() {
    let events = || vec![did(0, (), ()), call(0, ()), call(1, ())];
    assert_eq!(messages(within(90), events()), ["2 calls were not answered within 90ns"]);
    assert_eq!(messages(within(98), events()), [""; 0]);
}

#[test]
fn calls_of_a_part_wait_until_the_end_of_the_whole() {
    let keyed = vec![did(0, ('x', ()), ()), call(1, ('y', ()))];
    assert_eq!(messages(EachKey::new(within(90)), keyed), ["'y': 1 calls were not answered within 90ns"]);
    let translated = Translated::new(within(90), |op: &u8| (*op > 0).then_some(()), |_: &u8, (): &()| ());
    assert_eq!(messages(translated, vec![did(0, 0, ()), call(1, 1)]), ["1 calls were not answered within 90ns"]);
}

#[test]
fn an_outage_that_no_answer_ends_is_no_recovery() {
    let events = || vec![did(0, (), ()), call(0, ()), call(1, ())];
    let never = "95ns after the disturbance that ended at 0.000000s, more than 90ns: no call was answered after it";
    assert_eq!(messages(recovers(90, 1, 5), events()), [never]);
    assert_eq!(messages(recovers(95, 1, 5), events()), [""; 0]);
}

#[test]
fn a_disturbance_after_which_no_client_waits_needs_no_recovery() {
    assert_eq!(messages(recovers(10, 1, 5), vec![did(0, (), ()), did(0, (), ())]), [""; 0]);
}
