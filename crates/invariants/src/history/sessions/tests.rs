use proptest::prelude::*;
use rstest::rstest;

use super::SessionGuarantee::{MonotonicReads, MonotonicWrites, ReadYourWrites, WritesFollowReads};
use super::*;
use crate::history::models::{RegisterAnswer, RegisterOp};
use crate::history::oracle::{Event, call, did, fail, history, ok};
use crate::history::{Checker, Judgement, Process, check};

fn judged<O, A>(mut checker: impl Checker<O, A>, events: Vec<Vec<Event<O, A>>>) -> Judgement {
    check(&mut checker, &history(events))
}

fn messages(judgement: &Judgement) -> Vec<&str> {
    judgement.findings.iter().map(|finding| finding.message.as_str()).collect()
}

type Versions = Vec<Event<SessionOp<char>, u8>>;

fn read(process: u32, version: u8) -> Versions {
    did(process, SessionOp::Read('x'), version)
}

fn write(process: u32, version: u8) -> Versions {
    did(process, SessionOp::Write('x'), version)
}

#[rstest]
#[case::in_order(&[], vec![write(0, 1), read(0, 1), read(0, 2), write(0, 3)])]
#[case::others_see_less(&[], vec![write(0, 2), read(1, 1), read(0, 2)])]
#[case::other_key(&[], vec![write(0, 2), did(0, SessionOp::Read('y'), 1)])]
#[case::equal_versions(&[], vec![write(0, 2), write(0, 2), read(0, 2), read(0, 2)])]
#[case::failed_write(&[], vec![call(0, SessionOp::Write('x')), fail(0), read(0, 0)])]
#[case::own_write_unread(&["read your writes: a session wrote version 2 of 'x' and then read 1"], vec![write(0, 2), read(0, 1)])]
#[case::older_read(&["monotonic reads: a session read version 2 of 'x' and then read 1"], vec![read(0, 2), read(0, 1)])]
#[case::older_write(&["monotonic writes: a session wrote version 2 of 'x' and then wrote 1"], vec![write(0, 2), write(0, 1)])]
#[case::write_before_read(&["writes follow reads: a session read version 2 of 'x' and then wrote 1"], vec![read(0, 2), write(0, 1)])]
#[case::newest_counts(&["monotonic reads: a session read version 3 of 'x' and then read 1", "monotonic reads: a session read version 3 of 'x' and then read 2"], vec![read(0, 3), read(0, 1), read(0, 2)])]
fn h8_versions(#[case] expected: &[&str], #[case] events: Vec<Versions>) {
    assert_eq!(messages(&judged(Sessions::default(), events)), expected);
}

#[rstest]
#[case(ReadYourWrites, vec![write(0, 2), read(0, 1)])]
#[case(MonotonicReads, vec![read(0, 2), read(0, 1)])]
#[case(MonotonicWrites, vec![write(0, 2), write(0, 1)])]
#[case(WritesFollowReads, vec![read(0, 2), write(0, 1)])]
fn a_guarantee_that_is_not_asked_for_is_not_judged(#[case] broken: SessionGuarantee, #[case] events: Vec<Versions>) {
    for asked in SessionGuarantee::ALL {
        let judgement = judged(Sessions::default().only([asked]), events.clone());
        assert_eq!(judgement.findings.len(), usize::from(asked == broken), "{asked}");
        assert_eq!(judgement.times_checked, u64::from(asked == broken));
    }
}

#[test]
fn processes_of_one_client_are_one_session() {
    let events = || vec![write(0, 2), call(0, SessionOp::Read('x')), read(10, 1)];
    assert_eq!(messages(&judged(Sessions::default(), events())), [""; 0]);
    let grouped = || Sessions::default().grouped(|Process(process)| u64::from(process % 10));
    assert_eq!(judged(grouped(), events()).findings.len(), 1);
    // The client went on: a late answer to its first call decides nothing.
    let late = judged(grouped(), vec![call(0, SessionOp::Read('x')), read(10, 2), ok(0, 1)]);
    assert_eq!(messages(&late), [""; 0]);
    assert_eq!((&late.measured["late_answers"], &late.measured["sessions"]), (&1.into(), &1.into()));
}

