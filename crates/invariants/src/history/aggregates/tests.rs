use std::time::Duration;

use cluster_sim_types::{Ratio, VirtualInstant};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

use super::*;
use crate::history::models::{
    Bank, BankAnswer, BankOp, Counter, CounterAnswer, CounterOp, Lease, LeaseAnswer, LeaseOp, Mutex, MutexAnswer, MutexOp, Queue,
    QueueAnswer, QueueOp, Set, SetAnswer, SetOp,
};
use crate::history::oracle::{Event, Sample, call, did, fail, for_random_histories, history, ok};
use crate::history::{Bounds, Checker, Judgement, Linearization, check, check_linearizable};

/// A finding, or none.
const FINE: Option<&str> = None;

fn judged<O, A>(mut checker: impl Checker<O, A>, events: Vec<Vec<Event<O, A>>>) -> Judgement {
    check(&mut checker, &history(events))
}

fn assert_finding(judgement: &Judgement, expected: Option<&str>) {
    let found: Vec<&str> = judgement.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
    assert!(expected.is_none() || judgement.findings.iter().all(|finding| !finding.operations.is_empty()));
}

#[rstest]
#[case::different(FINE, vec![did(0, (), 1), did(1, (), 2)])]
#[case::open_and_failed(FINE, vec![did(0, (), 1), call(1, ()), call(2, ()), fail(2)])]
#[case::twice(Some("1 was given twice"), vec![did(0, (), 1), did(1, (), 2), did(1, (), 1)])]
#[case::twice_at_once(Some("1 was given twice"), vec![call(0, ()), did(1, (), 1), ok(0, 1)])]
fn h14_identifiers(#[case] expected: Option<&str>, #[case] events: Vec<Vec<Event<(), u8>>>) {
    assert_finding(&judged(UniqueIds::default(), events), expected);
}

mod counters {
    use super::CounterAnswer::{Done, Value};
    use super::CounterOp::{Add, AddAndRead, Read};
    use super::*;

    #[rstest]
    #[case::sum(FINE, vec![did(0, Add(2), Done), did(0, Add(-5), Done), did(0, Read, Value(-3))])]
    #[case::beside_is_in(FINE, vec![call(0, Add(2)), did(1, Read, Value(2)), ok(0, Done)])]
    #[case::beside_is_not_in(FINE, vec![call(0, Add(2)), did(1, Read, Value(0)), ok(0, Done)])]
    #[case::open_surfaces_late(FINE, vec![call(0, Add(2)), did(1, Read, Value(0)), did(1, Read, Value(2))])]
    #[case::asked_during_the_read(FINE, vec![call(1, Read), did(0, Add(2), Done), did(0, Add(-3), Done), ok(1, Value(-3))])]
    #[case::own_add(FINE, vec![did(0, AddAndRead(2), Value(2)), did(0, AddAndRead(-1), Value(1))])]
    #[case::lost(Some("a read gave 0, less than the adds before it sum to: it can be 2 to 2"), vec![did(0, Add(2), Done), did(0, Read, Value(0))])]
    #[case::lost_beside_another(Some("a read gave 1, less than the adds before it sum to: it can be 2 to 3"), vec![did(0, Add(2), Done), call(1, Add(1)), did(0, Read, Value(1))])]
    #[case::lost_subtraction(Some("a read gave 0, more than all adds sum to: it can be -2 to -2"), vec![did(0, Add(-2), Done), did(0, Read, Value(0))])]
    #[case::too_much(Some("a read gave 3, more than all adds sum to: it can be 0 to 2"), vec![call(0, Add(2)), did(1, Read, Value(3))])]
    #[case::failed_before(Some("a read gave 2, more than all adds sum to: it can be 0 to 0"), vec![call(0, Add(2)), fail(0), did(1, Read, Value(2))])]
    #[case::failed_subtraction(Some("a read gave -2, less than the adds before it sum to: it can be 0 to 0"), vec![call(0, Add(-2)), fail(0), did(1, Read, Value(-2))])]
    #[case::own_add_missing(Some("a read gave 0, less than the adds before it sum to: it can be 2 to 2"), vec![did(0, AddAndRead(2), Value(0))])]
    #[case::asked_after_the_read(Some("a read gave 2, more than all adds sum to: it can be 0 to 0"), vec![did(1, Read, Value(2)), did(0, Add(2), Done)])]
    #[case::wrong_answer(Some("Done is no answer to Read: record with each operation its own answer"), vec![did(0, Read, Done)])]
    fn h11_bounds(#[case] expected: Option<&str>, #[case] events: Vec<Vec<Event<CounterOp, CounterAnswer>>>) {
        assert_finding(&judged(CounterBounds::default(), events), expected);
    }

