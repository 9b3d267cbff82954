//! Each checker beside its definition, which looks at all operations for each of them, on random histories.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::history::model::Model;
use crate::history::models::{
    BankAnswer, BankOp, Counter, CounterAnswer, CounterOp, Lease, LeaseAnswer, LeaseOp, Mutex, MutexAnswer, MutexOp, Queue,
    QueueAnswer, QueueOp, Set, SetAnswer, SetOp,
};
use crate::history::oracle::{GiveUp, Sample, did, history, recorded};
use crate::history::{Checker, Completion, History, Moment, Operation, check};

/// Histories of each checker.
const CASES: u64 = 100_000;

/// Random numbers of a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(mixed ^ (mixed >> 31)) * u128::from(bound)) >> 64) as u64
    }
}

/// Compares whether a checker finds anything with what the definition says; both verdicts occur in one of fifty histories.
fn compare<M: Sample, C: Checker<M::Op, M::Answer>>(
    model: &M,
    checker: impl Fn() -> C,
    is_broken: impl Fn(&History<M::Op, M::Answer>) -> bool,
) {
    let mut broken = 0;
    for seed in 0..CASES {
        let mut chance = Chance(seed);
        let steps: Vec<(u8, u16)> =
            (0..8 + chance.below(32)).map(|_| (chance.below(4) as u8, chance.below(1 << 16) as u16)).collect();
        let history = recorded(model, GiveUp::Seldom, &steps);
        let expected = is_broken(&history);
        let findings = check(&mut checker(), &history).findings;
        assert_eq!(!findings.is_empty(), expected, "seed {seed}: {findings:?} in {:#?}", history.operations());
        broken += u64::from(expected);
    }
    assert!((CASES / 50..CASES - CASES / 50).contains(&broken), "{broken} of {CASES} are broken: neither kind may be rare");
}

fn asked<O, A>(operation: &Operation<O, A>) -> Moment {
    operation.invoked
}

/// When an operation was answered; `None` if it failed or is open.
fn heard<O, A>(operation: &Operation<O, A>) -> Option<Moment> {
    operation.answer().and(operation.completed())
}

/// Whether an operation failed before a moment.
fn failed_before<O, A>(operation: &Operation<O, A>, moment: Moment) -> bool {
    matches!(operation.outcome, Completion::Fail { at } if at < moment)
}

/// The operations that were asked for before a moment and had not failed by then.
fn tried<O, A>(history: &History<O, A>, before: Moment) -> impl Iterator<Item = &Operation<O, A>> {
    history.operations().iter().filter(move |operation| asked(operation) < before && !failed_before(operation, before))
}

/// When an operation failed.
fn failed<O, A>(operation: &Operation<O, A>) -> Option<Moment> {
    matches!(operation.outcome, Completion::Fail { .. }).then(|| operation.completed()).flatten()
}

/// Whether any two answered operations satisfy a relation, the one that was answered first first.
fn any_pair<O, A>(history: &History<O, A>, relation: impl Fn(&Operation<O, A>, &Operation<O, A>) -> bool) -> bool {
    let answered = || history.operations().iter().filter(|operation| operation.answer().is_some());
    answered().any(|second| answered().any(|first| heard(first) < heard(second) && relation(first, second)))
}

/// A service that gives each identifier once.
struct Ids;

impl Model for Ids {
    type Op = ();
    type Answer = u8;
    type State = Vec<u8>;
    type Key = ();

    fn key(&self, (): &()) {}

    fn initial(&self) -> Vec<u8> {
        Vec::new()
    }

    fn step(&self, given: &Vec<u8>, (): &(), answer: Option<&u8>) -> Option<Vec<u8>> {
        let mut given = given.clone();
        given.extend(answer);
        let is_new = answer.is_none_or(|answer| !given[..given.len() - 1].contains(answer));
        is_new.then_some(given)
    }
}

impl Sample for Ids {
    fn ops() -> Vec<()> {
        vec![()]
    }

