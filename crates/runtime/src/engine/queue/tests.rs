//! Compares the queue with the standard library's heap.

use std::collections::BinaryHeap;

use proptest::prelude::*;

use super::*;

/// A roll with few values, so that many events of one instant collide.
fn roll(address: Address) -> u64 {
    address.key() % 3
}

fn event(at: u64, rank: u8, about: u64, sequence: u64) -> Event {
    let order = Order::new(Rank(rank), Address::from_key(about));
    Event::new(VirtualInstant::from_nanoseconds(at), order, Target::Driver, sequence, 0)
}

/// Takes the next event at `now` as the kernel does: by the short way if there is one.
fn pop(queue: &mut EventQueue, now: u64, until: u64) -> Option<Event> {
    let [now, until] = [now, until].map(VirtualInstant::from_nanoseconds);
    if let Some(event) = queue.take_lone(until) {
        return Some(event);
    }
    let next = queue.next(now, until)?;
    let event = queue.take(next, roll).expect("what was found is there");
    assert_eq!(event.at, next.at.as_nanoseconds());
    Some(event)
}

#[test]
fn every_part_of_an_event_survives_packing() {
    let last = DeviceId(DeviceId::MAX as u16 - 1);
    for target in [Target::Timer, Target::Start, Target::Driver, Target::Node, Target::Device(DeviceId(0)), Target::Device(last)] {
        for order in [Order::FIRST, Order::new(Rank(255), Address::new().number(7))] {
            let sequence = (1 << 48) - 1;
            let event = Event::new(VirtualInstant::from_nanoseconds(u64::MAX), order, target, sequence, 9);
            assert_eq!((event.due().target(), event.due().sequence(), event.due().slot), (target, sequence, 9));
            assert!(
                event.place(0) < Event::new(VirtualInstant::ZERO, order, target, 0, 0).place(1),
                "the roll decides before the sequence"
            );
        }
    }
}

/// A bucket that is opened too early closes the ring for what is pushed before it.
#[test]
fn a_crowded_bucket_after_until_stays_in_the_ring() {
    let mut queue = EventQueue::new();
    let bucket = 1 << 15;
    [event(3 * bucket, 0, 0, 0), event(3 * bucket + 1, 0, 0, 1)].into_iter().for_each(|event| queue.push(event));
    assert_eq!(pop(&mut queue, 0, bucket), None);
    assert!(queue.present.is_empty(), "the bucket was opened before its time");
    queue.push(event(2 * bucket, 0, 0, 2));
    assert_eq!(queue.heap.len(), 0, "a later push left the ring");
    let sequences: Vec<u64> =
        (0..3).filter_map(|_| pop(&mut queue, bucket, 4 * bucket)).map(|event| event.due().sequence()).collect();
    assert_eq!(sequences, [2, 0, 1]);
}

/// Events of one bucket are sorted by instant alone, so the short way must leave two of one instant to the long one.
#[test]
fn two_events_of_one_instant_are_ordered_after_a_lone_one() {
    let mut queue = EventQueue::new();
    [event(1, 0, 0, 0), event(5, 2, 0, 1), event(5, 1, 0, 2), event(5, 0, 0, 3)].into_iter().for_each(|event| queue.push(event));
    let sequences: Vec<u64> =
        [1, 5, 5, 5].iter().filter_map(|now| pop(&mut queue, *now, 5)).map(|event| event.due().sequence()).collect();
    assert_eq!(sequences, [0, 3, 2, 1]);
}

#[test]
fn one_instant_is_ordered_by_rank_then_roll_then_sequence() {
    let mut queue = EventQueue::new();
    let [low, high] = {
        let mut abouts: Vec<u64> = (0..100).collect();
        abouts.sort_by_key(|about| roll(Address::from_key(*about).number(5)));
        [abouts[0], abouts[99]]
    };
    let events =
        [event(5, 2, low, 0), event(5, 1, high, 1), event(5, 1, low, 2), event(5, 1, low, 3), event(5, 0, high, 4)].into_iter();
    let first = Event::new(VirtualInstant::from_nanoseconds(5), Order::FIRST, Target::Driver, 5, 0);
    events.chain([first]).for_each(|event| queue.push(event));
    let sequences: Vec<u64> = std::iter::from_fn(|| pop(&mut queue, 5, 5)).map(|event| event.due().sequence()).collect();
    assert_eq!(sequences, [5, 4, 2, 3, 1, 0]);
}

#[test]
fn a_limited_search_does_not_delay_earlier_events() {
    let mut queue = EventQueue::new();
    queue.push(event(1_000_000_000, 1, 0, 0));
    assert_eq!(pop(&mut queue, 0, 1_000), None);
    queue.push(event(5_000_000, 1, 0, 1));
    let sequences: Vec<u64> = std::iter::from_fn(|| pop(&mut queue, 0, u64::MAX)).map(|event| event.due().sequence()).collect();
    assert_eq!(sequences, [1, 0]);
    assert!(queue.heap.first().is_none());
}

#[test]
fn the_ring_follows_the_clock_beyond_the_wheel() {
    let mut queue = EventQueue::new();
    let far = 1_000_000_000_000;
    queue.push(event(far, 1, 0, 0));
    assert!(pop(&mut queue, 0, u64::MAX).is_some());
    queue.push(event(far + 5_000_000, 1, 0, 1));
    assert_eq!(queue.heap.first(), None, "the near future lies in the ring");
}

/// Runs pushes and pops on the queue and on the standard library's heap; both must agree.
///
/// Instants are never before the last popped one, as in a simulation. Some pops are limited to the near future.
fn agrees(operations: Vec<Option<(u64, u8, u64)>>) -> Result<(), TestCaseError> {
    let mut queue = EventQueue::new();
    let mut reference = BinaryHeap::new();
    let mut now = 0;
    for (sequence, operation) in operations.into_iter().enumerate() {
        match operation {
            Some((after, rank, about)) => {
                let event = event(now + after, rank, about, sequence as u64);
                if after == 0 {
                    queue.push_now(event, roll)
                } else {
                    queue.push(event)
                }
                let place = event.place(roll(Address::from_key(about).number(event.at)));
                reference.push(Reverse((event.at, place)));
            }
            None => {
                let until = if sequence % 3 == 0 { now + 100_000_000 } else { u64::MAX };
                let due = reference.peek().is_some_and(|Reverse((at, _))| *at <= until);
                let expected = if due { reference.pop().map(|Reverse((at, place))| (at, place)) } else { None };
                let popped = pop(&mut queue, now, until);
                let place = popped.map(|event| (event.at, event.place(roll(Address::from_key(event.about).number(event.at)))));
                prop_assert_eq!(place, expected);
                now = popped.map_or(if until == u64::MAX { now } else { until }, |event| event.at);
            }
        }
        prop_assert_eq!(queue.len(), reference.len());
    }
    Ok(())
}

proptest! {
    /// Covers few and many events, within one bucket, across buckets, at the edges of ring and wheel, and beyond.
    #[test]
    fn the_queue_agrees_with_a_reference_heap(
        operations in prop::collection::vec(
            prop::option::weighted(0.6, (
                prop_oneof![
                    0_u64..5,
                    0_u64..1 << 18,
                    (1_u64 << 25) - 200_000..(1 << 25) + 200_000,
                    (1_u64 << 31) - 40_000_000..(1 << 31) + 40_000_000,
                    (1_u64 << 37) - (1 << 31)..(1 << 37) + (1 << 31),
                    0_u64..1 << 40,
                ],
                0_u8..3,
                0_u64..4,
            )),
            1..1_500,
        )
    ) {
        agrees(operations)?;
    }
}
