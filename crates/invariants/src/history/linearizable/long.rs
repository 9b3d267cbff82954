//! Tests of contradictions in long histories.

use std::cell::Cell;

use super::*;
use crate::history::model::Access;
use crate::history::models::{Register, RegisterAnswer, RegisterOp};
use crate::history::oracle::{Event, call, did, history};

/// A register that counts the steps asked of it.
#[derive(Debug, Default)]
struct Counted {
    register: Register<u32>,
    steps: Cell<u64>,
    /// Whether it says how operations treat its state.
    has_access: bool,
}

impl Model for Counted {
    type Op = RegisterOp<u32>;
    type Answer = RegisterAnswer<u32>;
    type State = Option<u32>;
    type Key = ();

    fn key(&self, _: &RegisterOp<u32>) {}

    fn initial(&self) -> Option<u32> {
        None
    }

    fn step(&self, state: &Option<u32>, op: &RegisterOp<u32>, answer: Option<&RegisterAnswer<u32>>) -> Option<Option<u32>> {
        self.steps.set(self.steps.get() + 1);
        self.register.step(state, op, answer)
    }

    fn changes_nothing(&self, op: &RegisterOp<u32>, answer: Option<&RegisterAnswer<u32>>) -> bool {
        self.register.changes_nothing(op, answer)
    }

    fn access(&self, op: &RegisterOp<u32>, answer: Option<&RegisterAnswer<u32>>) -> Access<Option<u32>> {
        if self.has_access { self.register.access(op, answer) } else { Access::Other }
    }

    fn describe(&self, op: &RegisterOp<u32>, answer: Option<&RegisterAnswer<u32>>) -> String {
        self.register.describe(op, answer)
    }

    fn describe_state(&self, state: &Option<u32>) -> String {
        self.register.describe_state(state)
    }
}

type Events = Vec<Vec<Event<RegisterOp<u32>, RegisterAnswer<u32>>>>;

fn write(value: u32) -> Vec<Event<RegisterOp<u32>, RegisterAnswer<u32>>> {
    did(0, RegisterOp::Write(value), RegisterAnswer::Written)
}

fn read(value: u32) -> Vec<Event<RegisterOp<u32>, RegisterAnswer<u32>>> {
    did(1, RegisterOp::Read, RegisterAnswer::Value(Some(value)))
}

/// Writes each of that many values once, and reads it.
fn unique_writes(count: u32) -> Events {
    (1..=count).flat_map(|value| [write(value), read(value)]).collect()
}

/// Returns the operations of the finding, its message, and the steps that it cost.
fn judged(has_access: bool, events: Events) -> (Vec<usize>, String, u64) {
    let mut checker = Linearizable::new(Counted { has_access, ..Counted::default() });
    let finding = checker.finish(&history(events)).findings.swap_remove(0);
    (finding.operations, finding.message, checker.model.steps.get())
}

#[test]
fn a_stale_read_of_a_new_value_is_explained_in_few_steps() {
    let (operations, message, steps) = judged(true, unique_writes(5_000).into_iter().chain([read(4_990)]).collect());
    assert_eq!(operations, [9_978, 9_998, 10_000], "the write of 4,990, that of 5,000, and the read");
    assert!(message.contains("read 4990") && message.ends_with("the state is 5000 then"), "{message}");
    assert!(steps < 100_000, "{steps}");
}

#[test]
fn a_stale_read_of_an_old_value_is_explained_in_few_steps() {
    let (operations, message, steps) = judged(true, unique_writes(5_000).into_iter().chain([read(5)]).collect());
    assert_eq!(operations, [8, 9_998, 10_000], "the write of 5, the last one, and the read");
    assert!(message.ends_with("the state is 5000 then"), "{message}");
    assert!(steps < 100_000, "{steps}");
}

#[test]
fn a_stale_read_of_an_open_write_names_its_first_read() {
    let mut events = vec![call(2, RegisterOp::Write(9_999)), read(9_999)];
    events.extend(unique_writes(500));
    events.push(read(9_999));
    let (operations, _, _) = judged(true, events);
    assert_eq!(operations, [0, 1, 1_000, 1_002]);
}

#[test]
fn an_explanation_that_would_take_long_is_given_up() {
    let (operations, message, steps) = judged(false, unique_writes(2_000).into_iter().chain([read(5)]).collect());
    assert_eq!(operations, [4_000]);
    assert!(message.ends_with("cannot be placed: no order of the 4000 operations until then explains it"), "{message}");
    assert!(steps < 30_000_000, "{steps}");
}
