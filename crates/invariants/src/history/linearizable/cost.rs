//! Costs of a search: the steps that it saves, the slots that it shares, and the bounds that end it.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use proptest::prelude::*;

use super::calls::Calls;
use super::mask::Mask;
use super::*;
use crate::history::models::{Counter, CounterAnswer, CounterOp, Register, RegisterAnswer, RegisterOp, Registers};
use crate::history::oracle::{Event, call, did, history, ok};

type One = Vec<Event<RegisterOp<u8>, RegisterAnswer<u8>>>;

fn open_write(process: u32, value: u8) -> One {
    call(process, RegisterOp::Write(value))
}

fn write(process: u32, value: u8) -> One {
    did(process, RegisterOp::Write(value), RegisterAnswer::Written)
}

fn read(process: u32, value: u8) -> One {
    did(process, RegisterOp::Read, RegisterAnswer::Value(Some(value)))
}

fn calls_of(history: &History<RegisterOp<u8>, RegisterAnswer<u8>>) -> Calls<'_, Register<u8>> {
    let indices: Vec<usize> = (0..history.operations().len()).collect();
    Calls::new(&Register::default(), history.operations(), &indices)
}

/// Judges within that many steps.
fn judged(events: Vec<One>, steps: u64) -> Linearization<()> {
    check_linearizable(&Register::default(), &history(events), Bounds { steps, ..Bounds::default() })
}

#[test]
fn only_calls_that_overlap_have_slots_of_their_own() {
    let mut events: Vec<One> = (0..100).map(|value| write(value % 2, 0)).collect();
    assert_eq!(calls_of(&history(events.clone())).slots, 1);
    events.insert(0, open_write(7, 0));
    events.insert(50, [call(8, RegisterOp::Write(1)), call(9, RegisterOp::Write(2))].concat());
    assert_eq!(calls_of(&history(events)).slots, 4);
}

#[test]
fn an_open_read_constrains_nothing() {
    let mut events = vec![write(0, 1)];
    events.extend((1..20).map(|process| call(process, RegisterOp::Read)));
    events.push(read(0, 1));
    let history = history(events);
    assert_eq!(calls_of(&history).calls.len(), 2);
}

#[test]
fn of_equal_open_calls_the_first_is_tried_first() {
    let history = history((0..6).map(|process| open_write(process, (process % 2) as u8)).collect::<Vec<_>>());
    let twins: Vec<_> = calls_of(&history).calls.iter().map(|call| call.twin).collect();
    assert_eq!(twins, [None, None, Some(0), Some(1), Some(2), Some(3)]);
    // 16 of them and a read of a value that no write has: each number of them is tried, not each set.
    let mut events: Vec<One> = (0..16).map(|process| open_write(process, (process % 2) as u8)).collect();
    events.push(read(99, 7));
    let verdict = judged(events, 1_000);
    assert!(matches!(verdict, Linearization::Impossible(_)), "{verdict:?}");
}

/// An operation that counts how often it is compared.
#[derive(Debug, Eq)]
struct Put(u32, Rc<Cell<u64>>);

impl PartialEq for Put {
    fn eq(&self, other: &Self) -> bool {
        self.1.set(self.1.get() + 1);
        self.0 == other.0
    }
}

impl Hash for Put {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }
}

/// An object that is put somewhere and asked for nothing.
#[derive(Debug)]
struct Puts;

impl Model for Puts {
    type Op = Put;
    type Answer = ();
    type State = u32;
    type Key = ();

    fn key(&self, _: &Put) {}

    fn initial(&self) -> u32 {
        0
    }

    fn step(&self, _: &u32, put: &Put, _: Option<&()>) -> Option<u32> {
        Some(put.0)
    }
}

#[test]
fn equal_open_calls_are_found_without_comparing_all() {
    let compared = Rc::new(Cell::new(0));
    let history = history((0..10_000).map(|process| call(process, Put(process % 5_000, compared.clone()))));
    let indices: Vec<usize> = (0..history.operations().len()).collect();
    let calls = Calls::new(&Puts, history.operations(), &indices);
    let twins = calls.calls.iter().filter(|call| call.twin.is_some()).count();
    assert_eq!((twins, calls.calls[7_000].twin), (5_000, Some(2_000)));
    assert!((1..100_000).contains(&compared.get()), "{} comparisons", compared.get());
}

