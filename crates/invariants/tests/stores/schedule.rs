//! Clients of a store, in a random order of calls, effects and answers, with faults.

use std::fmt::Debug;

use cluster_sim_invariants::history::{Completion, Moment, Operation};
use cluster_sim_invariants::{History, Process, VirtualInstant};

use crate::chance::Chance;

/// Runs of each store.
const RUNS: u64 = 400;
/// The fewest of them in which the bug of a broken store shows.
const SHOWN: usize = 20;

impl Chance {
    /// Returns true once in `times`.
    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// A store and what its clients ask of it.
pub(crate) trait Store {
    type Op: Clone;
    type Answer;

    /// The calls before the quiet end.
    const CALLS: usize;

    /// Returns the next request. `is_last` once all other clients are done: then one client reads what is left.
    fn ask(&mut self, is_last: bool, chance: &mut Chance) -> Self::Op;

    /// Applies a request.
    fn apply(&mut self, op: &Self::Op, chance: &mut Chance) -> Self::Answer;

    /// Refuses a request, which a correct store does not apply.
    fn refuse(&mut self, op: &Self::Op);
}

/// A call on its way: asked, applied, or lost on its way and still to be applied.
enum Call<O, A> {
    Asked(O),
    Applied(A),
    Refused,
}

const CLIENTS: usize = 4;
/// The calls of the quiet end.
const LAST_CALLS: usize = 12;

/// The process that a client is, and its call.
type Client<S> = (u32, Option<Call<<S as Store>::Op, <S as Store>::Answer>>);

/// Records a run: clients that time out, calls that are refused, requests that take effect late, and a quiet end.
pub(crate) fn record<S: Store>(store: &mut S, seed: u64) -> History<S::Op, S::Answer> {
    let mut chance = Chance(seed);
    let mut history = History::default();
    let mut clients: Vec<Client<S>> = (0..CLIENTS as u32).map(|process| (process, None)).collect();
    let mut late: Vec<S::Op> = Vec::new();
    let mut time = 0;
    while history.operations().len() < S::CALLS || clients.iter().any(|(_, call)| call.is_some()) {
        time += 1;
        let at = VirtualInstant::from_nanoseconds(time);
        if !late.is_empty() && chance.one_in(10) {
            let op = late.swap_remove(chance.below(late.len() as u64) as usize);
            store.apply(&op, &mut chance);
        }
        let (process, call) = &mut clients[chance.below(CLIENTS as u64) as usize];
        *call = match call.take() {
            None if history.operations().len() >= S::CALLS => None,
            None => {
                let op = store.ask(false, &mut chance);
                history.invoke(Process(*process), at, op.clone()).expect("the process is free");
                Some(Call::Asked(op))
            }
            Some(Call::Asked(op)) => match chance.below(24) {
                0 => {
                    store.refuse(&op);
                    Some(Call::Refused)
                }
                1 => {
                    late.push(op); // Its client times out; it happens later, or never.
                    *process += CLIENTS as u32;
                    None
                }
                _ => Some(Call::Applied(store.apply(&op, &mut chance))),
            },
            Some(Call::Applied(_)) if chance.one_in(24) => {
                *process += CLIENTS as u32; // The answer is lost.
                None
            }
            Some(Call::Applied(answer)) => {
                history.ok(Process(*process), at, answer).expect("the process waits");
                None
            }
            Some(Call::Refused) => {
                history.fail(Process(*process), at).expect("the process waits");
                None
            }
        };
    }
    for _ in 0..LAST_CALLS {
        let op = store.ask(true, &mut chance);
        time += 2;
        history.invoke(Process(u32::MAX), VirtualInstant::from_nanoseconds(time), op.clone()).expect("the process is free");
        let answer = store.apply(&op, &mut chance);
        history.ok(Process(u32::MAX), VirtualInstant::from_nanoseconds(time + 1), answer).expect("the process waits");
    }
    history
}

/// Holds histories of a store against a checker: none of a correct one is refused, and each in which the bug shows is.
pub(crate) fn hold<S: Store>(
    name: &str,
    is_correct: bool,
    store: impl Fn() -> S,
    shows: impl Fn(&History<S::Op, S::Answer>) -> bool,
    is_refused: impl Fn(&History<S::Op, S::Answer>) -> bool,
) where
    S::Op: Debug,
    S::Answer: Debug,
{
    let mut shown = 0;
    for seed in 0..RUNS {
        let history = record(&mut store(), seed);
        let (shows, is_refused) = (shows(&history), is_refused(&history));
        assert!(!is_correct || !shows && !is_refused, "{name}, seed {seed}: {:#?}", history.operations());
        assert!(is_refused || !shows, "{name}, seed {seed} was not found: {:#?}", history.operations());
        shown += usize::from(shows);
    }
    assert!(is_correct || shown >= SHOWN, "{name}: the bug shows in {shown} of {RUNS} runs");
}

/// Whether an answered operation was over before another was asked for.
pub(crate) fn is_before<O, A>(first: &Operation<O, A>, second: &Operation<O, A>) -> bool {
    answered(first).is_some_and(|end| end < second.invoked)
}

fn answered<O, A>(operation: &Operation<O, A>) -> Option<Moment> {
    match operation.outcome {
        Completion::Ok { at, .. } => Some(at),
        Completion::Fail { .. } | Completion::Open => None,
    }
}
