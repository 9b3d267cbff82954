//! Tests search checkers against it: tries every order. And small histories, written out or random.

use std::fmt::Debug;

use cluster_sim_types::VirtualInstant;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use super::model::Model;
use super::operation::{Completion, Operation, Process};
use super::record::History;

/// A model with the operations and answers of which random histories are made.
pub(crate) trait Sample: Model<Op: Clone, Answer: Clone> {
    fn ops() -> Vec<Self::Op>;
    /// Answers that some object might give, right or wrong.
    fn answers(op: &Self::Op) -> Vec<Self::Answer>;
    /// Changes an operation by the number of those before it.
    fn numbered(op: Self::Op, _: usize) -> Self::Op {
        op
    }
}

/// An event of a history that is written out.
#[derive(Debug, Clone)]
pub(crate) enum Event<O, A> {
    Call(u32, O),
    Ok(u32, A),
    Fail(u32),
}

pub(crate) fn call<O, A>(process: u32, op: O) -> Vec<Event<O, A>> {
    vec![Event::Call(process, op)]
}

pub(crate) fn ok<O, A>(process: u32, answer: A) -> Vec<Event<O, A>> {
    vec![Event::Ok(process, answer)]
}

pub(crate) fn fail<O, A>(process: u32) -> Vec<Event<O, A>> {
    vec![Event::Fail(process)]
}

/// A call that is answered before anything else happens.
pub(crate) fn did<O, A>(process: u32, op: O, answer: A) -> Vec<Event<O, A>> {
    vec![Event::Call(process, op), Event::Ok(process, answer)]
}

/// Records events, one a nanosecond.
pub(crate) fn history<O, A>(events: impl IntoIterator<Item = Vec<Event<O, A>>>) -> History<O, A> {
    let mut history = History::default();
    for (at, event) in events.into_iter().flatten().enumerate() {
        let at = VirtualInstant::from_nanoseconds(at as u64);
        let recorded = match event {
            Event::Call(process, op) => history.invoke(Process(process), at, op),
            Event::Ok(process, answer) => history.ok(Process(process), at, answer),
            Event::Fail(process) => history.fail(Process(process), at),
        };
        recorded.expect("the events fit each other");
    }
    history
}

/// The order that calls keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// A call that ended before another began is before it.
    RealTime,
    /// The calls of each process are in its order.
    Processes,
}

impl Order {
    pub(crate) fn puts<O, A>(self, first: &Operation<O, A>, second: &Operation<O, A>) -> bool {
        match self {
            Self::RealTime => first.completed().is_some_and(|end| end < second.invoked),
            Self::Processes => first.process == second.process && first.invoked < second.invoked,
        }
    }
}

/// Whether the calls, each with the state of its object, have an order: tries every one of every subset of the open calls.
pub(crate) fn has_order<M: Sample>(model: &M, operations: &[Operation<M::Op, M::Answer>], order: Order) -> bool {
    extends(model, operations, order, &mut Vec::new(), &[])
}

fn extends<M: Sample>(
    model: &M,
    operations: &[Operation<M::Op, M::Answer>],
    order: Order,
    placed: &mut Vec<usize>,
    states: &[(M::Key, M::State)],
) -> bool {
    let is_placed = |placed: &[usize], index: usize| placed.contains(&index);
    let must = |index: usize| matches!(operations[index].outcome, Completion::Ok { .. });
    if (0..operations.len()).all(|index| is_placed(placed, index) || !must(index)) {
        return true;
    }
    for index in 0..operations.len() {
        let operation = &operations[index];
        let comes_too_early = (0..operations.len())
            .any(|other| !is_placed(placed, other) && must(other) && order.puts(&operations[other], operation));
        if is_placed(placed, index) || !operation.may_have_happened() || comes_too_early {
            continue;
        }
        let key = model.key(&operation.op);
        let found = states.iter().position(|(of, _)| *of == key);
        let state = found.map_or_else(|| model.initial(), |found| states[found].1.clone());
        if let Some(next) = model.step(&state, &operation.op, operation.answer()) {
            let mut states = states.to_vec();
            match found {
                Some(found) => states[found].1 = next,
                None => states.push((key, next)),
            }
            placed.push(index);
            if extends(model, operations, order, placed, &states) {
                return true;
            }
            placed.pop();
        }
    }
    false
}