#[test]
fn a_configuration_is_entered_once() {
    // Eight writes at once have 40,320 orders, and 256 sets.
    let mut events: Vec<One> = (0..8).map(|process| open_write(process, process as u8)).collect();
    events.extend((0..8).map(|process| ok(process, RegisterAnswer::Written)));
    events.extend([write(0, 0), read(0, 9)]);
    let verdict = judged(events, 60_000);
    assert!(matches!(verdict, Linearization::Impossible(_)), "{verdict:?}");
}

#[test]
fn a_read_is_placed_where_it_fits_first() {
    // A read beside ten writes of one value, which is answered last: no order of the writes is tried again for it.
    let mut events: Vec<One> = vec![call(50, RegisterOp::Read), write(0, 1)];
    events.extend((0..200).map(|value| write(1, 2 + value % 2)));
    events.push(ok(50, RegisterAnswer::Value(Some(1))));
    assert_eq!(judged(events, 1_000), Linearization::Possible);
}

#[test]
fn open_calls_that_do_nothing_are_not_placed() {
    let swaps = (0..300).map(|number| call(number, RegisterOp::CompareAndSet(100 + (number / 15) as u8, (number % 15) as u8)));
    let verdict = judged(swaps.chain([read(999, 7)]).collect(), 1_000);
    assert!(matches!(verdict, Linearization::Impossible(_)), "{verdict:?}");
}

#[test]
fn calls_without_a_choice_need_no_memory() {
    let history = history((0..50).map(|_| write(0, 1)).chain([read(0, 1)]));
    // One state is remembered, and no configuration.
    let verdict = check_linearizable(&Register::default(), &history, Bounds { memory: 60, ..Bounds::default() });
    assert_eq!(verdict, Linearization::Possible);
}

/// Whether a counter can have answered so if an increment happens between two calls whenever that helps.
fn is_helped(sums: &[(i64, i64)], in_a_row: u32) -> bool {
    is_helped_by(&[CounterOp::Add(1)], sums, in_a_row)
}

fn is_helped_by(helpers: &[CounterOp], sums: &[(i64, i64)], in_a_row: u32) -> bool {
    let calls = sums.iter().map(|(amount, sum)| did(0, CounterOp::AddAndRead(*amount), CounterAnswer::Value(*sum)));
    let history = history(calls);
    let indices: Vec<usize> = (0..history.operations().len()).collect();
    let calls = Calls::new(&Counter, history.operations(), &indices);
    let helpers = Helpers { ops: helpers.iter().collect(), in_a_row };
    let found = find_order(&Counter, &calls, &helpers, None, &mut Budget::new(Bounds { steps: 1_000, ..Bounds::default() }));
    matches!(found.expect("few steps are enough"), Found::Order(_))
}

#[test]
fn helpers_follow_each_other_up_to_their_number() {
    assert!(is_helped(&[(10, 11)], 1));
    assert!(!is_helped(&[(10, 12)], 1));
    assert!(is_helped(&[(10, 12)], 2));
    assert!(is_helped(&[(10, 11), (10, 22)], 1), "one between any two calls");
    assert!(!is_helped(&[(10, 11), (10, 23)], 1));
}

#[test]
fn helpers_of_a_way_that_failed_are_not_counted_on_another() {
    let helpers = [CounterOp::Add(1), CounterOp::Add(10)];
    assert!(is_helped_by(&helpers, &[(100, 120)], 2), "the second helper twice");
    assert!(!is_helped_by(&helpers, &[(100, 130)], 2));
}

#[test]
fn a_place_reached_with_fewer_helpers_is_searched_again() {
    // The first write of 5 is placed before that of 1 or after it; then a helper is left for 7.
    let open = [open_write(1, 5), open_write(2, 1), call(3, RegisterOp::CompareAndSet(42, 43))];
    let history = history(open.into_iter().chain([5, 1, 5, 7].map(|value| read(9, value))));
    let helpers = Helpers { ops: vec![&RegisterOp::Write(5), &RegisterOp::Write(7)], in_a_row: 1 };
    let mut budget = Budget::new(Bounds { steps: 10_000, ..Bounds::default() });
    let found = find_order(&Register::default(), &calls_of(&history), &helpers, None, &mut budget);
    assert!(matches!(found, Ok(Found::Order(_))), "{found:?}");
}