    fn answers((): &()) -> Vec<u8> {
        (0..40).collect()
    }
}

#[test]
fn identifiers_are_judged_as_defined() {
    compare(&Ids, UniqueIds::default, |history| any_pair(history, |first, second| first.answer() == second.answer()));
}

#[test]
fn counters_are_judged_as_defined() {
    let amount = |op: &CounterOp| match op {
        CounterOp::Read => 0,
        CounterOp::Add(amount) | CounterOp::AddAndRead(amount) => *amount,
    };
    compare(&Counter, CounterBounds::default, |history| {
        history.operations().iter().any(|read| {
            let (Some(CounterAnswer::Value(value)), Some(end)) = (read.answer(), heard(read)) else { return false };
            let (mut least, mut greatest) = (amount(&read.op), amount(&read.op));
            let others = history.operations().iter().filter(|other| asked(other) != asked(read) && asked(other) < end);
            for other in others.filter(|other| failed(other).is_none()) {
                let must = heard(other).is_some_and(|heard| heard < asked(read));
                least += if must { amount(&other.op) } else { amount(&other.op).min(0) };
                greatest += if must { amount(&other.op) } else { amount(&other.op).max(0) };
            }
            !(least..=greatest).contains(value)
        })
    });
}

/// A set from which nothing is removed.
#[derive(Default)]
struct GrownSet(Set<u8>);

impl Model for GrownSet {
    type Op = SetOp<u8>;
    type Answer = SetAnswer<u8>;
    type State = <Set<u8> as Model>::State;
    type Key = ();

    fn key(&self, _: &SetOp<u8>) {}

    fn initial(&self) -> Self::State {
        self.0.initial()
    }

    fn step(&self, state: &Self::State, op: &SetOp<u8>, answer: Option<&SetAnswer<u8>>) -> Option<Self::State> {
        self.0.step(state, op, answer)
    }
}

impl Sample for GrownSet {
    fn ops() -> Vec<SetOp<u8>> {
        let is_removal = |op: &SetOp<u8>| matches!(op, SetOp::Remove(_));
        Set::<u8>::ops().into_iter().filter(|op| !is_removal(op)).collect()
    }

    fn answers(op: &SetOp<u8>) -> Vec<SetAnswer<u8>> {
        Set::<u8>::answers(op)
    }
}

/// How often a read has an element; `None` if the operation is no read that tells.
fn times_read(operation: &Operation<SetOp<u8>, SetAnswer<u8>>, element: u8) -> Option<usize> {
    match (&operation.op, operation.answer()?) {
        (SetOp::Read, SetAnswer::Elements(elements)) => Some(elements.iter().filter(|other| **other == element).count()),
        (SetOp::Contains(of), SetAnswer::Contains(is_there)) if *of == element => Some(usize::from(*is_there)),
        _ => None,
    }
}

/// Whether a set that only grows broke its promise about an element.
fn is_element_broken(history: &History<SetOp<u8>, SetAnswer<u8>>, element: u8, is_linearizable: bool) -> bool {
    let adds = |operation: &&Operation<_, _>| operation.op == SetOp::Add(element);
    let reads = || history.operations().iter().filter_map(|read| Some((read, times_read(read, element)?)));
    let is_expected = |moment: Moment| tried(history, moment).filter(adds).count() > 0;
    let has = || reads().filter(|(read, times)| *times > 0 && heard(read).is_some_and(is_expected)).map(|(read, _)| read);
    if reads().any(|(read, times)| times > 1 || times == 1 && !heard(read).is_some_and(is_expected)) {
        return true;
    }
    // The last add that could have put it there fails after a read has it.
    let is_left = |end: Moment| tried(history, end).filter(adds).count() > 1;
    let is_seen = |end: Moment| has().any(|read| heard(read) < Some(end));
    if history.operations().iter().filter(adds).filter_map(failed).any(|end| is_seen(end) && !is_left(end)) {
        return true;
    }
    let known = history.operations().iter().filter(adds).chain(has()).filter_map(heard).min();
    let Some(known) = known else { return false };
    // A look at an element whose add has failed by then decides nothing.
    let decides = |read: &Operation<SetOp<u8>, _>| read.op == SetOp::Read || heard(read).is_some_and(is_expected);
    let absent = reads().filter(|(read, times)| *times == 0 && asked(read) > known && decides(read));
    let absent = absent.map(|(read, _)| asked(read)).max();
    let present = has().map(asked).max();
    absent.is_some() && (is_linearizable || present < absent)
}