/// How often clients give up: their calls stay open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GiveUp {
    /// At one step of sixteen.
    Seldom,
    /// At one step of four: of eight calls three stay open on average.
    Often,
}

/// Makes a history of up to eight calls of an object that is correct, except where an answer was replaced.
///
/// Each step moves one of four clients on: it calls, its call takes effect, it hears.
pub(crate) fn recorded<M: Sample>(model: &M, give_up: GiveUp, steps: &[(u8, u16)]) -> History<M::Op, M::Answer> {
    let mut history = History::default();
    let mut states: Vec<(M::Key, M::State)> = Vec::new();
    let mut clients: Vec<(u32, Option<Call<M>>)> = (0..4).map(|client| (client, None)).collect();
    for (at, (client, pick)) in steps.iter().enumerate() {
        let at = VirtualInstant::from_nanoseconds(at as u64);
        let (process, call) = &mut clients[usize::from(*client)];
        let pick = usize::from(*pick);
        match call.take() {
            None if history.operations().len() < 8 => {
                let ops = M::ops();
                let op = M::numbered(ops[pick % ops.len()].clone(), history.operations().len());
                history.invoke(Process(*process), at, op.clone()).unwrap();
                *call = Some((op, None));
            }
            None => {}
            Some((_, None)) if pick % 16 == 0 => drop(history.fail(Process(*process), at).unwrap()),
            Some(_) if pick % 16 == 1 || give_up == GiveUp::Often && pick % 4 == 1 => *process += 4,
            Some((op, None)) => {
                let answer = take_effect(model, &mut states, &op, pick);
                *call = Some((op, Some(answer)));
            }
            Some((_, Some(_))) if pick % 32 == 0 => drop(history.fail(Process(*process), at).unwrap()),
            Some((op, Some(answer))) => {
                let answers = M::answers(&op);
                // Open calls explain many wrong answers.
                let is_replaced = pick % 4 == 3 || give_up == GiveUp::Often && pick % 4 == 2;
                let answer = if is_replaced { answers[pick / 4 % answers.len()].clone() } else { answer };
                history.ok(Process(*process), at, answer).unwrap();
            }
        }
    }
    history
}

type Call<M> = (<M as Model>::Op, Option<<M as Model>::Answer>);

/// Applies a call, and returns one of the answers that are right.
fn take_effect<M: Sample>(model: &M, states: &mut Vec<(M::Key, M::State)>, op: &M::Op, pick: usize) -> M::Answer {
    let key = model.key(op);
    let place = states.iter().position(|(of, _)| *of == key).unwrap_or_else(|| {
        states.push((key, model.initial()));
        states.len() - 1
    });
    let state = &mut states[place].1;
    let answers = M::answers(op);
    let right = |answer: &M::Answer| Some((answer.clone(), model.step(state, op, Some(answer))?));
    let mut right: Vec<_> = answers.iter().filter_map(right).collect();
    if right.is_empty() {
        // None of the sample's answers is right here: the object errs.
        return answers[pick % answers.len()].clone();
    }
    let (answer, next) = right.swap_remove(pick % right.len());
    *state = next;
    answer
}

/// Judges that many random histories of a model, the same in every run; `judge` returns whether one is correct.
///
/// More than a fifth of them must be correct, and more than a fifth must not.
pub(crate) fn for_random_histories<M: Sample>(
    model: &M,
    cases: u32,
    judge: impl Fn(&History<M::Op, M::Answer>) -> Result<bool, TestCaseError>,
) {
    for_random_histories_of(model, GiveUp::Seldom, cases, judge);
}

/// [`for_random_histories`] of clients that give up seldom or often.
pub(crate) fn for_random_histories_of<M: Sample>(
    model: &M,
    give_up: GiveUp,
    cases: u32,
    judge: impl Fn(&History<M::Op, M::Answer>) -> Result<bool, TestCaseError>,
) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let correct = std::cell::Cell::new(0);
    let steps = proptest::collection::vec((0..4_u8, any::<u16>()), 8..40);
    let outcome = runner.run(&steps, |steps| {
        let history = recorded(model, give_up, &steps);
        let is_correct = judge(&history).map_err(|error| match error {
            TestCaseError::Fail(reason) => TestCaseError::fail(format!("{reason}: {history:?}")),
            other => other,
        })?;
        correct.set(correct.get() + u32::from(is_correct));
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    let share = 100 * correct.get() / cases;
    assert!((21..80).contains(&share), "{share} % are correct: neither kind may be rare");
}