    #[test]
    fn a_counter_may_begin_anywhere() {
        assert_finding(&judged(CounterBounds::starting_at(7), vec![did(0, Read, Value(7))]), FINE);
        let judgement = judged(CounterBounds::starting_at(7), vec![did(0, Add(1), Done), call(1, Add(2)), did(0, Read, Value(8))]);
        assert_eq!(judgement.measured, json!({ "reads": 1, "adds": 2, "open_adds": 1, "widest_bounds": 2 }));
    }
}

mod sets {
    use super::SetAnswer::{Contains as Is, Done, Elements};
    use super::SetOp::{Add, Contains, Read, Remove};
    use super::*;

    type Events = Vec<Vec<Event<SetOp<u8>, SetAnswer<u8>>>>;

    fn read(elements: &[u8]) -> Vec<Event<SetOp<u8>, SetAnswer<u8>>> {
        did(9, Read, Elements(elements.to_vec()))
    }

    #[rstest]
    #[case::stable(FINE, vec![did(0, Add(1), Done), read(&[1])])]
    #[case::stale_once(FINE, vec![did(0, Add(1), Done), read(&[]), read(&[1])])]
    #[case::read_beside_the_add(FINE, vec![call(0, Add(1)), call(9, Read), ok(0, Done), ok(9, Elements(vec![])), read(&[1])])]
    #[case::open_add_never_seen(FINE, vec![call(0, Add(1)), did(1, Add(2), Done), read(&[2])])]
    #[case::open_add_surfaces(FINE, vec![call(0, Add(1)), read(&[]), read(&[1])])]
    #[case::late_answer_of_an_old_read(FINE, vec![call(1, Read), did(0, Add(1), Done), read(&[1]), ok(1, Elements(vec![]))])]
    #[case::contains(FINE, vec![did(0, Add(1), Done), did(0, Contains(2), Is(false)), did(0, Contains(1), Is(true))])]
    #[case::lost(Some("1 was in the set and is lost: the last read lacks it"), vec![did(0, Add(1), Done), read(&[1]), read(&[])])]
    #[case::lost_at_once(Some("1 was in the set and is lost: the last read lacks it, and 1 more"), vec![did(0, Add(1), Done), did(0, Add(2), Done), read(&[])])]
    #[case::open_add_lost(Some("1 was in the set and is lost: the last read lacks it"), vec![call(0, Add(1)), read(&[1]), read(&[])])]
    #[case::not_contained(Some("1 was in the set and is lost: the last read lacks it"), vec![did(0, Add(1), Done), did(0, Contains(1), Is(false))])]
    #[case::duplicate(Some("a read has 1 twice"), vec![did(0, Add(1), Done), read(&[1, 1])])]
    #[case::never_added(Some("a read has 2, which was never added"), vec![did(0, Add(1), Done), read(&[1, 2])])]
    #[case::failed(Some("a read has 1, which was never added"), vec![call(0, Add(1)), fail(0), read(&[1])])]
    #[case::contains_the_unknown(Some("a read has 2, which was never added"), vec![did(0, Contains(2), Is(true))])]
    #[case::wrong_answer(Some("Done is no answer to Read: record with each operation its own answer"), vec![did(0, Read, Done)])]
    fn h12_elements(#[case] expected: Option<&str>, #[case] events: Events) {
        let judgement = judged(SetFull::default(), events);
        assert_finding(&judgement, expected);
        assert_eq!(judgement.unknown, None);
    }

    #[rstest]
    #[case::stale(Some("a read lacks 1, which was in the set before"), vec![did(0, Add(1), Done), read(&[]), read(&[1])])]
    #[case::not_contained(Some("a read lacks 1, which was in the set before"), vec![did(0, Add(1), Done), did(0, Contains(1), Is(false)), read(&[1])])]
    #[case::beside(FINE, vec![call(9, Read), did(0, Add(1), Done), ok(9, Elements(vec![])), read(&[1])])]
    fn h12_linearizable_elements(#[case] expected: Option<&str>, #[case] events: Events) {
        assert_finding(&judged(SetFull::default().linearizable(), events), expected);
    }

