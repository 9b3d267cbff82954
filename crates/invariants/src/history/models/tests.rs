use rstest::rstest;

use super::{
    AppendList, AppendListAnswer, AppendListOp, Bank, BankAnswer, BankOp, Counter, CounterAnswer, CounterOp, Keyed, Lease,
    LeaseAnswer, LeaseOp, Mutex, MutexAnswer, MutexOp, Queue, QueueAnswer, QueueOp, Register, RegisterAnswer, RegisterOp,
    Registers, Set, SetAnswer, SetOp, Stack, StackAnswer, StackOp, Text, TextAnswer, TextOp,
};
use crate::history::oracle::{Event, Sample, call, did, fail, history, ok};
use crate::history::{Bounds, Linearization, Model, Sequence, check_linearizable, check_sequential};

type Events<M> = Vec<Vec<Event<<M as Model>::Op, <M as Model>::Answer>>>;

const POSSIBLE: bool = true;
const IMPOSSIBLE: bool = false;

fn assert_judged<M: Model>(model: M, expected: bool, events: Events<M>) {
    let found = check_linearizable(&model, &history(events), Bounds::default());
    assert_eq!(matches!(found, Linearization::Possible), expected, "{found:?}");
}

mod registers {
    use super::RegisterAnswer::{Mismatch, Value, Written};
    use super::RegisterOp::{CompareAndSet, Read, Write};
    use super::*;

    #[rstest]
    #[case::initial(POSSIBLE, vec![did(0, Read, Value(None))])]
    #[case::read_of_the_write(POSSIBLE, vec![did(0, Write(1), Written), did(1, Read, Value(Some(1)))])]
    #[case::read_beside_a_write_is_new(POSSIBLE, vec![call(0, Write(1)), did(1, Read, Value(Some(1))), ok(0, Written)])]
    #[case::read_beside_a_write_is_old(POSSIBLE, vec![call(0, Write(1)), did(1, Read, Value(None)), ok(0, Written)])]
    #[case::open_write_surfaces_late(POSSIBLE, vec![call(0, Write(1)), did(1, Read, Value(None)), did(1, Write(2), Written), did(1, Read, Value(Some(1)))])]
    #[case::open_write_never_surfaces(POSSIBLE, vec![call(0, Write(1)), did(1, Read, Value(None))])]
    #[case::compare_and_set(POSSIBLE, vec![did(0, Write(1), Written), did(0, CompareAndSet(1, 2), Written), did(0, CompareAndSet(1, 3), Mismatch), did(0, Read, Value(Some(2)))])]
    #[case::stale_read(IMPOSSIBLE, vec![did(0, Write(1), Written), did(0, Write(2), Written), did(1, Read, Value(Some(1)))])]
    #[case::read_of_no_write(IMPOSSIBLE, vec![did(0, Write(1), Written), did(1, Read, Value(Some(2)))])]
    #[case::read_of_a_failed_write(IMPOSSIBLE, vec![call(0, Write(1)), fail(0), did(1, Read, Value(Some(1)))])]
    #[case::read_before_its_write(IMPOSSIBLE, vec![did(1, Read, Value(Some(1))), did(0, Write(1), Written)])]
    #[case::new_then_old(IMPOSSIBLE, vec![call(0, Write(1)), did(1, Read, Value(Some(1))), did(1, Read, Value(None)), ok(0, Written)])]
    #[case::open_write_surfaces_twice(IMPOSSIBLE, vec![call(0, Write(1)), did(1, Read, Value(Some(1))), did(1, Write(2), Written), did(1, Read, Value(Some(1)))])]
    #[case::compared_with_another_value(IMPOSSIBLE, vec![did(0, Write(1), Written), did(0, CompareAndSet(2, 3), Written)])]
    #[case::refused_although_equal(IMPOSSIBLE, vec![did(0, Write(1), Written), did(0, CompareAndSet(1, 3), Mismatch)])]
    #[case::refused_and_set(IMPOSSIBLE, vec![did(0, Write(1), Written), did(0, CompareAndSet(2, 3), Mismatch), did(0, Read, Value(Some(3)))])]
    #[case::answer_of_another_operation(IMPOSSIBLE, vec![did(0, Read, Written)])]
    fn of_a_register(#[case] expected: bool, #[case] events: Events<Register<u8>>) {
        assert_judged(Register::default(), expected, events);
    }

