use cluster_sim_types::VirtualInstant;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::*;
use crate::history::model::Access;
use crate::history::models::{
    AppendList, Bank, Counter, Lease, Mutex, Queue, Register, RegisterAnswer, RegisterOp, Registers, Set, Stack,
};
use crate::history::oracle::{
    GiveUp, Order, Sample, call, did, fail, for_random_histories, for_random_histories_of, has_order, history,
};
use crate::history::{Contradiction, Process};

/// Compares with trying every order.
fn compare<M: Sample>(model: &M, cases: u32) {
    compare_with(model, GiveUp::Seldom, cases);
}

fn compare_with<M: Sample>(model: &M, give_up: GiveUp, cases: u32) {
    for_random_histories_of(model, give_up, cases, |history| {
        let expected = has_order(model, history.operations(), Order::RealTime);
        match check_linearizable(model, history, Bounds::default()) {
            Linearization::Possible => prop_assert!(expected, "an order was found where none is"),
            Linearization::Impossible(_) => prop_assert!(!expected, "no order was found where one is"),
            Linearization::Unknown { reason, .. } => prop_assert!(false, "{reason}"),
        }
        Ok(expected)
    });
}

#[test]
fn the_verdict_is_that_of_trying_every_order_of_registers() {
    compare(&Register::default(), 20_000);
    compare(&Registers::default(), 10_000);
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
    compare(&Lease::without_lapse(), 10_000);
    compare(&Bank::new([(0, 2), (1, 1)]), 10_000);
}

#[test]
fn the_verdict_is_that_of_trying_every_order_of_open_calls() {
    compare_with(&Register::default(), GiveUp::Often, 30_000);
    compare_with(&Registers::default(), GiveUp::Often, 20_000);
    compare_with(&Counter, GiveUp::Often, 10_000);
    compare_with(&Queue::default(), GiveUp::Often, 10_000);
    compare_with(&Stack::default(), GiveUp::Often, 10_000);
    compare_with(&Mutex::default(), GiveUp::Often, 10_000);
    compare_with(&Bank::new([(0, 2), (1, 1)]), GiveUp::Often, 10_000);
}

/// A register in which no two writes write one value.
#[derive(Debug, Default)]
struct UniqueWrites(Register<u8>);

impl Model for UniqueWrites {
    type Op = RegisterOp<u8>;
    type Answer = RegisterAnswer<u8>;
    type State = Option<u8>;
    type Key = ();

    fn key(&self, _: &RegisterOp<u8>) {}

    fn initial(&self) -> Option<u8> {
        None
    }

    fn step(&self, state: &Option<u8>, op: &RegisterOp<u8>, answer: Option<&RegisterAnswer<u8>>) -> Option<Option<u8>> {
        self.0.step(state, op, answer)
    }

    fn changes_nothing(&self, op: &RegisterOp<u8>, answer: Option<&RegisterAnswer<u8>>) -> bool {
        self.0.changes_nothing(op, answer)
    }

    fn access(&self, op: &RegisterOp<u8>, answer: Option<&RegisterAnswer<u8>>) -> Access<Option<u8>> {
        self.0.access(op, answer)
    }
}

impl Sample for UniqueWrites {
    fn ops() -> Vec<RegisterOp<u8>> {
        vec![RegisterOp::Read, RegisterOp::Read, RegisterOp::Write(0)]
    }

    fn answers(op: &RegisterOp<u8>) -> Vec<RegisterAnswer<u8>> {
        match op {
            RegisterOp::Read => [None].into_iter().chain((0..8).map(Some)).map(RegisterAnswer::Value).collect(),
            _ => vec![RegisterAnswer::Written],
        }
    }

    fn numbered(op: RegisterOp<u8>, before: usize) -> RegisterOp<u8> {
        if matches!(op, RegisterOp::Write(_)) { RegisterOp::Write(before as u8) } else { op }
    }
}

/// Whether an order of calls is one that time and the model allow, with every answer before that of `stuck`.
fn explains_all_before(history: &History<RegisterOp<u8>, RegisterAnswer<u8>>, order: &[usize], stuck: usize) -> bool {
    let operations = history.operations();
    let mut state = None;
    for (place, index) in order.iter().enumerate() {
        let operation = &operations[*index];
        let is_late = order[place + 1..].iter().any(|later| Order::RealTime.puts(&operations[*later], operation));
        match Register::default().step(&state, &operation.op, operation.answer()) {
            Some(next) if !is_late => state = next,
            _ => return false,
        }
    }
    let end = operations[stuck].completed();
    (0..operations.len())
        .filter(|index| operations[*index].answer().is_some() && operations[*index].completed() < end)
        .all(|index| order.contains(&index))
}

#[test]
fn unique_writes_are_judged_without_a_search_as_with_one() {
    let model = UniqueWrites::default();
    for_random_histories(&model, 100_000, |history| {
        let all: Vec<usize> = (0..history.operations().len()).collect();
        let judged = unique_writes::judge(&model, history.operations(), &all).expect("no value is written twice");
        match (judge_objects(&model, history, Bounds::default(), false), judged) {
            (Linearization::Possible, Judged::Possible) => Ok(true),
            (Linearization::Impossible(found), Judged::Impossible { operation, longest }) => {
                prop_assert_eq!(found.operation, operation);
                prop_assert!(explains_all_before(history, &longest, operation), "{:?}", longest);
                prop_assert!(explains_all_before(history, &found.longest, operation), "search: {:?}", found.longest);
                Ok(false)
            }
            (searched, judged) => Err(TestCaseError::fail(format!("{searched:?} with a search, {judged:?} without"))),
        }
    });
}