    #[test]
    fn t11_an_element_that_no_read_followed_is_unknown() {
        let judgement =
            judged(SetFull::default(), vec![did(0, Add(1), Done), read(&[1]), did(0, Add(2), Done), did(0, Add(3), Done)]);
        assert_finding(&judgement, FINE);
        let reason = "2 and 1 other elements were never read after they were added: read the set once more at the end";
        assert_eq!(judgement.unknown.as_deref(), Some(reason));
        let removed = judged(SetFull::default(), vec![did(0, Add(1), Done), did(0, Remove(1), Done), read(&[])]);
        assert!(removed.unknown.unwrap().contains("sets that only grow"));
    }

    #[test]
    fn stale_times_are_measured() {
        // Known at 1 ns; missing from the reads asked for at 2 and 4 ns; there at 6 ns. The other is never missing.
        let events = vec![did(0, Add(1), Done), read(&[]), read(&[]), read(&[1]), did(0, Add(2), Done), read(&[2, 1])];
        let judgement = judged(SetFull::default(), events);
        assert_eq!(
            judgement.measured,
            json!({
                "elements": 2, "stable": 2, "lost": 0, "never_read": 0, "duplicates": 0, "unexpected": 0, "reads": 4,
                "stale_ns": { "count": 1, "p50": 3, "p95": 3, "p99": 3, "max": 3 },
            })
        );
        assert_eq!(judgement.times_checked, 2);
    }
}

mod queues {
    use super::QueueAnswer::{Done, Value};
    use super::QueueOp::{Dequeue, Enqueue};
    use super::*;

    type Events = Vec<Vec<Event<QueueOp<u8>, QueueAnswer<u8>>>>;

    fn take(value: Option<u8>) -> Vec<Event<QueueOp<u8>, QueueAnswer<u8>>> {
        did(9, Dequeue, Value(value))
    }

    #[rstest]
    #[case::any_order(FINE, vec![did(0, Enqueue(1), Done), did(0, Enqueue(2), Done), take(Some(2)), take(Some(1)), take(None)])]
    #[case::taken_before_acknowledged(FINE, vec![call(0, Enqueue(1)), take(Some(1)), ok(0, Done), take(None)])]
    #[case::open_recovered(FINE, vec![call(0, Enqueue(1)), take(Some(1)), take(None)])]
    #[case::open_never_seen(FINE, vec![call(0, Enqueue(1)), take(None)])]
    #[case::put_in_twice(FINE, vec![did(0, Enqueue(1), Done), did(0, Enqueue(1), Done), take(Some(1)), take(Some(1)), take(None)])]
    #[case::taken_by_an_open_dequeue(FINE, vec![did(0, Enqueue(1), Done), call(1, Dequeue), take(None)])]
    #[case::empty_beside_the_enqueue(FINE, vec![call(9, Dequeue), did(0, Enqueue(1), Done), ok(9, Value(None)), take(Some(1)), take(None)])]
    #[case::lost(Some("acknowledged and lost: 1"), vec![did(0, Enqueue(1), Done), take(None)])]
    #[case::lost_beside_an_open_dequeue(Some("acknowledged and lost: 1, 2; 1 open dequeues took fewer"), vec![did(0, Enqueue(1), Done), did(0, Enqueue(2), Done), call(1, Dequeue), take(None)])]
    #[case::asked_after_the_last_empty_answer(Some("acknowledged and lost: 1"), vec![did(0, Enqueue(1), Done), take(None), call(1, Dequeue)])]
    #[case::asked_beside_the_last_empty_answer(FINE, vec![did(0, Enqueue(1), Done), call(9, Dequeue), call(1, Dequeue), ok(9, Value(None))])]
    #[case::ended_without_the_value(Some("acknowledged and lost: 1"), vec![did(0, Enqueue(1), Done), did(0, Enqueue(2), Done), call(1, Dequeue), take(None), ok(1, Value(Some(2)))])]
    #[case::another_dequeue_ended_later(FINE, vec![did(0, Enqueue(1), Done), call(1, Dequeue), take(None), did(0, Enqueue(2), Done), take(Some(2))])]
    #[case::the_empty_answer_asked_for_last_counts(Some("acknowledged and lost: 1"), vec![call(8, Dequeue), did(0, Enqueue(1), Done), call(9, Dequeue), ok(9, Value(None)), ok(8, Value(None))])]
    #[case::many_lost(Some("acknowledged and lost: 1, 2, 3 and 1 more"), vec![did(0, Enqueue(1), Done), did(0, Enqueue(2), Done), did(0, Enqueue(3), Done), did(0, Enqueue(4), Done), take(None)])]
    #[case::duplicated(Some("1 was taken 2 times and put in 1 times"), vec![did(0, Enqueue(1), Done), take(Some(1)), take(Some(1)), take(None)])]
    #[case::unexpected(Some("2 was taken and never put in"), vec![did(0, Enqueue(1), Done), take(Some(1)), take(Some(2)), take(None)])]
    #[case::failed(Some("1 was taken and never put in"), vec![call(0, Enqueue(1)), fail(0), take(Some(1)), take(None)])]
    #[case::wrong_answer(Some("Done is no answer to Dequeue: record with each operation its own answer"), vec![did(0, Dequeue, Done)])]
    fn h13_values(#[case] expected: Option<&str>, #[case] events: Events) {
        let judgement = judged(TotalQueue::default(), events);
        assert_finding(&judgement, expected);
        assert_eq!(judgement.unknown, None);
    }