/// Compares every two operations of one session on one key.
fn pairs(operations: &[(u32, bool, bool, u8)], broken: impl Fn(bool, bool) -> bool) -> bool {
    operations.iter().enumerate().any(|(place, (process, key, is_write, version))| {
        operations[place + 1..]
            .iter()
            .any(|(other, on, writes, later)| process == other && key == on && later < version && broken(*is_write, *writes))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_guarantee_is_that_of_all_pairs(operations in proptest::collection::vec((0..2_u32, any::<bool>(), any::<bool>(), 0..6_u8), 1..8)) {
        for guarantee in SessionGuarantee::ALL {
            let expected = pairs(&operations, |first, second| guarantee == match (first, second) {
                (true, false) => ReadYourWrites,
                (false, false) => MonotonicReads,
                (true, true) => MonotonicWrites,
                (false, true) => WritesFollowReads,
            });
            let events = operations.iter().map(|(process, key, is_write, version)| {
                did(*process, if *is_write { SessionOp::Write(*key) } else { SessionOp::Read(*key) }, *version)
            });
            let judgement = judged(Sessions::default().only([guarantee]), events.collect());
            prop_assert_eq!(!judgement.findings.is_empty(), expected, "{}", guarantee);
        }
    }
}

type Values = Vec<Event<(char, RegisterOp<u8>), RegisterAnswer<u8>>>;

fn reads(process: u32, value: Option<u8>) -> Values {
    did(process, ('x', RegisterOp::Read), RegisterAnswer::Value(value))
}

fn writes(process: u32, value: u8) -> Values {
    did(process, ('x', RegisterOp::Write(value)), RegisterAnswer::Written)
}

fn swaps(process: u32, from: u8, to: u8, answer: RegisterAnswer<u8>) -> Values {
    did(process, ('x', RegisterOp::CompareAndSet(from, to)), answer)
}

#[rstest]
#[case::in_order(&[], vec![reads(0, None), writes(0, 1), reads(0, Some(1)), reads(1, Some(1))])]
#[case::stale_for_another(&[], vec![writes(0, 1), reads(1, None), writes(0, 2), reads(1, Some(1))])]
#[case::overwritten_by_another(&[], vec![writes(0, 1), writes(1, 2), reads(0, Some(2))])]
#[case::open_write(&[], vec![call(0, ('x', RegisterOp::Write(1))), reads(1, Some(1))])]
#[case::swap_refused(&[], vec![writes(0, 1), swaps(1, 2, 3, RegisterAnswer::Mismatch)])]
#[case::own_write_unread(&["'x' has no order of versions; read your writes: a process wrote 1 and then read nothing"], vec![writes(0, 1), reads(0, None)])]
#[case::back_to_nothing(&["'x' has no order of versions; monotonic reads: a process read 1 and then read nothing"], vec![writes(0, 1), reads(1, Some(1)), reads(1, None)])]
#[case::back_to_an_old_value(&["'x' has no order of versions; monotonic reads: a process read 2 and then read 1; monotonic reads: a process read 1 and then read 2"], vec![writes(0, 1), writes(1, 2), reads(2, Some(1)), reads(2, Some(2)), reads(2, Some(1))])]
#[case::two_see_two_orders(&["'x' has no order of versions; monotonic reads: a process read 2 and then read 1; monotonic writes: a process wrote 1 and then wrote 2"], vec![writes(0, 1), writes(0, 2), reads(1, Some(2)), reads(1, Some(1))])]
#[case::write_before_what_it_follows(&["'x' has no order of versions; monotonic reads: a process read 2 and then read 1; writes follow reads: a process read 1 and then wrote 2"], vec![writes(0, 1), reads(1, Some(1)), writes(1, 2), reads(2, Some(2)), reads(2, Some(1))])]
#[case::swap_is_read_and_write(&["'x' has no order of versions; monotonic reads: a process read 2 and then read 1; writes follow reads: a process read 1 and then wrote 2"], vec![writes(0, 1), swaps(1, 1, 2, RegisterAnswer::Written), reads(2, Some(2)), reads(2, Some(1))])]
#[case::never_written(&["7 of 'x' was read and never written"], vec![reads(0, Some(7))])]
#[case::failed(&["1 of 'x' was read and never written"], vec![call(0, ('x', RegisterOp::Write(1))), fail(0), reads(1, Some(1))])]
#[case::swapped_in_though_refused(&["3 of 'x' was read and never written"], vec![swaps(1, 2, 3, RegisterAnswer::Mismatch), reads(0, Some(3))])]
#[case::read_before_it_was_written(&["1 of 'x' was read and written only later"], vec![reads(0, Some(1)), writes(1, 1)])]
#[case::swapped_before_it_was_written(&["1 of 'x' was read and written only later"], vec![swaps(0, 1, 2, RegisterAnswer::Written), writes(1, 1)])]
#[case::read_while_it_was_written(&[], vec![call(1, ('x', RegisterOp::Write(1))), reads(0, Some(1)), ok(1, RegisterAnswer::Written)])]
#[case::wrong_answer(&["Written is no answer to Read: record with each operation its own answer"], vec![did(0, ('x', RegisterOp::Read), RegisterAnswer::Written)])]
fn h8_values(#[case] expected: &[&str], #[case] events: Vec<Values>) {
    assert_eq!(messages(&judged(ValueSessions::default(), events)), expected);
}

#[test]
fn a_value_written_twice_has_no_version() {
    let judgement = judged(ValueSessions::default(), vec![writes(0, 1), writes(0, 2), writes(0, 1), reads(0, Some(2))]);
    let reason = "1 was written to 'x' twice: write values that differ, or use `Sessions`";
    assert_eq!((judgement.unknown.as_deref(), judgement.findings.len()), (Some(reason), 0));
    let retried = judged(ValueSessions::default(), vec![call(0, ('x', RegisterOp::Write(1))), fail(0), writes(0, 1)]);
    assert_eq!(retried.unknown, None);
}

#[test]
fn a_value_written_twice_hides_nothing_about_others() {
    let of_y = |event: Event<(char, RegisterOp<u8>), RegisterAnswer<u8>>| match event {
        Event::Call(process, (_, op)) => Event::Call(process, ('y', op)),
        other => other,
    };
    let twice = || [writes(0, 1), writes(1, 1)].concat();
    let back = || [writes(0, 2), writes(1, 3), reads(2, Some(2)), reads(2, Some(3)), reads(2, Some(2))].concat();
    for (events, key) in [(back().into_iter().map(of_y).collect(), 'y'), (back(), 'x')] {
        let judgement = judged(ValueSessions::default(), vec![twice(), events]);
        let [finding] = &judgement.findings[..] else { panic!("{judgement:?}") };
        assert!(finding.message.starts_with(&format!("{key:?} has no order of versions; ")), "{}", finding.message);
        assert!(judgement.unknown.is_some());
    }
    // Whichever write it was, it is newer than nothing.
    let lost = judged(ValueSessions::default(), vec![writes(0, 1), writes(1, 1), reads(2, Some(1)), reads(2, None)]);
    assert!(lost.findings[0].message.ends_with("a process read 1 and then read nothing"), "{}", lost.findings[0].message);
}

/// Whether some order of the values of one register keeps each process from going back: tries every order.
fn has_order(operations: &[(u32, Option<u8>)], left: &[u8], order: &mut Vec<Option<u8>>) -> bool {
    if left.is_empty() {
        let age = |value: &Option<u8>| order.iter().position(|other| other == value);
        return operations.iter().enumerate().all(|(place, (process, value))| {
            operations[place + 1..].iter().all(|(other, later)| process != other || age(value) <= age(later))
        });
    }
    left.iter().any(|value| {
        let rest: Vec<u8> = left.iter().copied().filter(|other| other != value).collect();
        order.push(Some(*value));
        let found = has_order(operations, &rest, order);
        order.pop();
        found
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn inferred_versions_are_those_of_trying_every_order(operations in proptest::collection::vec((0..4_u32, 0..5_u8), 1..8)) {
        // The first to meet a value wrote it.
        let mut written = Vec::new();
        let met: Vec<(u32, Option<u8>)> = operations.iter().map(|(process, value)| (*process, (*value > 0).then_some(*value))).collect();
        let events = met.iter().map(|(process, value)| match value {
            Some(value) if !written.contains(value) => {
                written.push(*value);
                writes(*process, *value)
            }
            value => reads(*process, *value),
        });
        let judgement = judged(ValueSessions::default(), events.collect());
        let expected = has_order(&met, &written, &mut vec![None]);
        prop_assert_eq!(judgement.findings.is_empty(), expected, "{:?}", judgement.findings);
        // A circle goes on where it came to, and back to where it began.
        if let Some(finding) = judgement.findings.first() {
            prop_assert!(finding.operations.len() >= 2);
        }
    }
}
