use proptest::prelude::*;

use super::*;
use crate::history::models::{Register, RegisterAnswer, RegisterOp};
use crate::history::{Operation, Outcome, Process};
use cluster_sim_types::VirtualInstant;

type Registers = History<RegisterOp<u8>, RegisterAnswer<u8>>;

/// Tries every order of every subset of the open calls.
fn brute_force<M: Model>(model: &M, operations: &[Operation<M::Op, M::Answer>], placed: &mut Vec<usize>, state: &M::State) -> bool {
    let must = |index: usize| matches!(operations[index].outcome, Outcome::Ok { .. });
    let left = |placed: &[usize], index: usize| !placed.contains(&index);
    if (0..operations.len()).all(|index| !left(placed, index) || !must(index)) {
        return true;
    }
    for index in 0..operations.len() {
        let operation = &operations[index];
        let comes_too_early = (0..operations.len()).any(|other| {
            left(placed, other)
                && matches!(&operations[other].outcome, Outcome::Ok { at, .. } if at.order < operation.invoked.order)
        });
        if !left(placed, index) || !operation.may_have_happened() || comes_too_early {
            continue;
        }
        if let Some(next) = model.step(state, &operation.op, operation.answer()) {
            placed.push(index);
            if brute_force(model, operations, placed, &next) {
                return true;
            }
            placed.pop();
        }
    }
    false
}

/// Up to eight operations of three processes on two values, with every kind of end.
fn histories() -> impl Strategy<Value = Registers> {
    let op = prop_oneof![
        3 => Just(RegisterOp::Read),
        3 => (0..3_u8).prop_map(RegisterOp::Write),
        2 => (0..3_u8, 0..3_u8).prop_map(|(from, to)| RegisterOp::CompareAndSet(from, to)),
    ];
    proptest::collection::vec((0..4_u32, op, 0..4_u8, 0..6_u8), 1..20).prop_map(|events| {
        let mut history = Registers::default();
        let mut waiting: BTreeMap<u32, RegisterOp<u8>> = BTreeMap::new();
        let mut lives = [0_u32; 4];
        for (at, (client, op, value, end)) in events.into_iter().enumerate() {
            let at = VirtualInstant::from_nanoseconds(at as u64);
            let process = Process(client + 4 * lives[client as usize]);
            match waiting.remove(&client) {
                None if history.operations().len() < 8 => {
                    history.invoke(process, at, op).unwrap();
                    waiting.insert(client, op);
                }
                None => {}
                Some(_) if end == 0 => drop(history.fail(process, at).unwrap()),
                Some(_) if end == 1 => lives[client as usize] += 1,
                Some(op) => {
                    let answer = match op {
                        RegisterOp::Read => RegisterAnswer::Value((value > 0).then(|| value - 1)),
                        RegisterOp::Write(_) => RegisterAnswer::Written,
                        RegisterOp::CompareAndSet(..) if value % 2 == 0 => RegisterAnswer::Mismatch,
                        RegisterOp::CompareAndSet(..) => RegisterAnswer::Written,
                    };
                    history.ok(process, at, answer).unwrap();
                }
            }
        }
        history
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn the_verdict_is_that_of_trying_every_order(history in histories()) {
        let model = Register::default();
        let expected = brute_force(&model, history.operations(), &mut Vec::new(), &model.initial());
        match check_linearizable(&model, &history, Bounds::default()) {
            Linearization::Possible => prop_assert!(expected),
            Linearization::Impossible(_) => prop_assert!(!expected),
            Linearization::Unknown { reason, .. } => prop_assert!(false, "{reason}"),
        }
    }
}

fn at(second: u64) -> VirtualInstant {
    VirtualInstant::from_nanoseconds(second * 1_000_000_000)
}

#[test]
fn a_stale_read_is_explained_by_the_two_writes_before_it() {
    let mut history = Registers::default();
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