    #[test]
    fn a_queue_that_is_not_drained_is_unknown() {
        let judgement = judged(TotalQueue::default(), vec![take(None), did(0, Enqueue(1), Done), call(1, Enqueue(2))]);
        assert_finding(&judgement, FINE);
        assert!(judgement.unknown.unwrap().contains("drain it before the end"));
        let measured = json!({
            "attempted": 2, "acknowledged": 1, "dequeued": 0, "recovered": 0, "lost": 0, "left": 1, "open_dequeues": 0,
        });
        assert_eq!(judgement.measured, measured);
    }
}

mod banks {
    use super::BankAnswer::{Balances, Done, Refused};
    use super::BankOp::Read;
    use super::*;

    fn shown(balances: &[(char, i64)]) -> Vec<Event<BankOp<char>, BankAnswer<char>>> {
        did(0, Read, Balances(balances.iter().copied().collect()))
    }

    #[rstest]
    #[case::any_snapshot(FINE, &[('a', 0), ('b', 10)])]
    #[case::total(Some("a snapshot shows 9 in all accounts, not 10"), &[('a', 4), ('b', 5)])]
    #[case::unexpected(Some("a snapshot shows account 'z', which the bank does not have"), &[('a', 5), ('b', 5), ('z', 0)])]
    #[case::missing(Some("a snapshot does not show account 'b'"), &[('a', 10)])]
    #[case::negative(Some("a snapshot shows -1 in account 'a'"), &[('a', -1), ('b', 11)])]
    fn h10_snapshots(#[case] expected: Option<&str>, #[case] balances: &[(char, i64)]) {
        assert_finding(&judged(Conservation::new([('a', 5), ('b', 5)]), vec![shown(balances)]), expected);
    }

    #[test]
    fn overdrafts_can_be_allowed() {
        let transfer = BankOp::Transfer { from: 'a', to: 'b', amount: 6 };
        let events = vec![did(0, transfer, Done), did(0, transfer, Refused), shown(&[('a', -1), ('b', 11)])];
        let judgement = judged(Conservation::new([('a', 5), ('b', 5)]).may_overdraw(), events);
        assert_finding(&judgement, FINE);
        assert_eq!(judgement.measured, json!({ "snapshots": 1, "transfers": 1, "refused": 1 }));
        let wrong = judged(Conservation::new([('a', 5)]), vec![did(0, Read, Done)]);
        assert_finding(&wrong, Some("Done is no answer to Read: record with each operation its own answer"));
    }
}

mod locks {
    use super::LeaseAnswer::Granted;
    use super::LeaseOp::{Renew, Use};
    use super::MutexAnswer::{Done, Refused};
    use super::MutexOp::{Acquire, Release};
    use super::*;

    const OLD: Option<&str> = Some("2 was granted the lock while 1 held it");