    #[rstest]
    #[case::two_keys(POSSIBLE, vec![did(0, ('x', Write(1)), Written), did(1, ('y', Read), Value(None)), did(1, ('x', Read), Value(Some(1)))])]
    #[case::the_other_key(IMPOSSIBLE, vec![did(0, ('x', Write(1)), Written), did(1, ('y', Read), Value(Some(1)))])]
    fn of_a_map(#[case] expected: bool, #[case] events: Events<Registers<char, u8>>) {
        assert_judged(Registers::default(), expected, events);
    }
}

mod counters {
    use super::CounterAnswer::{Done, Value};
    use super::CounterOp::{Add, AddAndRead, Read};
    use super::*;

    #[rstest]
    #[case::sum(POSSIBLE, vec![did(0, Add(2), Done), did(0, Add(-1), Done), did(0, Read, Value(1))])]
    #[case::sums_of_adds_in_any_order(POSSIBLE, vec![call(0, AddAndRead(1)), did(1, AddAndRead(2), Value(3)), ok(0, Value(1))])]
    #[case::open_add(POSSIBLE, vec![call(0, Add(2)), did(1, Read, Value(0)), did(1, Read, Value(2))])]
    #[case::wraps(POSSIBLE, vec![did(0, Add(i64::MAX), Done), did(0, AddAndRead(1), Value(i64::MIN))])]
    #[case::lost_add(IMPOSSIBLE, vec![did(0, Add(2), Done), did(0, Read, Value(0))])]
    #[case::same_sum_twice(IMPOSSIBLE, vec![call(0, AddAndRead(1)), did(1, AddAndRead(1), Value(1)), ok(0, Value(1))])]
    #[case::open_add_taken_back(IMPOSSIBLE, vec![call(0, Add(2)), did(1, Read, Value(2)), did(1, Read, Value(0))])]
    #[case::read_is_done(IMPOSSIBLE, vec![did(0, Read, Done)])]
    #[case::add_shows(IMPOSSIBLE, vec![did(0, Add(1), Value(1))])]
    fn of_a_counter(#[case] expected: bool, #[case] events: Events<Counter>) {
        assert_judged(Counter, expected, events);
    }
}

mod sets {
    use super::SetAnswer::{self, Done, Elements};
    use super::SetOp::{Add, Contains, Read, Remove};
    use super::*;

    #[rstest]
    #[case::any_order(POSSIBLE, vec![did(0, Add(1), Done), did(0, Add(2), Done), did(0, Read, Elements(vec![2, 1]))])]
    #[case::add_again(POSSIBLE, vec![did(0, Add(1), Done), did(0, Add(1), Done), did(0, Read, Elements(vec![1]))])]
    #[case::removed(POSSIBLE, vec![did(0, Add(1), Done), did(0, Remove(1), Done), did(0, Contains(1), SetAnswer::Contains(false))])]
    #[case::remove_of_none(POSSIBLE, vec![did(0, Remove(1), Done), did(0, Read, Elements(vec![]))])]
    #[case::lost(IMPOSSIBLE, vec![did(0, Add(1), Done), did(0, Read, Elements(vec![]))])]
    #[case::still_there(IMPOSSIBLE, vec![did(0, Add(1), Done), did(0, Remove(1), Done), did(0, Read, Elements(vec![1]))])]
    #[case::never_added(IMPOSSIBLE, vec![did(0, Read, Elements(vec![1]))])]
    #[case::listed_twice(IMPOSSIBLE, vec![did(0, Add(1), Done), did(0, Read, Elements(vec![1, 1]))])]
    #[case::denied(IMPOSSIBLE, vec![did(0, Add(1), Done), did(0, Contains(1), SetAnswer::Contains(false))])]
    #[case::answer_of_another_operation(IMPOSSIBLE, vec![did(0, Contains(1), Done)])]
    fn of_a_set(#[case] expected: bool, #[case] events: Events<Set<u8>>) {
        assert_judged(Set::default(), expected, events);
    }
}

