//! Tests of calls that fail after others saw their effect.

use rstest::rstest;

use super::*;
use crate::history::check;
use crate::history::models::{CounterAnswer, CounterOp, QueueAnswer, QueueOp, SetAnswer, SetOp};
use crate::history::oracle::{Event, call, did, fail, history, ok};
use crate::history::{Checker, Judgement};

fn judged<O, A>(mut checker: impl Checker<O, A>, events: Vec<Vec<Event<O, A>>>) -> Judgement {
    check(&mut checker, &history(events))
}

/// The messages of the findings, with their operations.
fn found(judgement: &Judgement) -> Vec<(&str, &[usize])> {
    judgement.findings.iter().map(|finding| (finding.message.as_str(), &*finding.operations)).collect()
}

mod counters {
    use super::CounterAnswer::{Done, Value};
    use super::CounterOp::{Add, AddAndRead, Read};
    use super::*;

    #[rstest]
    #[case::read(Some(("a read gave 2, more than all adds sum to: it can be 0 to 0", 1)), vec![call(0, Add(2)), did(1, Read, Value(2)), fail(0)])]
    #[case::subtraction(Some(("a read gave -2, less than the adds before it sum to: it can be 0 to 0", 1)), vec![call(0, Add(-2)), did(1, Read, Value(-2)), fail(0)])]
    #[case::failed_read(Some(("a read gave 2, more than all adds sum to: it can be 0 to 0", 1)), vec![call(0, AddAndRead(2)), did(1, Read, Value(2)), fail(0)])]
    #[case::not_read(None, vec![call(0, Add(2)), did(1, Read, Value(0)), fail(0), did(1, Add(3), Done), did(1, Read, Value(3))])]
    #[case::found_at_once(Some(("a read gave 9, more than all adds sum to: it can be 0 to 2", 1)), vec![call(0, Add(2)), did(1, Read, Value(9)), fail(0)])]
    fn a_read_of_an_add_that_fails_is_found(
        #[case] expected: Option<(&str, usize)>,
        #[case] events: Vec<Vec<Event<CounterOp, CounterAnswer>>>,
    ) {
        let judgement = judged(CounterBounds::default(), events);
        let expected: Vec<(&str, [usize; 1])> = expected.map(|(message, read)| (message, [read])).into_iter().collect();
        assert_eq!(found(&judgement), expected.iter().map(|(message, read)| (*message, &read[..])).collect::<Vec<_>>());
    }

    #[test]
    fn reads_are_judged_again_from_where_the_counter_began() {
        let events = vec![call(0, Add(2)), did(1, Read, Value(9)), did(1, Read, Value(7)), fail(0)];
        let judgement = judged(CounterBounds::starting_at(7), events);
        assert_eq!(found(&judgement), [("a read gave 9, more than all adds sum to: it can be 7 to 7", &[1][..])]);
    }
}

mod sets {
    use super::SetAnswer::{Contains as Is, Done, Elements};
    use super::SetOp::{Add, Contains, Read, Remove};
    use super::*;

    fn read(elements: &[u8]) -> Vec<Event<SetOp<u8>, SetAnswer<u8>>> {
        did(9, Read, Elements(elements.to_vec()))
    }

    #[test]
    fn an_element_that_was_read_and_whose_add_fails_is_found() {
        for seen in [read(&[1]), did(9, Contains(1), Is(true))] {
            let judgement = judged(SetFull::default(), vec![call(0, Add(1)), seen, fail(0)]);
            assert_eq!(found(&judgement), [("a read has 1, whose add failed", &[0, 1][..])]);
            assert_eq!((&judgement.measured["unexpected"], &judgement.measured["stable"]), (&1.into(), &0.into()));
        }
    }

    #[test]
    fn an_add_that_fails_beside_another_of_its_element_is_fine() {
        let unread = vec![call(0, Add(1)), read(&[]), fail(0), did(0, Add(1), Done), read(&[1])];
        assert_eq!(found(&judged(SetFull::default(), unread)), []);
        let twice = vec![call(0, Add(1)), did(1, Add(1), Done), read(&[1]), fail(0), read(&[1])];
        assert_eq!(found(&judged(SetFull::default(), twice)), []);
    }

    #[test]
    fn an_element_that_was_removed_is_not_stale() {
        for missing in [read(&[]), did(9, Contains(1), Is(false))] {
            let judgement = judged(SetFull::default().linearizable(), vec![did(0, Add(1), Done), did(0, Remove(1), Done), missing]);
            assert_eq!(found(&judgement), []);
            assert!(judgement.unknown.unwrap().contains("sets that only grow"));
        }
    }
}

#[test]
fn a_value_that_was_taken_and_whose_enqueue_fails_is_found() {
    use QueueAnswer::{Done, Value};
    use QueueOp::{Dequeue, Enqueue};
    let taken = vec![call(0, Enqueue(1)), did(1, Dequeue, Value(Some(1))), fail(0), did(1, Dequeue, Value(None))];
    let judgement = judged(TotalQueue::default(), taken);
    assert_eq!(found(&judgement), [("1 was taken, and putting it in failed", &[0, 1][..])]);
    let another =
        vec![call(0, Enqueue(1)), did(2, Enqueue(1), Done), did(1, Dequeue, Value(Some(1))), fail(0), did(1, Dequeue, Value(None))];
    assert_eq!(found(&judged(TotalQueue::default(), another)), []);
}

mod retries {
    use super::IdempotentAnswer::{Refused, Replied};
    use super::*;

    type One = Vec<Event<IdempotentOp<char, u8>, IdempotentAnswer<char, u8>>>;

    fn request(payload: u8) -> IdempotentOp<char, u8> {
        IdempotentOp::Request { client: 'c', number: 1, payload }
    }

    fn effects(count: usize) -> One {
        did(9, IdempotentOp::Effects, IdempotentAnswer::Effects(vec![('c', 1); count]))
    }

    #[rstest]
    #[case::refused(&[1], vec![did(0, request(5), Refused), effects(1)])]
    #[case::failed(&[1], vec![call(0, request(5)), fail(0), effects(1)])]
    #[case::refused_afterwards(&[0, 1], vec![call(0, request(5)), effects(1), ok(0, Refused)])]
    #[case::failed_afterwards(&[0, 1], vec![call(0, request(5)), effects(1), fail(0)])]
    #[case::refused_after_an_open_call(&[], vec![call(0, request(5)), did(1, request(5), Refused), effects(1)])]
    #[case::tried_again(&[], vec![did(0, request(5), Refused), did(0, request(5), Replied(6)), effects(1)])]
    #[case::refused_without_effect(&[], vec![effects(0), did(0, request(5), Refused), effects(0)])]
    fn an_effect_of_a_request_that_was_refused_is_found(#[case] expected: &[usize], #[case] events: Vec<One>) {
        let judgement = judged(Idempotency::default(), events);
        let message = "request 1 of 'c' took effect and was refused";
        let expected: Vec<(&str, &[usize])> = if expected.is_empty() { Vec::new() } else { vec![(message, expected)] };
        assert_eq!(found(&judgement), expected);
    }
}