    #[rstest]
    #[case::in_turn(FINE, vec![did(1, Acquire(1), Done), did(1, Release(1), Done), did(2, Acquire(2), Done)])]
    #[case::release_asked_for(FINE, vec![did(1, Acquire(1), Done), call(1, Release(1)), did(2, Acquire(2), Done)])]
    #[case::refused(FINE, vec![did(1, Acquire(1), Done), did(2, Acquire(2), Refused), did(1, Release(1), Done), did(2, Acquire(2), Done)])]
    #[case::open_grant(FINE, vec![call(1, Acquire(1)), did(2, Acquire(2), Done)])]
    #[case::release_beside_the_grant(FINE, vec![call(1, Acquire(1)), did(3, Release(1), Done), ok(1, Done), did(2, Acquire(2), Done)])]
    #[case::released_before_the_other_grant(FINE, vec![call(2, Acquire(2)), call(3, Release(2)), did(1, Acquire(1), Done), ok(2, Done)])]
    #[case::open_release_before_the_grant(FINE, vec![call(3, Release(1)), did(1, Acquire(1), Done), did(2, Acquire(2), Done)])]
    #[case::release_of_an_earlier_hold(OLD, vec![did(1, Acquire(1), Done), did(1, Release(1), Done), did(1, Acquire(1), Done), did(2, Acquire(2), Done)])]
    #[case::failed_release_before(OLD, vec![call(3, Release(1)), fail(3), did(1, Acquire(1), Done), did(2, Acquire(2), Done)])]
    #[case::two_holders(OLD, vec![did(1, Acquire(1), Done), did(2, Acquire(2), Done)])]
    #[case::two_grants_at_once(OLD, vec![call(1, Acquire(1)), call(2, Acquire(2)), ok(1, Done), ok(2, Done)])]
    #[case::release_by_another(OLD, vec![did(1, Acquire(1), Done), did(2, Release(2), Refused), did(2, Acquire(2), Done)])]
    fn h16_holders(#[case] expected: Option<&str>, #[case] events: Vec<Vec<Event<MutexOp<u8>, MutexAnswer>>>) {
        assert_finding(&judged(MutualExclusion::default(), events), expected);
    }

    const OK: LeaseAnswer = LeaseAnswer::Done;
    const NO: LeaseAnswer = LeaseAnswer::Refused;

    fn granted(token: u64) -> Vec<Event<LeaseOp, LeaseAnswer>> {
        did(token as u32, LeaseOp::Acquire, Granted(token))
    }

    /// The lease is asked for at 0 ns and expires after 5 ns.
    #[rstest]
    #[case::expired(FINE, vec![granted(1), did(3, Use(Some(1)), OK), did(3, Use(Some(1)), OK), granted(2)])]
    #[case::released(FINE, vec![granted(1), call(1, LeaseOp::Release(1)), granted(2)])]
    #[case::renewal_refused(FINE, vec![granted(1), did(1, Renew(1), NO), granted(2)])]
    #[case::expired_before_it_was_heard_of(FINE, vec![call(2, LeaseOp::Acquire), did(3, Use(Some(1)), OK), did(3, Use(Some(1)), OK), granted(1), ok(2, Granted(2))])]
    #[case::not_expired(OLD, vec![granted(1), granted(2)])]
    #[case::renewed(OLD, vec![granted(1), did(1, Renew(1), OK), granted(2)])]
    #[case::wrong_answer(Some("Done is no answer to Acquire: record with each operation its own answer"), vec![did(1, LeaseOp::Acquire, OK)])]
    fn h16_leases(#[case] expected: Option<&str>, #[case] events: Vec<Vec<Event<LeaseOp, LeaseAnswer>>>) {
        let checker = MutualExclusion::<u64>::default().expires_after(Duration::from_nanos(5));
        assert_finding(&judged(checker, events), expected);
    }