mod queues {
    use super::*;

    #[rstest]
    #[case::first_in_first_out(POSSIBLE, &[1, 2], &[Some(1), Some(2), None])]
    #[case::last_first(IMPOSSIBLE, &[1, 2], &[Some(2)])]
    #[case::twice(IMPOSSIBLE, &[1], &[Some(1), Some(1)])]
    #[case::never_put_in(IMPOSSIBLE, &[1], &[Some(3)])]
    #[case::empty_too_early(IMPOSSIBLE, &[1], &[None])]
    fn of_a_queue(#[case] expected: bool, #[case] values: &[u8], #[case] taken: &[Option<u8>]) {
        let puts = values.iter().map(|value| did(0, QueueOp::Enqueue(*value), QueueAnswer::Done));
        let takes = taken.iter().map(|value| did(0, QueueOp::Dequeue, QueueAnswer::Value(*value)));
        assert_judged(Queue::default(), expected, puts.chain(takes).collect());
    }

    #[rstest]
    #[case::last_in_first_out(POSSIBLE, &[1, 2], &[Some(2), Some(1), None])]
    #[case::first_first(IMPOSSIBLE, &[1, 2], &[Some(1)])]
    #[case::twice(IMPOSSIBLE, &[1], &[Some(1), Some(1)])]
    #[case::never_pushed(IMPOSSIBLE, &[1], &[Some(3)])]
    #[case::empty_too_early(IMPOSSIBLE, &[1], &[None])]
    fn of_a_stack(#[case] expected: bool, #[case] values: &[u8], #[case] taken: &[Option<u8>]) {
        let puts = values.iter().map(|value| did(0, StackOp::Push(*value), StackAnswer::Done));
        let takes = taken.iter().map(|value| did(0, StackOp::Pop, StackAnswer::Value(*value)));
        assert_judged(Stack::default(), expected, puts.chain(takes).collect());
    }

    #[test]
    fn an_open_dequeue_may_have_taken_a_value() {
        let put = |value| did(0, QueueOp::Enqueue(value), QueueAnswer::Done);
        let take = |value| did(0, QueueOp::Dequeue, QueueAnswer::Value(value));
        assert_judged(Queue::default(), POSSIBLE, vec![put(1), put(2), call(1, QueueOp::Dequeue), take(Some(2)), take(None)]);
        assert_judged(Queue::default(), IMPOSSIBLE, vec![put(1), put(2), call(1, QueueOp::Dequeue), take(None)]);
    }

    #[rstest]
    #[case::in_order(POSSIBLE, AppendListAnswer::Values(vec![1, 2]))]
    #[case::another_order(IMPOSSIBLE, AppendListAnswer::Values(vec![2, 1]))]
    #[case::lost(IMPOSSIBLE, AppendListAnswer::Values(vec![2]))]
    #[case::twice(IMPOSSIBLE, AppendListAnswer::Values(vec![1, 1, 2]))]
    #[case::answer_of_another_operation(IMPOSSIBLE, AppendListAnswer::Done)]
    fn of_a_list(#[case] expected: bool, #[case] answer: AppendListAnswer<u8>) {
        let append = |value, answer| did(0, AppendListOp::Append(value), answer);
        let (first, second) = (append(1, AppendListAnswer::At(0)), append(2, AppendListAnswer::Done));
        assert_judged(AppendList::default(), expected, vec![first, second, did(0, AppendListOp::Read, answer)]);
    }

