//! What a lane keeps, gives out and forgets.

use super::*;

fn message() -> Entry {
    Entry::message(Held { kind: PayloadKind(0), slot: 0 }, 0, 8)
}

fn lane(messages: u64) -> Half {
    let mut lane = Half::default();
    (0..messages).for_each(|number| assert_eq!(lane.push(message()), number));
    lane
}

fn said(arrived: u64, taken: u64) -> Progress {
    Progress { arrived, taken }
}

#[test]
fn messages_are_taken_in_in_order_whatever_the_order_of_their_arrival() {
    let mut lane = lane(3);
    assert!(!lane.arrive(2) && lane.take().is_none());
    assert!(lane.arrive(0) && lane.take().is_some_and(|(number, _)| number == 0) && lane.take().is_none());
    assert!(lane.arrive(1));
    assert_eq!([lane.take(), lane.take(), lane.take()].map(|taken| taken.map(|(number, _)| number)), [Some(1), Some(2), None]);
}

#[test]
fn a_double_is_known_and_brings_nothing_new() {
    let mut lane = lane(2);
    lane.arrive(1);
    assert!(lane.arrive(0));
    assert!(!lane.arrive(0) && !lane.arrive(1));
    assert!(lane.take().is_some() && lane.take().is_some());
    lane.acknowledge(None, said(2, 2));
    assert!(!lane.arrive(0) && lane.take().is_none(), "it is known after its entry is gone");
}

#[test]
fn a_window_opens_as_far_as_the_sender_knows() {
    let mut lane = lane(2);
    assert!(!lane.has_room(2) && lane.has_room(3));
    lane.arrive(0);
    lane.take();
    assert!(!lane.has_room(2), "nobody told it");
    let told = lane.tell(false);
    lane.acknowledge(Some(0), told);
    assert!(lane.has_room(2));
}

#[test]
fn a_receiver_owes_room_once_it_takes_in_of_a_full_window() {
    let mut lane = lane(2);
    lane.arrive(0);
    lane.take();
    assert!(!lane.owes_room(2), "the acknowledgement of the second message will say so");
    lane.tell(false);
    lane.push(message());
    lane.arrive(1);
    lane.arrive(2);
    assert!(!lane.owes_room(2), "there is no room");
    lane.take();
    assert!(lane.owes_room(2));
    lane.tell(false);
    assert!(!lane.owes_room(2), "it was told");
}

#[test]
fn only_what_is_not_acknowledged_is_sent_again() {
    let mut lane = lane(4);
    let later = VirtualInstant::from_nanoseconds(5);
    for number in 0..4 {
        lane.entry(number).unwrap().retry_at = later;
    }
    lane.acknowledge(Some(2), said(1, 0));
    assert_eq!(
        (lane.due_from(0, VirtualInstant::ZERO), lane.due_from(0, later), lane.due_from(2, later)),
        (None, Some(1), Some(3))
    );
    assert_eq!(lane.earliest_retry(), Some(later));
    lane.acknowledge(Some(3), said(4, 0));
    assert!(!lane.is_waiting() && lane.earliest_retry().is_none());
}

#[test]
fn an_acknowledgement_that_comes_late_takes_nothing_back() {
    let mut lane = lane(4);
    lane.acknowledge(Some(3), said(4, 2));
    lane.acknowledge(Some(0), said(1, 0));
    assert!(!lane.is_waiting() && lane.has_room(3));
}

#[test]
fn a_broken_lane_loses_what_is_not_on_its_way_and_all_after_it() {
    let mut lane = lane(4);
    lane.entry(1).unwrap().under_way = 1;
    lane.arrive(0);
    lane.arrive(3);
    lane.break_off(9);
    assert!(lane.pop_lost().is_none(), "the second is on its way");
    lane.entry(1).unwrap().under_way = 0;
    lane.arrive(1);
    let lost: Vec<u32> = std::iter::from_fn(|| lane.pop_lost()).map(|(_, cause)| cause).collect();
    assert_eq!(lost, [9, 9], "the fourth arrived and will never be in order");
    assert!(lane.take().is_some() && lane.take().is_some() && lane.take().is_none());
}

#[test]
fn the_end_comes_after_all_messages_and_once() {
    let mut lane = lane(1);
    assert_eq!((lane.finish(), lane.finish()), (Some(1), None));
    lane.arrive(1);
    assert!(!lane.is_readable());
    lane.arrive(0);
    assert!(!lane.take().unwrap().1.is_end() && lane.take().unwrap().1.is_end() && lane.is_end_taken());
    assert!(!lane.is_end_acknowledged());
    lane.acknowledge_all();
    assert!(lane.is_end_acknowledged());
}

#[test]
fn it_holds_no_more_than_both_sides_need() {
    let mut lane = Half::default();
    for number in 0..10_000 {
        lane.push(message());
        lane.arrive(number);
        lane.take();
        if number >= 10 {
            lane.acknowledge(Some(number - 10), said(number - 9, number - 9));
        }
        assert!(lane.entries.len() <= 11);
    }
}