#[test]
fn a_value_written_twice_or_compared_needs_a_search() {
    use RegisterAnswer::Written;
    use RegisterOp::{CompareAndSet, Write};
    for second in [Write(1), CompareAndSet(1, 2)] {
        let history = history([did(0, Write(1), Written), did(0, second, Written)]);
        assert_eq!(unique_writes::judge(&Register::default(), history.operations(), &[0, 1]), None);
        assert_eq!(check_linearizable(&Register::default(), &history, Bounds::default()), Linearization::Possible);
    }
}

#[test]
fn unique_writes_need_no_bounds_and_others_end_in_unknown() {
    let none = Bounds { steps: 0, ..Bounds::default() };
    let write = |value| history([did(0, RegisterOp::Write(value), RegisterAnswer::Written)]);
    assert_eq!(check_linearizable(&Register::default(), &write(1), none), Linearization::Possible);
    let twice = history([0, 0].map(|process| did(process, RegisterOp::Write(1), RegisterAnswer::Written)));
    assert!(matches!(check_linearizable(&Register::default(), &twice, none), Linearization::Unknown { .. }));
}

fn at(second: u64) -> VirtualInstant {
    VirtualInstant::from_nanoseconds(second * 1_000_000_000)
}

#[test]
fn a_stale_read_is_explained_by_the_two_writes_before_it() {
    let mut history = History::default();
    for value in 0..20 {
        history.invoke(Process(0), at(u64::from(value)), RegisterOp::Write(value)).unwrap();
        history.invoke(Process(1), at(u64::from(value)), RegisterOp::Read).unwrap();
        history.ok(Process(0), at(u64::from(value)), RegisterAnswer::Written).unwrap();
        history.ok(Process(1), at(u64::from(value)), RegisterAnswer::Value(Some(value))).unwrap();
    }
    history.invoke(Process(2), at(30), RegisterOp::Read).unwrap();
    history.ok(Process(2), at(31), RegisterAnswer::Value(Some(17))).unwrap();
    let judgement = Linearizable::<Register<u8>>::default().finish(&history);
    assert_eq!(
        judgement.findings[0].message,
        "read 17 of process 2 (30.000000s to 31.000000s) cannot be placed after \
         write 17 of process 0 (17.000000s to 17.000000s), then \
         write 19 of process 0 (19.000000s to 19.000000s); the state is 19 then"
    );
}

/// Clients that gave up leave their writes open; each may happen at any later moment, which makes 2^60 sets of them.
#[test]
fn open_writes_without_a_read_cost_few_steps() {
    use RegisterOp::{CompareAndSet, Write};
    let mut history = History::default();
    for value in 0..60 {
        let [client, given_up] = [Process(0), Process(u32::from(value) + 1)];
        history.invoke(given_up, at(u64::from(value)), Write(1_000 + value)).unwrap();
        history.invoke(client, at(u64::from(value)), Write(value)).unwrap();
        history.ok(client, at(u64::from(value)), RegisterAnswer::Written).unwrap();
        history.invoke(client, at(u64::from(value)), CompareAndSet(value, value)).unwrap();
        history.ok(client, at(u64::from(value)), RegisterAnswer::Written).unwrap();
    }
    let bounds = Bounds { steps: 1_000_000, ..Bounds::default() };
    let check = |history: &History<_, _>| check_linearizable(&Register::<u16>::default(), history, bounds);
    assert_eq!(check(&history), Linearization::Possible);
    history.invoke(Process(0), at(300), RegisterOp::Read).unwrap();
    history.ok(Process(0), at(301), RegisterAnswer::Value(Some(58))).unwrap();
    assert!(matches!(check(&history), Linearization::Impossible(_)));
}

/// The only contradiction of a history of a register.
fn contradiction(history: &History<RegisterOp<u8>, RegisterAnswer<u8>>) -> Contradiction {
    let judgement = Linearizable::<Register<u8>>::default().finish(history);
    let [finding] = &judgement.findings[..] else { panic!("{judgement:?}") };
    finding.clone()
}

#[test]
fn calls_that_failed_or_came_later_explain_nothing() {
    let read = |value| did(1, RegisterOp::Read, RegisterAnswer::Value(Some(value)));
    let failed = history([call(0, RegisterOp::Write(1)), fail(0), read(1)]);
    let later = history([read(1), did(0, RegisterOp::Write(1), RegisterAnswer::Written)]);
    for (history, operation) in [(failed, 1), (later, 0)] {
        let finding = contradiction(&history);
        assert_eq!(finding.operations, [operation]);
        assert!(finding.message.ends_with("no operation makes that answer right"), "{}", finding.message);
    }
}

#[test]
fn an_open_call_is_told_beside_the_others() {
    let read = || did(1, RegisterOp::Read, RegisterAnswer::Value(Some(1)));
    let write = |process, value| did(process, RegisterOp::Write(value), RegisterAnswer::Written);
    let finding = contradiction(&history([call(0, RegisterOp::Write(1)), read(), write(2, 2), read()]));
    assert_eq!(finding.operations, [0, 1, 2, 3]);
    assert!(finding.message.contains("cannot be placed beside write 1 of process 0, which is open"), "{}", finding.message);
    assert!(finding.message.ends_with(", whatever the other operations did"), "{}", finding.message);
}