#[test]
fn sets_are_judged_as_defined() {
    let any = |is_linearizable| move |history: &_| (0..2).any(|element| is_element_broken(history, element, is_linearizable));
    compare(&GrownSet::default(), SetFull::default, any(false));
    compare(&GrownSet::default(), || SetFull::default().linearizable(), any(true));
}

#[test]
fn queues_are_judged_as_defined() {
    compare(&Queue::<u8>::default(), TotalQueue::default, |history| {
        let operations = history.operations();
        let took = |operation: &&Operation<_, _>, value| operation.answer() == Some(&QueueAnswer::Value(Some(value)));
        let puts_in = |operation: &&Operation<QueueOp<u8>, _>, value| operation.op == QueueOp::Enqueue(value);
        let is_taken_too_often = operations.iter().any(|last| {
            let taken = |value, end| operations.iter().filter(|other| took(other, value) && heard(other) <= Some(end)).count();
            let tried = |value, end| tried(history, end).filter(|operation| puts_in(operation, value)).count();
            match (&last.op, last.answer(), heard(last), failed(last)) {
                (_, Some(QueueAnswer::Value(Some(value))), Some(end), _) => taken(*value, end) > tried(*value, end),
                // It is among those that were tried.
                (QueueOp::Enqueue(value), _, _, Some(end)) => taken(*value, end) >= tried(*value, end),
                _ => false,
            }
        });
        let empties = operations.iter().filter(|operation| operation.answer() == Some(&QueueAnswer::Value(None)));
        let last_empty = empties.max_by_key(|operation| asked(operation));
        let empty = last_empty.map(asked);
        let missing = |value: u8| {
            let ends = || operations.iter().filter(|operation| puts_in(operation, value)).filter_map(heard);
            let taken = operations.iter().filter(|operation| took(operation, value)).count();
            if ends().max() < empty { ends().count().saturating_sub(taken) } else { 0 }
        };
        let may_have_taken = |operation: &&Operation<QueueOp<u8>, _>| {
            let is_open = operation.op == QueueOp::Dequeue && operation.completed().is_none();
            is_open && last_empty.and_then(heard).is_some_and(|answered| asked(operation) < answered)
        };
        is_taken_too_often || (0..3).map(missing).sum::<usize>() > operations.iter().filter(may_have_taken).count()
    });
}

#[test]
fn snapshots_of_banks_are_judged_as_defined() {
    let mut broken = 0;
    for seed in 0..CASES {
        let mut chance = Chance(seed);
        let accounts = [0, 1, 2].into_iter().filter(|account| *account < 2 || chance.below(10) == 0).collect::<Vec<u8>>();
        let accounts = accounts.into_iter().filter(|_| chance.below(20) > 0).collect::<Vec<u8>>();
        let balances: BTreeMap<u8, i64> = accounts.into_iter().map(|account| (account, chance.below(5) as i64 - 1)).collect();
        let expected = balances.keys().copied().collect::<Vec<_>>() != [0, 1]
            || balances.values().sum::<i64>() != 3
            || balances.values().any(|balance| *balance < 0);
        let history = history([did(0, BankOp::Read, BankAnswer::Balances(balances.clone()))]);
        let findings = check(&mut Conservation::new([(0, 2), (1, 1)]), &history).findings;
        assert_eq!(!findings.is_empty(), expected, "{balances:?}: {findings:?}");
        broken += u64::from(expected);
    }
    assert!((CASES / 50..CASES - CASES / 50).contains(&broken), "{broken}");
}

