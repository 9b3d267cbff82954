use super::*;
use crate::format::{RecordError, RecordHeader};
use crate::partition::bounds::{BATCHES_MAX, KEY_BYTES_MAX, MANIFEST_MAX, PRODUCERS_MAX, SEGMENT_BYTES_MAX};

fn drafts(values: &[&'static str]) -> Vec<Draft> {
    values.iter().map(|value| Draft { value: Bytes::from_static(value.as_bytes()), ..Draft::default() }).collect()
}

fn append(producer: u64, sequence: u64, timestamp_ms: u64, values: &[&'static str]) -> Command {
    Command::Append { producer: ProducerId(producer), sequence, timestamp_ms, records: drafts(values) }
}

fn commit(group: &str, offset: u64) -> Command {
    Command::CommitOffset { group: group.to_owned(), offset }
}

fn shipped(base: u64, end: u64, epoch: u64) -> Shipped {
    Shipped { base, end, bytes: 100, key: format!("c/t/0/{base}-{end}.sqseg"), crc: 7, epoch }
}

fn state_of(commands: impl IntoIterator<Item = Command>) -> PartitionState {
    let mut state = PartitionState::default();
    commands.into_iter().for_each(|command| drop(state.apply(command).expect("it is sound")));
    state
}

/// Applies a command that is refused, and asserts that it changes nothing.
fn refused(state: &mut PartitionState, command: Command) -> Refusal {
    let before = state.clone();
    let refusal = state.apply(command).expect_err("it is refused");
    assert_eq!((&*state, state.hash()), (&before, before.hash()), "{refusal}");
    refusal
}

/// A state with batches of three producers, two groups and two segments.
fn sample() -> PartitionState {
    state_of([
        append(1, 1, 100, &["a", "b"]),
        append(2, 1, 90, &["c"]),
        append(1, 2, 110, &["d"]),
        commit("g", 2),
        commit("h", 0),
        Command::Shipped(shipped(0, 2, 1)),
        append(3, 1, 120, &["e", "f", "g"]),
        Command::Shipped(shipped(2, 4, 3)),
    ])
}

#[test]
fn batches_get_dense_offsets_in_the_order_of_the_log() {
    let mut state = PartitionState::default();
    let mut next = 0;
    for (command, count) in [(append(1, 1, 100, &["a", "b"]), 2), (append(2, 1, 90, &["c"]), 1), (append(1, 2, 110, &["d"]), 1)] {
        let Ok(Outcome::Appended { base, records }) = state.apply(command) else { panic!("it is sound") };
        assert_eq!(base, next);
        assert_eq!(records.iter().map(|record| record.offset).collect::<Vec<_>>(), (base..base + count).collect::<Vec<_>>());
        next += count;
        assert_eq!(state.end(), next);
    }
}

#[test]
fn a_wall_clock_that_steps_back_takes_no_timestamp_back() {
    let mut state = PartitionState::default();
    let times = [100, 90, 110].map(|timestamp_ms| {
        let command = append(timestamp_ms, 1, timestamp_ms, &["a"]);
        let Ok(Outcome::Appended { records, .. }) = state.apply(command) else { panic!("it is sound") };
        records[0].timestamp_ms
    });
    assert_eq!(times, [100, 100, 110]);
}

#[test]
fn a_retry_gets_its_former_offset_and_appends_nothing() {
    let mut state = sample();
    let before = state.clone();
    for (command, offset) in [(append(1, 1, 999, &["a", "b"]), 0), (append(2, 1, 999, &["c"]), 2), (append(1, 2, 999, &["d"]), 3)] {
        assert_eq!(state.apply(command), Ok(Outcome::Appended { base: offset, records: Vec::new() }));
    }
    assert_eq!(state, before);
}

#[test]
fn batches_out_of_sequence_are_refused() {
    let mut state = sample();
    assert_eq!(refused(&mut state, append(1, 4, 0, &["x"])), Refusal::SequenceGap { expected: 3, found: 4 });
    assert_eq!(refused(&mut state, append(9, 2, 0, &["x"])), Refusal::SequenceGap { expected: 1, found: 2 });
    assert_eq!(refused(&mut state, append(1, 2, 0, &["x"])), Refusal::OtherBatch { sequence: 2 });
    for sequence in 3..9 {
        state.apply(append(1, sequence, 0, &["x"])).unwrap();
    }
    let forgotten = refused(&mut state, append(1, 3, 0, &["x"]));
    assert_eq!(forgotten, Refusal::Forgotten { oldest: 9 - BATCHES_MAX as u64, found: 3 });
    let text = "batch 3 of the producer was appended, and offsets are known from batch 4 on; it must not be sent again";
    assert_eq!(forgotten.to_string(), text);
}

#[test]
fn batches_without_a_number_are_appended_each_time() {
    let mut state = sample();
    let end = state.end();
    for base in [end, end + 1] {
        let appended = state.apply(append(9, UNNUMBERED, 0, &["x"]));
        assert!(matches!(appended, Ok(Outcome::Appended { base: told, records }) if told == base && records.len() == 1));
    }
    assert!(state.apply(append(9, 1, 0, &["x"])).is_ok(), "they are none of the numbered ones");
}

#[test]
fn contents_that_differ_in_the_length_of_a_part_are_other_batches() {
    let header = |key: &'static str, value: &'static str| RecordHeader { key: key.into(), value: value.into() };
    let draft = |key: &'static str, value: &'static str, headers| Draft { key: key.into(), value: value.into(), headers };
    let batches = [
        vec![draft("ab", "c", vec![])],
        vec![draft("a", "bc", vec![])],
        vec![draft("a", "b", vec![header("c", "")])],
        vec![draft("a", "b", vec![header("", "c")])],
        vec![draft("a", "b", vec![]), draft("c", "", vec![])],
        vec![draft("a", "", vec![]), draft("b", "c", vec![])],
    ];
    let contents: std::collections::BTreeSet<u32> = batches.iter().map(|batch| content_of(batch)).collect();
    assert_eq!(contents.len(), batches.len());
}

#[test]
fn batches_that_cannot_be_appended_are_refused() {
    let mut state = sample();
    let mut refusal = |records: Vec<Draft>| {
        refused(&mut state, Command::Append { producer: ProducerId(1), sequence: 3, timestamp_ms: 0, records })
    };
    assert_eq!(refusal(Vec::new()), Refusal::EmptyBatch);
    assert_eq!(refusal(vec![Draft::default(); BATCH_RECORDS_MAX + 1]), Refusal::LongBatch { records: BATCH_RECORDS_MAX + 1 });
    let half = Draft { value: vec![0; BATCH_BYTES_MAX / 2].into(), ..Draft::default() };
    assert_eq!(refusal(vec![half; 2]), Refusal::LargeBatch { bytes: BATCH_BYTES_MAX + 2 * 34 });
    let many = Draft { headers: vec![RecordHeader { key: Bytes::new(), value: Bytes::new() }; 65_536], ..Draft::default() };
    let cause = RecordError::TooLarge { part: "headers", found: 65_536, max: 65_535 };
    assert_eq!(refusal(vec![Draft::default(), many]), Refusal::Record { index: 1, cause });
    state.end = u64::MAX - 1;
    assert_eq!(refused(&mut state, append(7, 1, 0, &["a", "b"])), Refusal::OffsetsSpent { end: u64::MAX - 1, records: 2 });
    let last = state.apply(append(7, 1, 0, &["a"]));
    assert!(matches!(last, Ok(Outcome::Appended { base, records }) if base == u64::MAX - 1 && records.len() == 1));
    assert_eq!(refused(&mut state, append(7, 2, 0, &["b"])), Refusal::OffsetsSpent { end: u64::MAX, records: 1 });
}

#[test]
fn sq_i04_d12_the_offset_of_a_group_never_goes_back() {
    let mut state = sample();
    assert_eq!((state.committed("g"), state.committed("h"), state.committed("i")), (Some(2), Some(0), None));
    for offset in [2, 5, 5, 7] {
        assert_eq!(state.apply(commit("g", offset)), Ok(Outcome::GroupMoved { group: "g".to_owned(), offset }));
    }
    assert_eq!(refused(&mut state, commit("g", 6)), Refusal::OffsetRegresses { committed: 7, found: 6 });
    assert_eq!(refused(&mut state, commit("h", 8)), Refusal::OffsetBeyondEnd { end: 7, found: 8 });
    assert_eq!((state.committed("g"), state.committed("h")), (Some(7), Some(0)));
}

#[test]
fn names_of_groups_and_their_number_are_bounded() {
    let mut state = PartitionState::default();
    assert_eq!(refused(&mut state, commit("", 0)), Refusal::GroupName { bytes: 0 });
    assert_eq!(refused(&mut state, commit(&"g".repeat(65), 0)), Refusal::GroupName { bytes: 65 });
    (0..GROUPS_MAX).for_each(|number| drop(state.apply(commit(&number.to_string(), 0)).unwrap()));
    assert_eq!(refused(&mut state, commit("more", 0)), Refusal::TooManyGroups);
    assert!(state.apply(commit("7", 0)).is_ok());
}

#[test]
fn the_manifest_takes_the_next_segment_alone() {
    let mut state = sample();
    assert_eq!((state.shipped(), state.manifest().len(), state.end()), (4, 2, 7));
    assert_eq!((state.segment_at(2), state.segment_at(3)), (Some(&shipped(2, 4, 3)), None));
    let of = |offset| state.segment_of(offset).map(|shipped| shipped.base);
    assert_eq!([0, 1, 2, 3, 4].map(of), [Some(0), Some(0), Some(2), Some(2), None]);
    let mut refusal = |shipped| refused(&mut state, Command::Shipped(shipped));
    assert_eq!(refusal(shipped(5, 6, 3)), Refusal::NotNext { expected: 4, found: 5 });
    assert_eq!(refusal(shipped(2, 5, 3)), Refusal::NotNext { expected: 4, found: 2 });
    assert_eq!(refusal(shipped(4, 4, 3)), Refusal::SegmentRange { base: 4, segment_end: 4, end: 7 });
    assert_eq!(refusal(shipped(4, 8, 3)), Refusal::SegmentRange { base: 4, segment_end: 8, end: 7 });
    let bytes = SEGMENT_BYTES_MAX as u64 + 1;
    assert_eq!(refusal(Shipped { bytes, ..shipped(4, 7, 3) }), Refusal::LargeSegment { bytes });
    for length in [0, KEY_BYTES_MAX + 1] {
        assert_eq!(refusal(Shipped { key: "k".repeat(length), ..shipped(4, 7, 3) }), Refusal::Key { bytes: length });
    }
    let before = state.clone();
    assert_eq!(state.apply(Command::Shipped(shipped(2, 4, 9))), Ok(Outcome::Shipped), "it was shipped twice");
    assert_eq!(state, before);
}

#[test]
fn only_a_planted_bug_takes_a_segment_of_an_older_epoch() {
    let mut state = sample();
    let stale = || Command::Shipped(shipped(4, 6, 2));
    assert_eq!(refused(&mut state, stale()), Refusal::StaleEpoch { epoch: 3, found: 2 });
    assert_eq!(state.apply_with(stale(), Some(Bug::NoEpochCheck)), Ok(Outcome::Shipped));
    assert_eq!(state.manifest().last(), Some(&shipped(4, 6, 2)));
}

#[test]
fn a_full_manifest_refuses_further_segments() {
    let end = MANIFEST_MAX as u64 + 1;
    let mut state = PartitionState { end, ..PartitionState::default() };
    (0..end - 1).for_each(|base| drop(state.apply(Command::Shipped(shipped(base, base + 1, 0))).unwrap()));
    assert_eq!(refused(&mut state, Command::Shipped(shipped(end - 1, end, 0))), Refusal::ManifestFull);
    assert_eq!(PartitionState::from_snapshot(&state.snapshot()), Ok(state));
}

#[test]
fn the_producer_that_was_silent_longest_is_forgotten() {
    let producers = PRODUCERS_MAX as u64;
    let mut state = state_of((0..producers).map(|producer| append(producer, 1, 0, &["a"])));
    state.apply(append(0, 2, 0, &["b"])).unwrap();
    state.apply(append(producers, 1, 0, &["c"])).unwrap();
    assert_eq!(refused(&mut state, append(1, 2, 0, &["d"])), Refusal::SequenceGap { expected: 1, found: 2 });
    assert_eq!(state.apply(append(0, 2, 0, &["b"])), Ok(Outcome::Appended { base: producers, records: Vec::new() }));
    assert_eq!(PartitionState::from_snapshot(&state.snapshot()), Ok(state), "the hash forgets it too");
}

#[test]
fn a_planted_bug_tells_two_producers_one_offset() {
    let bug = Some(Bug::OffsetReuseUnderBackpressure);
    let mut state = PartitionState::default();
    let mut told = |producer: u64, sequence: u64| match state.apply_with(append(producer, sequence, 0, &["a"; 100]), bug) {
        Ok(Outcome::Appended { base, records }) => (base, records[0].offset),
        other => panic!("{other:?}"),
    };
    assert_eq!([told(1, 1), told(2, 1), told(1, 2)], [(0, 0), (100, 100), (200, 200)], "nothing lags behind");
    assert_eq!([told(1, 3), told(2, 2)], [(300, 300), (300, 400)]);
}

#[test]
fn l8_a_snapshot_and_the_entries_after_it_give_the_state() {
    let commands = [
        append(1, 1, 100, &["a", "b"]),
        append(2, 1, 90, &["c"]),
        commit("g", 2),
        Command::Shipped(shipped(0, 2, 1)),
        append(1, 2, 110, &["d"]),
        commit("g", 4),
        append(1, 2, 110, &["d"]),
    ];
    let whole = state_of(commands.clone());
    for split in 0..=commands.len() {
        let before = state_of(commands[..split].to_vec());
        let mut state = PartitionState::from_snapshot(&before.snapshot()).expect("it is sound");
        assert_eq!((&state, state.hash()), (&before, before.hash()));
        commands[split..].iter().for_each(|command| drop(state.apply(command.clone()).unwrap()));
        assert_eq!((&state, state.hash()), (&whole, whole.hash()), "split at {split}");
    }
}

#[test]
fn v13_every_part_of_a_state_is_in_its_hash() {
    let commands =
        [append(1, 3, 130, &["x"]), append(9, 1, 0, &["x"]), commit("g", 3), commit("i", 0), Command::Shipped(shipped(4, 5, 3))];
    let mut hashes: Vec<u64> = commands
        .into_iter()
        .map(|command| {
            let mut state = sample();
            state.apply(command).unwrap();
            state.hash()
        })
        .collect();
    hashes.extend([sample().hash(), PartitionState::default().hash()]);
    let other_contents = state_of([append(1, 1, 100, &["a", "B"])]).hash();
    hashes.extend([other_contents, state_of([append(1, 1, 100, &["a", "b"])]).hash()]);
    let different: std::collections::BTreeSet<u64> = hashes.iter().copied().collect();
    assert_eq!(different.len(), hashes.len());
}

#[test]
fn any_changed_byte_of_a_snapshot_is_an_error() {
    let bytes = sample().snapshot();
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 0x41;
        assert!(PartitionState::from_snapshot(&changed).is_err(), "byte {at}");
        assert!(PartitionState::from_snapshot(&bytes[..at]).is_err(), "{at} bytes");
    }
}

#[test]
fn a_state_that_contradicts_itself_is_refused() {
    let refusal = |change: fn(&mut PartitionState)| {
        let mut state = sample();
        change(&mut state);
        match PartitionState::from_snapshot(&state.snapshot()) {
            Err(SealError::Data { cause: DataError::Inconsistent(text) }) => text,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refusal(|state| state.end = 1), "the offsets of groups are beyond their bounds");
    assert_eq!(refusal(|state| state.end = 3), "the manifest has a gap or is beyond its bounds");
    assert_eq!(refusal(|state| state.end = 4), "the batches of producers are out of order or beyond their bounds");
    assert_eq!(refusal(|state| state.groups = BTreeMap::new()), "the hash is not that of the parts");
}
