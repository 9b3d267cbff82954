//! Order, duplicates, window, retransmission and memory of one half.

use super::*;
use crate::network::payload::Payloads;

fn message() -> Entry {
    Entry::message(MessageRef { kind: Payloads::default().kind::<u64>(), slot: 0 }, 0, 8)
}

fn half(messages: u64) -> Half {
    let mut half = Half::default();
    (0..messages).for_each(|number| assert_eq!(half.push(message()), number));
    half
}

fn progress(arrived: u64, read: u64) -> Progress {
    Progress { arrived, read }
}

#[test]
fn messages_are_read_in_order_however_they_arrive() {
    let mut half = half(3);
    assert!(!half.arrive(2) && half.read_next().is_none());
    assert!(half.arrive(0) && half.read_next().is_some_and(|(number, _)| number == 0) && half.read_next().is_none());
    assert!(half.arrive(1));
    assert_eq!(
        [half.read_next(), half.read_next(), half.read_next()].map(|read| read.map(|(number, _)| number)),
        [Some(1), Some(2), None]
    );
}

#[test]
fn a_duplicate_adds_nothing_to_read() {
    let mut half = half(2);
    half.arrive(1);
    assert!(half.arrive(0));
    assert!(!half.arrive(0) && !half.arrive(1));
    assert!(half.read_next().is_some() && half.read_next().is_some());
    half.acknowledge(None, progress(2, 2));
    assert!(!half.arrive(0) && half.read_next().is_none(), "a duplicate is recognised after its entry is gone");
}

#[test]
fn the_window_opens_only_by_acknowledgements() {
    let mut half = half(2);
    assert!(!half.has_room(2) && half.has_room(3));
    half.arrive(0);
    half.read_next();
    assert!(!half.has_room(2), "the read was not reported");
    let reported = half.report(false);
    half.acknowledge(Some(0), reported);
    assert!(half.has_room(2));
}

#[test]
fn reading_from_a_full_window_owes_a_window_update() {
    let mut half = half(2);
    half.arrive(0);
    half.read_next();
    assert!(!half.owes_window_update(2), "the acknowledgement of the second message reports it");
    half.report(false);
    half.push(message());
    half.arrive(1);
    half.arrive(2);
    assert!(!half.owes_window_update(2), "the window is full");
    half.read_next();
    assert!(half.owes_window_update(2));
    half.report(false);
    assert!(!half.owes_window_update(2), "the read was reported");
}

#[test]
fn only_unacknowledged_messages_are_retransmitted() {
    let mut half = half(4);
    let later = VirtualInstant::from_nanoseconds(5);
    for number in 0..4 {
        half.entry(number).unwrap().retry_at = later;
    }
    half.acknowledge(Some(2), progress(1, 0));
    assert_eq!(
        (half.due_from(0, VirtualInstant::ZERO), half.due_from(0, later), half.due_from(2, later)),
        (None, Some(1), Some(3))
    );
    assert_eq!(half.earliest_retry(), Some(later));
    half.acknowledge(Some(3), progress(4, 0));
    assert!(!half.is_waiting() && half.earliest_retry().is_none());
}

#[test]
fn a_late_acknowledgement_takes_nothing_back() {
    let mut half = half(4);
    half.acknowledge(Some(3), progress(4, 2));
    half.acknowledge(Some(0), progress(1, 0));
    assert!(!half.is_waiting() && half.has_room(3));
}

#[test]
fn a_broken_half_loses_everything_from_the_first_gap() {
    let mut half = half(4);
    half.entry(1).unwrap().under_way = 1;
    half.arrive(0);
    half.arrive(3);
    half.mark_broken(9);
    assert!(half.pop_lost().is_none(), "the second is in flight");
    half.entry(1).unwrap().under_way = 0;
    half.arrive(1);
    let lost: Vec<u32> = std::iter::from_fn(|| half.pop_lost()).map(|(_, cause)| cause).collect();
    assert_eq!(lost, [9, 9], "the fourth arrived but can never be read in order");
    assert!(half.read_next().is_some() && half.read_next().is_some() && half.read_next().is_none());
}

#[test]
fn the_fin_comes_once_after_all_messages() {
    let mut half = half(1);
    assert_eq!((half.finish(), half.finish()), (Some(1), None));
    half.arrive(1);
    assert!(!half.is_readable());
    half.arrive(0);
    assert!(!half.read_next().unwrap().1.is_fin() && half.read_next().unwrap().1.is_fin() && half.is_fin_read());
    assert!(!half.is_fin_acknowledged());
    half.acknowledge_all();
    assert!(half.is_fin_acknowledged());
}

#[test]
fn entries_are_freed_when_neither_side_needs_them() {
    let mut half = Half::default();
    for number in 0..10_000 {
        half.push(message());
        half.arrive(number);
        half.read_next();
        if number >= 10 {
            half.acknowledge(Some(number - 10), progress(number - 9, number - 9));
        }
        assert!(half.entries.len() <= 11);
    }
}