#[test]
fn locks_are_judged_as_defined() {
    compare(&Mutex::<u8>::default(), MutualExclusion::default, |history| {
        let operations = history.operations();
        let releases = |client: u8| operations.iter().filter(move |operation| operation.op == MutexOp::Release(client));
        let is_certain = |grant: &Operation<MutexOp<u8>, MutexAnswer>, client, end: Moment| {
            !releases(client).any(|release| {
                let is_open = asked(release) < end && release.completed().is_none_or(|ended| ended > end);
                is_open || heard(release).is_some_and(|ended| ended > asked(grant) && ended < end)
            })
        };
        let grants: Vec<(u8, Moment)> = operations
            .iter()
            .filter_map(|grant| match (&grant.op, grant.answer()?) {
                (MutexOp::Acquire(client), MutexAnswer::Done) => {
                    heard(grant).filter(|end| is_certain(grant, *client, *end)).map(|end| (*client, end))
                }
                _ => None,
            })
            .collect();
        grants.iter().any(|(client, end)| {
            let is_held = |until: Moment| !releases(*client).any(|release| asked(release) > *end && asked(release) < until);
            grants.iter().any(|(_, other)| other > end && is_held(*other))
        })
    });
}

#[test]
fn tokens_are_judged_as_defined() {
    compare(&Lease::default(), Fencing::default, |history| {
        let is_unfenced = |use_: &Operation<_, _>| (use_.op, use_.answer()) == (LeaseOp::Use(None), Some(&LeaseAnswer::Done));
        let contradict = |first: &Operation<_, _>, second: &Operation<_, _>| {
            let is_before = heard(first) < Some(asked(second));
            match ((first.op, first.answer()), (second.op, second.answer())) {
                ((LeaseOp::Acquire, Some(LeaseAnswer::Granted(one))), (LeaseOp::Acquire, Some(LeaseAnswer::Granted(other)))) => {
                    one == other || one > other && is_before
                }
                ((LeaseOp::Use(one), Some(LeaseAnswer::Done)), (LeaseOp::Use(other), Some(LeaseAnswer::Done))) => {
                    one > other && is_before
                }
                _ => false,
            }
        };
        history.operations().iter().any(is_unfenced) || any_pair(history, contradict)
    });
}

/// A service that knows retries: its effects, each with the payload, which is the reply too.
struct Retries;

type Effect = ((u8, u64), u8);

impl Model for Retries {
    type Op = IdempotentOp<u8, u8>;
    type Answer = IdempotentAnswer<u8, u8>;
    type State = Vec<Effect>;
    type Key = ();

    fn key(&self, _: &Self::Op) {}

    fn initial(&self) -> Vec<Effect> {
        Vec::new()
    }

    fn step(&self, effects: &Vec<Effect>, op: &Self::Op, answer: Option<&Self::Answer>) -> Option<Vec<Effect>> {
        let IdempotentOp::Request { client, number, payload } = *op else {
            let Some(IdempotentAnswer::Effects(listed)) = answer else { return Some(effects.clone()) };
            let is_right = listed.len() == effects.len() && effects.iter().all(|(id, _)| listed.contains(id));
            return is_right.then(|| effects.clone());
        };
        let before = effects.iter().find(|(id, _)| *id == (client, number));
        match (before, answer) {
            (Some((_, known)), Some(IdempotentAnswer::Replied(reply))) => {
                (*known == payload && reply == known).then(|| effects.clone())
            }
            (Some((_, known)), Some(IdempotentAnswer::Refused)) => (*known != payload).then(|| effects.clone()),
            (None, Some(IdempotentAnswer::Replied(reply))) => {
                (*reply == payload).then(|| [effects.as_slice(), &[((client, number), payload)]].concat())
            }
            _ => None,
        }
    }
}