    #[rstest]
    #[case::rising(FINE, vec![granted(1), granted(2), did(1, Use(Some(1)), OK), did(2, Use(Some(2)), OK), did(1, Use(Some(1)), NO)])]
    #[case::at_once_in_any_order(FINE, vec![call(1, LeaseOp::Acquire), granted(2), ok(1, Granted(1))])]
    #[case::used_at_once(FINE, vec![call(1, Use(Some(1))), did(2, Use(Some(2)), OK), ok(1, OK)])]
    #[case::refusals_count_for_nothing(FINE, vec![did(1, Use(Some(9)), NO), did(1, Use(Some(1)), OK), did(1, Renew(1), NO), did(1, LeaseOp::Acquire, NO)])]
    #[case::falling(Some("token 1 was granted after token 2"), vec![granted(2), granted(1)])]
    #[case::again(Some("token 1 was granted twice"), vec![granted(1), granted(2), granted(1)])]
    #[case::again_at_once(Some("token 1 was granted twice"), vec![call(2, LeaseOp::Acquire), granted(1), ok(2, Granted(1))])]
    #[case::old_token_accepted(Some("the resource accepted token 1 after token 2"), vec![did(2, Use(Some(2)), OK), did(1, Use(Some(1)), OK)])]
    #[case::old_token_after_two(Some("the resource accepted token 2 after token 3"), vec![did(3, Use(Some(3)), OK), call(1, Use(Some(1))), did(2, Use(Some(2)), OK)])]
    #[case::no_token(Some("the resource was used without a token"), vec![did(1, Use(None), OK)])]
    #[case::wrong_answer(Some("Granted(1) is no answer to Use(None): record with each operation its own answer"), vec![did(1, Use(None), Granted(1))])]
    fn h17_tokens(#[case] expected: Option<&str>, #[case] events: Vec<Vec<Event<LeaseOp, LeaseAnswer>>>) {
        assert_finding(&judged(Fencing::default(), events), expected);
    }
}

mod retries {
    use super::IdempotentAnswer::{Refused, Replied};
    use super::*;

    type One = Vec<Event<IdempotentOp<char, u8>, IdempotentAnswer<char, u8>>>;

    fn request(number: u64, payload: u8) -> IdempotentOp<char, u8> {
        IdempotentOp::Request { client: 'c', number, payload }
    }

    fn effects(numbers: &[u64]) -> One {
        let effects = numbers.iter().map(|number| ('c', *number)).collect();
        did(9, IdempotentOp::Effects, IdempotentAnswer::Effects(effects))
    }

    #[rstest]
    #[case::same_reply(FINE, vec![did(0, request(1, 5), Replied(6)), did(0, request(1, 5), Replied(6)), effects(&[1])])]
    #[case::retry_of_an_open_call(FINE, vec![call(0, request(1, 5)), did(1, request(1, 5), Replied(6)), effects(&[1])])]
    #[case::open_has_effect(FINE, vec![call(0, request(1, 5)), effects(&[1])])]
    #[case::open_has_none(FINE, vec![call(0, request(1, 5)), effects(&[])])]
    #[case::other_payload_refused(FINE, vec![did(0, request(1, 5), Replied(6)), did(0, request(1, 7), Refused), effects(&[1])])]
    #[case::list_beside_the_request(FINE, vec![call(9, IdempotentOp::Effects), did(0, request(1, 5), Replied(6)), ok(9, IdempotentAnswer::Effects(vec![]))])]
    #[case::two_replies(Some("request 1 of 'c' was replied to by 6 and by 7"), vec![did(0, request(1, 5), Replied(6)), did(0, request(1, 5), Replied(7))])]
    #[case::two_payloads(Some("request 1 of 'c' was accepted as 5 and as 7"), vec![did(0, request(1, 5), Replied(6)), did(0, request(1, 7), Replied(6))])]
    #[case::two_effects(Some("request 1 of 'c' took effect twice"), vec![did(0, request(1, 5), Replied(6)), effects(&[1, 1])])]
    #[case::no_effect(Some("request 1 of 'c' was replied to and had no effect"), vec![did(0, request(1, 5), Replied(6)), effects(&[])])]
    #[case::effect_of_no_request(Some("request 2 of 'c' took effect and was never made"), vec![did(0, request(1, 5), Replied(6)), effects(&[1, 2])])]
    #[case::wrong_answer(Some("Effects([]) is no answer to Request { client: 'c', number: 1, payload: 5 }: record with each operation its own answer"), vec![did(0, request(1, 5), IdempotentAnswer::Effects(vec![]))])]
    fn h18_requests(#[case] expected: Option<&str>, #[case] events: Vec<One>) {
        assert_finding(&judged(Idempotency::default(), events), expected);
    }
}

mod availability {
    use super::*;

    fn at(nanoseconds: u64) -> VirtualInstant {
        VirtualInstant::from_nanoseconds(nanoseconds)
    }

    /// Calls at 0, 2, 4, …, each answered 1 ns later.
    fn answered(count: usize) -> Vec<Vec<Event<(), ()>>> {
        vec![did(0, (), ()); count]
    }

