use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::history::models::{
    AppendList, Bank, Counter, Keyed, Lease, Mutex, Queue, Register, RegisterAnswer, RegisterOp, Registers, Set, Stack,
};
use crate::history::oracle::{Event, Order, Sample, call, did, fail, for_random_histories, has_order, history};
use crate::history::{Linearization, check_linearizable};

/// Compares with trying every order; the longest order must keep that of each process and explain its answers.
fn compare<M: Sample>(model: &M, cases: u32) {
    for_random_histories(model, cases, |history| {
        let expected = has_order(model, history.operations(), Order::Processes);
        match check_sequential(model, history, Bounds::default()) {
            Sequence::Possible => prop_assert!(expected, "an order was found where none is"),
            Sequence::Impossible(stuck) => {
                prop_assert!(!expected, "no order was found where one is");
                prop_assert!(!stuck.blocked.is_empty());
                let kept: Vec<_> = stuck.longest.iter().map(|index| history.operations()[*index].clone()).collect();
                prop_assert!(has_order(model, &kept, Order::Processes), "{:?}", stuck.longest);
            }
            Sequence::Unknown { reason } => prop_assert!(false, "{reason}"),
        }
        Ok(expected)
    });
}

#[test]
fn the_verdict_is_that_of_trying_every_order_of_registers() {
    compare(&Register::default(), 10_000);
    compare(&Registers::default(), 20_000);
}

#[test]
fn the_verdict_is_that_of_trying_every_order_of_collections() {
    compare(&Counter, 10_000);
    compare(&Set::default(), 10_000);
    compare(&Queue::default(), 10_000);
    compare(&Stack::default(), 10_000);
    compare(&AppendList::default(), 10_000);
}

#[test]
fn the_verdict_is_that_of_trying_every_order_of_locks_and_banks() {
    compare(&Mutex::default(), 10_000);
    compare(&Lease::default(), 10_000);
    compare(&Bank::new([(0, 2), (1, 1)]), 10_000);
}

type One = Vec<Event<(char, RegisterOp<u8>), RegisterAnswer<u8>>>;
type Events = Vec<One>;

fn write(process: u32, key: char, value: u8) -> One {
    did(process, (key, RegisterOp::Write(value)), RegisterAnswer::Written)
}

fn read(process: u32, key: char, value: Option<u8>) -> One {
    did(process, (key, RegisterOp::Read), RegisterAnswer::Value(value))
}

#[rstest]
#[case::stale_read(true, vec![write(0, 'x', 1), read(1, 'x', None)])]
#[case::stale_then_new(true, vec![write(0, 'x', 1), read(1, 'x', None), read(1, 'x', Some(1))])]
#[case::open_write_after_all(true, vec![call(0, ('x', RegisterOp::Write(1))), read(1, 'x', None), read(1, 'x', Some(1))])]
#[case::read_before_its_write(true, vec![read(1, 'x', Some(1)), write(0, 'x', 1)])]
#[case::own_write_unread(false, vec![write(0, 'x', 1), read(0, 'x', None)])]
#[case::new_then_stale(false, vec![write(0, 'x', 1), read(1, 'x', Some(1)), read(1, 'x', None)])]
#[case::failed_write_read(false, vec![call(0, ('x', RegisterOp::Write(1))), fail(0), read(1, 'x', Some(1))])]
#[case::two_orders_of_two_writes(false, vec![
    write(0, 'x', 1), write(1, 'x', 2), read(2, 'x', Some(1)), read(2, 'x', Some(2)), read(3, 'x', Some(2)), read(3, 'x', Some(1)),
])]
fn a_history_is_judged(#[case] expected: bool, #[case] events: Events) {
    let found = check_sequential(&Registers::default(), &history(events), Bounds::default());
    assert_eq!(found == Sequence::Possible, expected, "{found:?}");
}