    #[test]
    fn no_two_values_are_appended_at_one_place() {
        let append = |value| AppendListOp::Append(value);
        let beside =
            |place| vec![call(0, append(1)), did(1, append(2), AppendListAnswer::At(0)), ok(0, AppendListAnswer::At(place))];
        assert_judged(AppendList::default(), POSSIBLE, beside(1));
        assert_judged(AppendList::default(), IMPOSSIBLE, beside(0));
    }
}

mod locks {
    use super::LeaseAnswer::Granted;
    use super::LeaseOp::{Renew, Use};
    use super::MutexAnswer::{Done, Refused};
    use super::MutexOp::{Acquire, Release};
    use super::*;

    #[rstest]
    #[case::one_after_the_other(POSSIBLE, vec![did(0, Acquire(0), Done), did(0, Release(0), Done), did(1, Acquire(1), Done)])]
    #[case::refused_while_held(POSSIBLE, vec![did(0, Acquire(0), Done), did(1, Acquire(1), Refused)])]
    #[case::open_release(POSSIBLE, vec![did(0, Acquire(0), Done), call(0, Release(0)), did(1, Acquire(1), Done)])]
    #[case::two_holders(IMPOSSIBLE, vec![did(0, Acquire(0), Done), did(1, Acquire(1), Done)])]
    #[case::not_reentrant(IMPOSSIBLE, vec![did(0, Acquire(0), Done), did(0, Acquire(0), Done)])]
    #[case::refused_while_free(IMPOSSIBLE, vec![did(0, Acquire(0), Refused)])]
    #[case::released_by_another(IMPOSSIBLE, vec![did(0, Acquire(0), Done), did(1, Release(1), Done)])]
    #[case::release_refused(IMPOSSIBLE, vec![did(0, Acquire(0), Done), did(0, Release(0), Refused)])]
    fn of_a_mutex(#[case] expected: bool, #[case] events: Events<Mutex<u8>>) {
        assert_judged(Mutex::default(), expected, events);
    }

    const HELD: LeaseAnswer = LeaseAnswer::Refused;
    const FINE: LeaseAnswer = LeaseAnswer::Done;

    fn granted(token: u64) -> Vec<Event<LeaseOp, LeaseAnswer>> {
        did(0, LeaseOp::Acquire, Granted(token))
    }

    #[rstest]
    #[case::tokens_rise(POSSIBLE, vec![granted(0), granted(1), granted(7)])]
    #[case::refused_while_held(POSSIBLE, vec![granted(1), did(1, LeaseOp::Acquire, HELD)])]
    #[case::renewed(POSSIBLE, vec![granted(1), did(0, Renew(1), FINE), did(0, LeaseOp::Release(1), FINE), granted(2)])]
    #[case::lapsed(POSSIBLE, vec![granted(1), did(0, Renew(1), HELD), granted(2), did(0, LeaseOp::Release(1), HELD)])]
    #[case::used(POSSIBLE, vec![granted(1), did(0, Use(Some(1)), FINE), did(0, Use(Some(1)), FINE), did(0, Use(Some(0)), HELD)])]
    #[case::open_grant_has_a_token(POSSIBLE, vec![granted(1), call(1, LeaseOp::Acquire), did(0, Renew(1), HELD), granted(3)])]
    #[case::open_use(POSSIBLE, vec![call(1, Use(Some(2))), did(0, Use(Some(1)), HELD)])]
    #[case::token_again(IMPOSSIBLE, vec![granted(1), granted(1)])]
    #[case::token_falls(IMPOSSIBLE, vec![granted(2), granted(1)])]
    #[case::refused_while_free(IMPOSSIBLE, vec![did(0, LeaseOp::Acquire, HELD)])]
    #[case::refused_once_lapsed(IMPOSSIBLE, vec![granted(1), did(0, Renew(1), HELD), did(0, LeaseOp::Acquire, HELD)])]
    #[case::renew_revives(IMPOSSIBLE, vec![granted(1), granted(2), did(0, Renew(1), FINE)])]
    #[case::renewed_once_lapsed(IMPOSSIBLE, vec![granted(1), did(0, Renew(1), HELD), did(0, Renew(1), FINE)])]
    #[case::released_for_another(IMPOSSIBLE, vec![granted(1), granted(2), did(0, LeaseOp::Release(1), FINE)])]
    #[case::old_token_accepted(IMPOSSIBLE, vec![did(0, Use(Some(2)), FINE), did(0, Use(Some(1)), FINE)])]
    #[case::new_token_refused(IMPOSSIBLE, vec![did(0, Use(Some(1)), FINE), did(0, Use(Some(1)), HELD)])]
    #[case::no_token_accepted(IMPOSSIBLE, vec![did(0, Use(None), FINE)])]
    #[case::granted_without_token(IMPOSSIBLE, vec![did(0, LeaseOp::Acquire, FINE)])]
    fn of_a_lease(#[case] expected: bool, #[case] events: Events<Lease>) {
        assert_judged(Lease::default(), expected, events);
    }