#[test]
fn more_calls_at_once_than_a_word_has_bits_are_judged() {
    let many = |last: u8| {
        let mut events: Vec<One> = (0..70).map(|process| open_write(process, (process % 2) as u8)).collect();
        events.extend([read(100, 0), read(100, 1), read(100, 0), read(100, last)]);
        judged(events, 100_000)
    };
    assert_eq!(many(1), Linearization::Possible);
    let Linearization::Impossible(stuck) = many(9) else { panic!("no client wrote 9") };
    assert_eq!(stuck.operation, 73);
}

#[test]
fn each_object_may_take_the_memory_of_the_bound() {
    // Each needs a choice: two open writes, and the second is read.
    let of = |key: u32| {
        let on = |event: Event<RegisterOp<u8>, RegisterAnswer<u8>>| match event {
            Event::Call(process, op) => Event::Call(process, (key, op)),
            Event::Ok(process, answer) => Event::Ok(process, answer),
            Event::Fail(process) => Event::Fail(process),
        };
        let processes = 10 * key..;
        let [first, second, third] = [processes.start, processes.start + 1, processes.start + 2];
        let events =
            [open_write(first, 1), open_write(second, 1), write(third, 2), read(third, 1), write(third, 2), read(third, 1)];
        events.concat().into_iter().map(on).collect::<Vec<_>>()
    };
    let check = |objects: u32, memory| {
        let bounds = Bounds { memory, ..Bounds::default() };
        check_linearizable(&Registers::default(), &history((0..objects).map(of)), bounds)
    };
    let enough = (0..10_000).find(|memory| check(1, *memory) == Linearization::Possible).expect("little memory is enough");
    assert!(enough > 0, "nothing is remembered");
    assert_eq!(check(20, enough), Linearization::Possible);
    let Linearization::Unknown { key, reason } = check(20, enough - 1) else { panic!("one byte is missing") };
    assert_eq!(key, (0, ()));
    assert!(reason.contains("raise `Bounds::memory`"), "{reason}");
}

#[test]
fn an_object_that_is_undecided_hides_no_contradiction_in_another() {
    let bounds = Bounds { memory: 0, ..Bounds::default() };
    let undecided = |process| {
        [open_write(process, 1), open_write(process + 1, 1), write(process + 2, 2), read(process + 2, 1)].concat().into_iter().map(
            |event| match event {
                Event::Call(process, op) => Event::Call(process, ('x', op)),
                Event::Ok(process, answer) => Event::Ok(process, answer),
                Event::Fail(process) => Event::Fail(process),
            },
        )
    };
    let wrong = did(9, ('y', RegisterOp::Read), RegisterAnswer::Value(Some(3)));
    let verdict = check_linearizable(&Registers::default(), &history([undecided(0).collect(), wrong]), bounds);
    let Linearization::Impossible(stuck) = verdict else { panic!("no client wrote 3 to y: {verdict:?}") };
    assert_eq!(stuck.key, ('y', ()));
}

proptest! {
    #[test]
    fn a_mask_is_a_set_of_slots(
        slots in 1..200_usize,
        changes in proptest::collection::vec((any::<bool>(), any::<bool>(), 0..200_usize), 0..100),
        from in 0..200_usize,
    ) {
        let mut sets = [BTreeSet::new(), BTreeSet::new()];
        let mut masks: [Box<[u64]>; 2] = [Mask::empty(slots), Mask::empty(slots)];
        let mut words = [0_u64; 2];
        for (which, is_new, slot) in changes {
            let (slot, which) = (slot % slots, usize::from(which));
            if is_new {
                sets[which].insert(slot);
                Mask::insert(&mut masks[which], slot);
                if slot < 64 { Mask::insert(&mut words[which], slot) }
            } else {
                sets[which].remove(&slot);
                Mask::remove(&mut masks[which], slot);
                if slot < 64 { Mask::remove(&mut words[which], slot) }
            }
            prop_assert_eq!(masks[which].contains(slot), is_new);
        }
        let first = |bound: usize| sets[0].difference(&sets[1]).copied().find(|slot| *slot >= from && *slot < bound);
        prop_assert_eq!(masks[0].first_without(&masks[1], from), first(200));
        prop_assert_eq!(words[0].first_without(&words[1], from), first(64));
    }
}
