//! Changed bytes: every reader returns a value or an error, within memory that the bytes pay for.

#[path = "../../../invariants/tests/chance/mod.rs"]
mod chance;
mod readers;

use bytes::Bytes;
use cluster_sim_stream_queue::ProducerId;
use cluster_sim_stream_queue::format::{Draft, RecordHeader, SegmentHeader, TopicName, TopicPartition, encode_batch};
use cluster_sim_stream_queue::partition::{Checkpoint, Command, PartitionState, Shipped};
use rstest::rstest;

use self::chance::Chance;

/// Bytes of memory that a reader may take for each byte: a draft of three bytes has 88 in memory, in a list of up to twice its length,
/// and is written and read again.
const OF_BYTES: u64 = 300;
/// Bytes that it may take in any case: serde believes that a list is 1 MiB long, and the list of a list too.
const ALLOWANCE: u64 = 5 << 20;

/// A good input, and its reader, which returns whether it took the bytes.
struct Format {
    bytes: Vec<u8>,
    read: fn(&[u8]) -> bool,
}

fn draft(number: u64) -> Draft {
    let header = RecordHeader { key: Bytes::from_static(b"trace"), value: Bytes::from_static(b"\x00\xff") };
    let value = vec![number as u8; 10 + number as usize % 9];
    Draft { key: format!("k{number}").into_bytes().into(), value: value.into(), headers: vec![header; number as usize % 3] }
}

fn append(producer: u64, sequence: u64) -> Command {
    let records = (0..4).map(draft).collect();
    Command::Append { producer: ProducerId(producer), sequence, timestamp_ms: 7, records }
}

fn state() -> PartitionState {
    let mut state = PartitionState::default();
    let shipped = Shipped { base: 0, end: 5, bytes: 300, key: "c/t/0/0-5.sqseg".to_owned(), crc: 1, epoch: 1 };
    let commit = Command::CommitOffset { group: "group".to_owned(), offset: 3 };
    for command in [append(1, 1), append(2, 1), append(1, 2), commit, Command::Shipped(shipped)] {
        state.apply(command).expect("it is sound");
    }
    state
}

fn record() -> Format {
    Format { bytes: encode_batch(&[draft(5).at(9, 1_000)]).expect("it is small"), read: readers::record }
}

fn batch() -> Format {
    let records: Vec<_> = (100..120).map(|offset| draft(offset).at(offset, 7 * offset)).collect();
    Format { bytes: encode_batch(&records).expect("they are small"), read: readers::batch }
}

fn segment_header() -> Format {
    let partition = TopicPartition { topic: TopicName::new("orders").expect("a name"), partition: 3 };
    Format { bytes: SegmentHeader { partition }.encode().to_vec(), read: readers::segment_header }
}

fn command() -> Format {
    Format { bytes: append(1, 1).encode().to_vec(), read: readers::command }
}

fn snapshot() -> Format {
    Format { bytes: state().snapshot().to_vec(), read: readers::snapshot }
}

fn checkpoint() -> Format {
    Format { bytes: Checkpoint { index: 70, state: state() }.encode(), read: readers::checkpoint }
}

/// Bytes that mean something: lengths of fixed width and of varying width, the greatest of each.
const WORDS: &[&[u8]] =
    &[b"SQWL", b"SQPS", &[0], &[1], &[0xff], &[0; 4], &[0xff; 4], &[0xff; 8], &[0xff, 0xff, 0xff, 0xff, 0x0f], &[0x80, 0x80, 0x01]];

/// Changes bytes in a few places: cuts, doubles, removes, overwrites, inserts.
fn change(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    let place = |chance: &mut Chance, count: usize| chance.below(count as u64) as usize;
    for _ in 0..=place(chance, 3) {
        if changed.is_empty() {
            break;
        }
        let start = place(chance, changed.len());
        let end = (start + 1 + place(chance, 40)).min(changed.len());
        let word = WORDS[place(chance, WORDS.len())];
        match place(chance, 8) {
            0 => changed.truncate(start),
            1 => drop(changed.drain(start..end)),
            2 => {
                let piece = changed[start..end].to_vec();
                let to = place(chance, changed.len());
                changed.splice(to..to, piece).for_each(drop);
            }
            3 => changed[start] = place(chance, 256) as u8,
            4 => changed[start] ^= 1 << place(chance, 8),
            5 => drop(changed.splice(start..start, word.repeat(1 + place(chance, 64)))),
            6 => drop(changed.splice(start..end, word.iter().copied())),
            _ => drop(changed.splice(start..start, word.iter().copied())),
        }
    }
    changed
}

fn read_changed(format: &Format, inputs: u64) {
    assert!((format.read)(&format.bytes), "the bytes are good");
    let mut taken = 0;
    for seed in 0..inputs {
        let bytes = change(&format.bytes, &mut Chance(seed));
        let mut is_taken = false;
        let counted = allocation_counter::measure(|| is_taken = (format.read)(&bytes));
        taken += u64::from(is_taken);
        let limit = OF_BYTES * bytes.len() as u64 + ALLOWANCE;
        assert!(counted.bytes_max <= limit, "seed {seed}: {} bytes for {}", counted.bytes_max, bytes.len());
    }
    println!("{taken} of {inputs} changed inputs were read");
    assert!(taken > inputs / 1_000 && taken < inputs, "{taken} of {inputs} were read: change more, or less");
}

#[rstest]
#[case::record(record())]
#[case::batch(batch())]
#[case::segment_header(segment_header())]
#[case::command(command())]
#[case::snapshot(snapshot())]
#[case::checkpoint(checkpoint())]
fn changed_bytes_are_read_within_bounds(#[case] format: Format) {
    read_changed(&format, 20_000);
}

#[rstest]
#[case::record(record())]
#[case::batch(batch())]
#[case::segment_header(segment_header())]
#[case::command(command())]
#[case::snapshot(snapshot())]
#[case::checkpoint(checkpoint())]
fn soak_a_million_changed_inputs_are_read_within_bounds(#[case] format: Format) {
    read_changed(&format, 1_000_000);
}

/// A fuzzer found it: the greatest offset has no next one.
#[test]
fn a_record_with_the_greatest_offset_ends_a_batch() {
    let greatest = encode_batch(&[draft(0).at(u64::MAX, 0)]).expect("it is small");
    assert!(readers::record(&greatest) && !readers::batch(&greatest));
}

#[test]
fn a_length_that_the_bytes_do_not_have_takes_no_memory() {
    let records = [&[0; 4][..], &[0xff, 0xff, 0xff, 0], &[0; 40]].concat();
    let drafts = [&[0, 1, 1, 7][..], &[0xff, 0xff, 0xff, 0xff, 0x0f]].concat();
    for (bytes, read, limit) in [(records, readers::batch as fn(&[u8]) -> bool, 1_000), (drafts, readers::command, 2 << 20)] {
        let mut is_taken = true;
        let counted = allocation_counter::measure(|| is_taken = read(&bytes));
        assert!(!is_taken && counted.bytes_max <= limit, "{} bytes", counted.bytes_max);
    }
}