    #[rstest]
    #[case::released(POSSIBLE, vec![granted(1), did(0, LeaseOp::Release(1), FINE), granted(2)])]
    #[case::granted_while_held(IMPOSSIBLE, vec![granted(1), granted(2)])]
    #[case::renew_refused(IMPOSSIBLE, vec![granted(1), did(0, Renew(1), HELD)])]
    fn of_a_lease_that_does_not_lapse(#[case] expected: bool, #[case] events: Events<Lease>) {
        assert_judged(Lease::without_lapse(), expected, events);
    }
}

mod banks {
    use super::BankAnswer::{Balances, Done, Refused};
    use super::BankOp::Read;
    use super::*;

    fn pay(from: char, to: char, amount: u64) -> BankOp<char> {
        BankOp::Transfer { from, to, amount }
    }

    fn shown(balances: &[(char, i64)]) -> Vec<Event<BankOp<char>, BankAnswer<char>>> {
        did(0, Read, Balances(balances.iter().copied().collect()))
    }

    #[rstest]
    #[case::first(POSSIBLE, vec![shown(&[('a', 5), ('b', 5)])])]
    #[case::moved(POSSIBLE, vec![did(0, pay('a', 'b', 5), Done), shown(&[('a', 0), ('b', 10)])])]
    #[case::refused(POSSIBLE, vec![did(0, pay('a', 'b', 6), Refused), did(0, pay('a', 'z', 1), Refused), shown(&[('a', 5), ('b', 5)])])]
    #[case::to_itself(POSSIBLE, vec![did(0, pay('a', 'a', 5), Done), shown(&[('a', 5), ('b', 5)])])]
    #[case::open(POSSIBLE, vec![call(1, pay('a', 'b', 1)), shown(&[('a', 5), ('b', 5)]), shown(&[('a', 4), ('b', 6)])])]
    #[case::half_a_transfer(IMPOSSIBLE, vec![call(1, pay('a', 'b', 1)), shown(&[('a', 4), ('b', 5)])])]
    #[case::overdrawn(IMPOSSIBLE, vec![did(0, pay('a', 'b', 6), Done)])]
    #[case::refused_although_it_can_pay(IMPOSSIBLE, vec![did(0, pay('a', 'b', 5), Refused)])]
    #[case::unknown_account(IMPOSSIBLE, vec![did(0, pay('a', 'z', 1), Done)])]
    #[case::account_missing(IMPOSSIBLE, vec![shown(&[('a', 5)])])]
    #[case::answer_of_another_operation(IMPOSSIBLE, vec![did(0, Read, Done)])]
    fn of_a_bank(#[case] expected: bool, #[case] events: Events<Bank<char>>) {
        assert_judged(Bank::new([('a', 5), ('b', 5)]), expected, events);
    }
}