impl Sample for Retries {
    fn ops() -> Vec<Self::Op> {
        let request = |number, payload| IdempotentOp::Request { client: 0, number, payload };
        vec![request(0, 0), request(0, 0), request(0, 1), request(1, 0), request(1, 1), IdempotentOp::Effects]
    }

    fn answers(op: &Self::Op) -> Vec<Self::Answer> {
        use IdempotentAnswer::{Effects, Refused, Replied};
        match op {
            IdempotentOp::Request { .. } => vec![Replied(0), Replied(1), Refused],
            IdempotentOp::Effects => [&[][..], &[0], &[1], &[0, 1], &[1, 1]]
                .map(|numbers| Effects(numbers.iter().map(|number| (0, *number)).collect()))
                .to_vec(),
        }
    }
}

#[test]
fn retries_are_judged_as_defined() {
    compare(&Retries, Idempotency::default, |history| {
        let operations = history.operations();
        let id = |operation: &Operation<_, _>| match operation.op {
            IdempotentOp::Request { client, number, .. } => Some((client, number)),
            IdempotentOp::Effects => None,
        };
        let replied = |operation: &&Operation<_, _>| matches!(operation.answer(), Some(IdempotentAnswer::Replied(_)));
        let differ = |first: &Operation<_, _>, second: &Operation<_, _>| {
            replied(&first)
                && replied(&second)
                && id(first) == id(second)
                && (&first.op, first.answer()) != (&second.op, second.answer())
        };
        let refused = |request: &Operation<_, _>| match request.answer() {
            Some(IdempotentAnswer::Refused) => heard(request),
            _ => failed(request),
        };
        // Calls of a request that had no other end by then.
        let attempts = |of: (u8, u64), end: Moment| {
            let is_left = |request: &&Operation<_, _>| refused(request).is_none_or(|refused| refused >= end);
            operations.iter().filter(|request| id(request) == Some(of) && asked(request) < end).filter(is_left).count()
        };
        let is_listed = |of: (u8, u64), end: Moment| {
            operations.iter().any(|list| match list.answer() {
                Some(IdempotentAnswer::Effects(listed)) => listed.contains(&of) && heard(list) < Some(end),
                _ => false,
            })
        };
        let is_undone = |request: &Operation<_, _>| match (id(request), refused(request)) {
            (Some(of), Some(end)) => attempts(of, end) == 1 && is_listed(of, end),
            _ => false,
        };
        let is_list_wrong = |list: &Operation<_, _>| {
            let (Some(IdempotentAnswer::Effects(listed)), Some(end)) = (list.answer(), heard(list)) else { return false };
            let is_twice = listed.iter().any(|id| listed.iter().filter(|other| *other == id).count() > 1);
            let was_made = |listed: &(u8, u64)| attempts(*listed, end) > 0;
            let early = operations.iter().filter(replied).filter(|request| heard(request) < Some(asked(list)));
            is_twice || !listed.iter().all(was_made) || early.filter_map(id).any(|id| !listed.contains(&id))
        };
        any_pair(history, differ) || operations.iter().any(is_list_wrong) || operations.iter().any(is_undone)
    });
}

#[test]
fn slow_and_stuck_calls_are_judged_as_defined() {
    let limit = Duration::from_nanos(12);
    compare(
        &Ids,
        || Availability::default().answers_within(limit),
        |history| {
            let moments = |operation: &Operation<_, _>| [Some(asked(operation)), operation.completed()];
            let end = history.operations().iter().flat_map(moments).flatten().max();
            let lasted = |operation: &Operation<_, _>| match operation.outcome {
                Completion::Fail { .. } => None,
                Completion::Ok { at, .. } => Some(at.at.saturating_since(asked(operation).at)),
                Completion::Open => end.map(|end| end.at.saturating_since(asked(operation).at)),
            };
            history.operations().iter().filter_map(lasted).any(|lasted| lasted > limit)
        },
    );
}