#[test]
fn two_keys_together_are_not_what_each_of_them_is() {
    let on = |key: char| {
        vec![write(0, 'x', 1), read(0, 'y', None), write(1, 'y', 1), read(1, 'x', None)]
            .into_iter()
            .filter(|events| matches!(&events[0], Event::Call(_, (of, _)) if *of == key))
            .collect::<Events>()
    };
    for key in ['x', 'y'] {
        assert_eq!(check_sequential(&Registers::default(), &history(on(key)), Bounds::default()), Sequence::Possible);
    }
    let both = history(vec![write(0, 'x', 1), read(0, 'y', None), write(1, 'y', 1), read(1, 'x', None)]);
    let Sequence::Impossible(stuck) = check_sequential(&Registers::default(), &both, Bounds::default()) else {
        panic!("each of the two reads is before the other's write")
    };
    assert_eq!(stuck, NotSequential { longest: vec![0, 1, 2], blocked: vec![3] });
    let judgement = Sequential::<Registers<char, u8>>::default().finish(&both);
    assert_eq!(
        judgement.findings[0].message,
        "no order of the calls that keeps that of each process explains more than 3 of them; after these could come only \
         'x': read nothing of process 1, with a wrong answer"
    );
}

#[test]
fn every_linearizable_history_is_sequentially_consistent() {
    let model = Keyed::<bool, Register<u8>>::default();
    for_random_histories(&model, 10_000, |history| {
        let is_linearizable = check_linearizable(&model, history, Bounds::default()) == Linearization::Possible;
        let is_sequential = check_sequential(&model, history, Bounds::default()) == Sequence::Possible;
        prop_assert!(is_sequential || !is_linearizable);
        Ok(is_linearizable)
    });
}

#[test]
fn a_spent_bound_is_no_pass() {
    let stale = history(vec![write(0, 'x', 1), read(1, 'x', None)]);
    for bounds in [Bounds { steps: 1, ..Bounds::default() }, Bounds { memory: 1, ..Bounds::default() }] {
        let judgement = Sequential::new(Registers::default()).bounds(bounds).finish(&stale);
        assert!(judgement.unknown.expect("the bound is spent").contains("raise `Bounds::"));
        assert_eq!(judgement.findings, []);
    }
}

#[test]
fn the_longest_order_ends_with_an_answer() {
    let stuck = |events: Events| match check_sequential(&Registers::default(), &history(events), Bounds::default()) {
        Sequence::Impossible(stuck) => (stuck.longest, stuck.blocked),
        other => panic!("{other:?}"),
    };
    assert_eq!(stuck(vec![call(0, ('x', RegisterOp::Write(1))), read(1, 'x', Some(9))]), (vec![], vec![1]));
    // It is also kept where none of the calls that could come next fits.
    let swap = did(0, ('x', RegisterOp::CompareAndSet(5, 6)), RegisterAnswer::Written);
    assert_eq!(stuck(vec![write(0, 'x', 1), swap]), (vec![0], vec![1]));
}

#[test]
fn reads_are_placed_without_a_choice() {
    // Six readers of two values can stand at 729 combinations of places.
    let mut events: Events = vec![write(0, 'x', 1), write(0, 'x', 2)];
    events.extend((1..7).flat_map(|process| [read(process, 'x', Some(1)), read(process, 'x', Some(2))]));
    events.push(read(9, 'x', Some(9)));
    let found = check_sequential(&Registers::default(), &history(events), Bounds { steps: 200, ..Bounds::default() });
    assert!(matches!(found, Sequence::Impossible(_)), "{found:?}");
}

#[test]
fn a_configuration_is_entered_once() {
    // Seven processes that write have 5,040 orders, and 128 sets.
    let mut events: Events = (0..7).map(|process| write(process, 'x', process as u8)).collect();
    events.push(read(9, 'x', Some(9)));
    let bounds = Bounds { steps: 5_000, ..Bounds::default() };
    let found = check_sequential(&Registers::default(), &history(events), bounds);
    assert!(matches!(found, Sequence::Impossible(_)), "{found:?}");
}