    fn messages(checker: Availability, events: Vec<Vec<Event<(), ()>>>) -> Vec<String> {
        judged(checker, events).findings.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn h19_the_share_answered_counts_failed_and_stuck_calls() {
        let mut events = answered(8);
        events.extend([call(1, ()), fail(1)]);
        let nine_of_ten = Availability::default().least_answered(Ratio::percent(90));
        assert_eq!(messages(nine_of_ten.clone(), events), ["8 of 9 calls were answered, fewer than 0.9"]);
        let mut events = answered(9);
        events.extend([call(1, ()), fail(1)]);
        assert_eq!(messages(nine_of_ten, events), [""; 0]);
    }

    #[test]
    fn h19_slow_and_stuck_calls_are_found() {
        let limit = Availability::default().answers_within(Duration::from_nanos(3));
        let slow = vec![call(1, ()), did(0, (), ()), did(0, (), ()), ok(1, ())];
        assert_eq!(messages(limit.clone(), slow), ["a call was answered after 5ns, more than 3ns"]);
        let stuck = vec![call(1, ()), did(0, (), ()), did(0, (), ())];
        assert_eq!(messages(limit.clone(), stuck), ["1 calls were not answered within 3ns"]);
        let young = vec![did(0, (), ()), call(1, ()), did(0, (), ())];
        assert_eq!(messages(limit, young), [""; 0]);
    }

    #[test]
    fn h19_calls_that_a_disturbance_overlaps_are_excused() {
        let limit = Availability::default().answers_within(Duration::from_nanos(3));
        let slow = || vec![call(1, ()), did(0, (), ()), did(0, (), ()), ok(1, ())];
        for (from, until, is_excused) in [(0, 1, true), (5, 6, true), (2, 3, true), (6, 9, false)] {
            let found = messages(limit.clone().disturbed(at(from), at(until)), slow());
            assert_eq!(found.is_empty(), is_excused, "{from} to {until}: {found:?}");
        }
    }

    #[test]
    fn h19_time_to_recover_counts_from_the_end_of_the_disturbance() {
        // The call at 4 ns was made in the disturbance; the first after it is at 6 ns and is answered at 9 ns.
        let events = || vec![did(0, (), ()), did(0, (), ()), call(0, ()), ok(0, ()), call(1, ()), did(0, (), ()), ok(1, ())];
        let within = |limit| Availability::default().disturbed(at(3), at(5)).recovers_within(Duration::from_nanos(limit));
        assert_eq!(messages(within(3), events()), [""; 0]);
        let late = "3ns after the disturbance that ended at 0.000000s, more than 2ns: until then none was answered";
        assert_eq!(messages(within(2), events()), [late]);
        let never = Availability::default().disturbed(at(0), at(1)).recovers_within(Duration::from_nanos(2));
        let judgement = judged::<(), ()>(never, vec![call(0, ()), call(1, ()), call(2, ()), call(3, ())]);
        assert_eq!(judgement.measured["recovery_ns"], json!([null]));
        assert_eq!(judgement.findings.len(), 0, "the history ends 2 ns after the disturbance");
        let never = Availability::default().disturbed(at(0), at(1)).recovers_within(Duration::from_nanos(1));
        assert_eq!(messages(never, vec![call(0, ()), call(1, ()), call(2, ()), call(3, ())]).len(), 1);
    }

    #[test]
    fn h19_is_measured() {
        let mut events = answered(3);
        events.extend([call(1, ()), fail(1), call(2, ())]);
        let judgement = judged(Availability::default().disturbed(at(0), at(1)), events);
        assert_eq!(
            judgement.measured,
            json!({
                "quiet": {
                    "answered": 2, "failed": 1, "stuck": 0, "pending": 1,
                    "latency_ns": { "count": 2, "p50": 1, "p95": 1, "p99": 1, "max": 1 },
                },
                "disturbed": { "calls": 1, "answered": 1 },
                "recovery_ns": [2],
            })
        );
        assert_eq!(judgement.times_checked, 3);
    }
}

#[test]
fn each_key_is_judged_by_itself() {
    let events = vec![
        did(0, ('x', CounterOp::Add(1)), CounterAnswer::Done),
        did(0, ('y', CounterOp::Read), CounterAnswer::Value(0)),
        did(1, ('y', CounterOp::Read), CounterAnswer::Value(1)),
    ];
    let judgement = judged(EachKey::<_, _, _, CounterBounds>::default(), events);
    assert_eq!(judgement.findings.len(), 1);
    assert_eq!(judgement.findings[0].message, "'y': a read gave 1, more than all adds sum to: it can be 0 to 0");
    assert_eq!(judgement.findings[0].operations, [2]);
    assert_eq!(judgement.measured["'x'"]["adds"], 1);
    assert_eq!(judgement.times_checked, 2);
}

#[test]
fn contradictions_in_a_key_name_operations_of_the_whole_history() {
    let lost = |key| vec![did(0, (key, SetOp::Add(1)), SetAnswer::Done), did(0, (key, SetOp::Read), SetAnswer::Elements(vec![]))];
    let mut events = lost('y');
    events.extend(lost('x'));
    events.push(did(0, ('z', SetOp::Add(1)), SetAnswer::Done));
    let judgement = judged(EachKey::new(SetFull::default()), events);
    let operations: Vec<&[usize]> = judgement.findings.iter().map(|finding| &*finding.operations).collect();
    assert_eq!(operations, [[2, 3], [0, 1]]);
    assert!(judgement.unknown.unwrap().starts_with("'z': 1 and 0 other elements"));
}

#[test]
fn operations_that_are_not_translated_are_not_judged() {
    let ids = |op: &u8| (*op < 10).then_some(());
    let ten_times = |_: &u8, answer: &u8| answer * 10;
    let events = vec![did(0, 20, 255), did(0, 1, 1), call(1, 2), call(2, 30), fail(1), fail(2), did(1, 2, 1)];
    let judgement = judged(Translated::new(UniqueIds::default(), ids, ten_times), events);
    assert_eq!(judgement.findings.len(), 1);
    assert_eq!((judgement.findings[0].message.as_str(), &*judgement.findings[0].operations), ("10 was given twice", &[1, 4][..]));
    assert_eq!(judgement.measured["open"], 0);
}

#[test]
fn a_process_may_ask_for_something_else_after_its_call() {
    let ids = |op: &u8| (*op < 10).then_some(());
    let events = vec![did(0, 1, 1), did(0, 20, 1), did(0, 2, 2)];
    let judgement = judged(Translated::new(UniqueIds::default(), ids, |_: &u8, answer: &u8| *answer), events);
    assert_eq!((judgement.findings.len(), judgement.times_checked), (0, 2));
}

#[test]
fn an_empty_history_was_checked_no_times() {
    assert_eq!(judged::<(), u8>(UniqueIds::default(), vec![]).times_checked, 0);
    assert_eq!(judged(CounterBounds::default(), vec![]).times_checked, 0);
    assert_eq!(judged(SetFull::<u8>::default(), vec![]).times_checked, 0);
    assert_eq!(judged(TotalQueue::<u8>::default(), vec![]).times_checked, 0);
    assert_eq!(judged(Conservation::new([(0, 1)]), vec![]).times_checked, 0);
    assert_eq!(judged::<MutexOp<u8>, _>(MutualExclusion::default(), vec![]).times_checked, 0);
    assert_eq!(judged(Fencing::default(), vec![]).times_checked, 0);
    assert_eq!(judged(Idempotency::<u8, u8, u8>::default(), vec![]).times_checked, 0);
    assert_eq!(judged::<(), ()>(Availability::default(), vec![]).times_checked, 0);
}

/// No history that a correct object can have may be refused.
fn assert_sound<M: Sample, C: Checker<M::Op, M::Answer>>(model: &M, checker: impl Fn() -> C) {
    for_random_histories(model, 5_000, |history| {
        let is_correct = check_linearizable(model, history, Bounds::default()) == Linearization::Possible;
        let judgement = check(&mut checker(), history);
        prop_assert!(!is_correct || judgement.findings.is_empty(), "{:?}", judgement.findings);
        Ok(is_correct)
    });
}

#[test]
fn no_linearizable_history_is_refused() {
    assert_sound(&Counter, CounterBounds::default);
    assert_sound(&Set::<u8>::default(), SetFull::default);
    assert_sound(&Queue::<u8>::default(), TotalQueue::default);
    assert_sound(&Bank::new([(0, 2), (1, 1)]), || Conservation::new([(0, 2), (1, 1)]));
    assert_sound(&Mutex::<u8>::default(), MutualExclusion::default);
    assert_sound(&Lease::without_lapse(), MutualExclusion::<u64>::default);
    assert_sound(&Lease::default(), Fencing::default);
}