/// Whether a model that says that an operation changes nothing, or shows or sets all of the state, is right.
fn assert_true_to_itself<M: Sample>(model: &M) {
    use crate::history::Access;
    let mut states = vec![model.initial()];
    for _ in 0..3 {
        for state in states.clone() {
            for op in M::ops() {
                let answers: Vec<Option<M::Answer>> = M::answers(&op).into_iter().map(Some).chain([None]).collect();
                for answer in &answers {
                    let next = model.step(&state, &op, answer.as_ref());
                    if model.changes_nothing(&op, answer.as_ref()) {
                        assert!(next.is_none() || next.as_ref() == Some(&state), "{op:?} {answer:?} in {state:?}: {next:?}");
                    }
                    match model.access(&op, answer.as_ref()) {
                        Access::Overwrites(set) => assert_eq!(next, Some(set), "{op:?} {answer:?}"),
                        Access::Shows(shown) => assert_eq!(next, (shown == state).then(|| state.clone()), "{op:?} {answer:?}"),
                        Access::Other => {}
                    }
                    states.extend(next.filter(|next| !states.contains(next) && states.len() < 200));
                }
            }
        }
    }
}

#[test]
fn models_tell_the_truth_about_what_changes_nothing() {
    assert_true_to_itself(&Register::default());
    assert_true_to_itself(&Keyed::<bool, Register<u8>>::default());
    assert_true_to_itself(&Counter);
    assert_true_to_itself(&Set::default());
    assert_true_to_itself(&Queue::default());
    assert_true_to_itself(&Stack::default());
    assert_true_to_itself(&AppendList::default());
    assert_true_to_itself(&Mutex::default());
    assert_true_to_itself(&Lease::default());
    assert_true_to_itself(&Bank::new([(0, 2), (1, 1)]));
}

/// Asserts that a client's many operations are judged, and not within a mebibyte.
fn assert_spent<M: Model>(model: &M, operations: impl IntoIterator<Item = (M::Op, M::Answer)>) {
    let history = history(operations.into_iter().map(|(op, answer)| did(0, op, answer)));
    assert_eq!(check_linearizable(model, &history, Bounds::default()), Linearization::Possible);
    let bounds = Bounds { memory: 1 << 20, ..Bounds::default() };
    let found = check_linearizable(model, &history, bounds);
    assert!(matches!(found, Linearization::Unknown { .. }), "{found:?}");
    let found = check_sequential(model, &history, bounds);
    assert!(matches!(found, Sequence::Unknown { .. }), "{found:?}");
}

#[test]
fn states_that_grow_count_for_the_bound_of_memory() {
    let numbers = || 0..2_000_u32;
    assert_spent(&AppendList::default(), numbers().map(|number| (AppendListOp::Append(number), AppendListAnswer::Done)));
    assert_spent(&Queue::default(), numbers().map(|number| (QueueOp::Enqueue(number), QueueAnswer::Done)));
    assert_spent(&Stack::default(), numbers().map(|number| (StackOp::Push(number), StackAnswer::Done)));
    assert_spent(&Set::default(), numbers().map(|number| (SetOp::Add(number), SetAnswer::Done)));
    assert_spent(&Text, numbers().map(|number| (TextOp::Append(format!("{number:4}")), TextAnswer::Done)));
    let keyed = Keyed::<u8, AppendList<u32>>::default();
    assert_spent(&keyed, numbers().map(|number| ((0, AppendListOp::Append(number)), AppendListAnswer::Done)));
    let transfer = BankOp::Transfer { from: 0, to: 1, amount: 1 };
    let bank = Bank::new((0..500_u32).map(|account| (account, 1_000)));
    assert_spent(&bank, std::iter::repeat_n((transfer, BankAnswer::Done), 500));
}

#[test]
fn a_grant_that_no_client_heard_of_took_a_token() {
    let model = Lease::default();
    let unheard = model.step(&model.initial(), &LeaseOp::Acquire, None).expect("it may be granted");
    let granted = |token| model.step(&unheard, &LeaseOp::Acquire, Some(&LeaseAnswer::Granted(token)));
    assert_eq!(granted(0), None);
    assert!(granted(1).is_some());
}
