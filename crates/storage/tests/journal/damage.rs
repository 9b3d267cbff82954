//! Damage of what was synced is reported; a torn tail is cut off.

use cluster_sim_storage::{JournalError, JournalEvent, SyncEvidence};

use crate::names::Numbers;
use crate::writer::{Writer, recover};

/// A journal of two segments: each append but the last two is synced, and each sync but the last is on record.
fn journal() -> Vec<(String, Vec<u8>)> {
    let mut writer = Writer::new();
    for number in 0..12_u8 {
        writer.append(&vec![number; 150 + usize::from(number)]);
        if number < 11 {
            writer.sync();
        }
    }
    let contents = writer.disk.contents();
    assert_eq!(contents.len(), 2, "segments of {} records", writer.engine.next() - 1);
    contents
}

/// Where each record of a segment begins, and the end.
fn starts(first: u64, count: u64) -> Vec<usize> {
    let length = |sequence: u64| 24 + 150 + sequence as usize - 1;
    (0..=count).map(|index| (first..first + index).map(length).sum()).collect()
}

#[test]
fn every_flipped_bit_of_what_was_synced_is_reported_with_its_place() {
    let contents = journal();
    let first_of_second: u64 = contents[1].0.trim_end_matches(".journal").parse().unwrap();
    // The last record says that the one before it was synced, and nothing says it of the last.
    let parts = [(0, 1, first_of_second - 1), (1, first_of_second, 12 - first_of_second)];
    for (file, first, count) in parts {
        let starts = starts(first, count);
        for bit in 0..8 * starts[count as usize] {
            let mut damaged = contents.clone();
            damaged[file].1[bit / 8] ^= 1 << (bit % 8);
            let index = starts.iter().rposition(|start| *start <= bit / 8).unwrap();
            let evidence = if file == 0 { SyncEvidence::Segment(first_of_second) } else { SyncEvidence::Record(12) };
            let JournalError::Corrupt { segment, offset, sequence, evidence: told } = recover(damaged).unwrap_err() else {
                panic!("bit {bit} of segment {file} is no corruption");
            };
            assert_eq!((&*segment, offset), (&*format!("wal/{}", contents[file].0), starts[index] as u64), "bit {bit}");
            assert_eq!(sequence, first + index as u64);
            if file == 0 || index as u64 + 1 == count {
                assert_eq!(told, evidence, "bit {bit} of segment {file}");
            }
        }
    }
}

#[test]
fn every_torn_tail_is_cut_off() {
    let contents = journal();
    let first: u64 = contents[1].0.trim_end_matches(".journal").parse().unwrap();
    let starts = starts(first, 13 - first);
    let (last, end) = (starts[starts.len() - 2], starts[starts.len() - 1]);
    for length in last..end {
        for filler in [None, Some(0), Some(0xAA)] {
            let mut torn = contents.clone();
            torn[1].1.truncate(length);
            torn[1].1.extend(filler.into_iter().flat_map(|byte| std::iter::repeat_n(byte, end - length)));
            let (engine, recovered) = recover(torn.clone()).unwrap();
            assert_eq!(engine.next(), 12, "{length} bytes and {filler:?}");
            let cut = recovered.torn.map(|torn| (torn.offset, torn.bytes));
            let bytes = torn[1].1.len() - last;
            assert_eq!(cut, (bytes > 0).then_some((last as u64, bytes as u64)));
        }
    }
}

#[test]
fn whole_records_behind_a_torn_one_are_cut_off_too() {
    let mut writer = Writer::new();
    writer.append(b"synced");
    writer.sync();
    (2..5_u8).for_each(|number| drop(writer.append(&[number; 40])));
    let mut contents = writer.disk.contents();
    contents[0].1[24 + 6 + 30] ^= 1;
    let (mut engine, recovered) = recover(contents).unwrap();
    assert_eq!((engine.next(), recovered.torn.unwrap().bytes), (2, 3 * 64));
    let cuts = std::iter::from_fn(|| {
        let op = engine.next_op()?;
        engine.on_result(&Ok(cluster_sim_storage::DiskOutput::Done));
        Some(op.name())
    });
    assert!(cuts.collect::<Vec<_>>().contains(&"rename"));
}

#[test]
fn a_missing_segment_is_reported() {
    let mut contents = journal();
    let mut writer = Writer::new();
    (0..20_u8).for_each(|number| drop(writer.append(&[number; 700])));
    let mut many = writer.disk.contents();
    many.remove(1);
    let message = recover(many).err().unwrap().to_string();
    assert!(
        message.starts_with("record 4 is corrupt, at byte 2172 of wal/00000000000000000001.journal: it was synced"),
        "{message}"
    );
    contents.remove(0);
    assert!(recover(contents).is_ok(), "the first segments may have been removed");
}

#[test]
fn a_journal_inside_of_a_payload_is_no_evidence() {
    let mut inner = Writer::new();
    (0..6_u8).for_each(|number| {
        inner.append(&[number]);
        inner.sync();
    });
    let copy = inner.disk.contents()[0].1.clone();
    let mut writer = Writer::new();
    writer.append(&copy);
    let mut contents = writer.disk.contents();
    contents[0].1[4] ^= 1;
    let (engine, recovered) = recover(contents).unwrap();
    assert_eq!((engine.next(), recovered.records.len()), (1, 0), "the record was never synced, so it is torn");
}

#[test]
fn files_that_are_no_segments_are_left_alone() {
    let mut writer = Writer::new();
    writer.append(b"one");
    let mut contents = writer.disk.contents();
    contents.push(("notes.txt".to_owned(), b"mine".to_vec()));
    assert_eq!(recover(contents).unwrap().1.records.len(), 1);
}

#[test]
fn what_no_watermark_covers_is_written_and_synced_again() {
    let mut writer = Writer::new();
    writer.append(b"one");
    writer.disk.fail = Some(("sync", cluster_sim_storage::DiskErrorKind::Io));
    assert!(matches!(writer.sync()[..], [JournalEvent::Failed { .. }]));
    // The sectors are clean now and not on the medium: a sync alone would make nothing of them durable.
    writer.disk.stop();
    let (mut writer, recovered) = Writer::open(writer.disk).unwrap();
    assert_eq!(recovered.records.len(), 1);
    writer.disk.crash(&mut Numbers(7));
    assert_eq!(Writer::open(writer.disk).unwrap().1.records.len(), 1);
}
