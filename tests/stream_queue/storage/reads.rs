//! Reads of a sound log, and of one with damage.

use cluster_sim::node::OpenOptions;
use cluster_sim_stream_queue::format::{BatchDamage, RecordError};
use cluster_sim_stream_queue::wal::{ReadLimit, WalConfig, WalError, WalReader, WalWriter};

use super::{CONFIG, log_of, place, read_all, record, records, run_sound};

#[test]
fn d01_every_record_is_read_back_from_every_offset() {
    run_sound(async |node| {
        let writer = log_of(&node, 120).await;
        assert!(writer.index().segments().len() > 15, "{:?}", writer.index());
        let reader = WalReader::new(&node.disk(), &place());
        for from in 0..=120 {
            let read = reader.read(writer.index(), from, ReadLimit::NONE).await.into_result();
            assert_eq!(read, Ok(records(from..120)));
        }
    });
}

#[test]
fn a_read_ends_at_its_limit_and_returns_a_record_at_least() {
    run_sound(async |node| {
        let writer = log_of(&node, 40).await;
        let reader = WalReader::new(&node.disk(), &place());
        for (limit, expected) in [
            (ReadLimit { records: 15, bytes: usize::MAX }, 15),
            (ReadLimit { records: 0, bytes: 0 }, 1),
            (ReadLimit { records: usize::MAX, bytes: record(7).encoded_length() + 1 }, 2),
        ] {
            let read = reader.read(writer.index(), 7, limit).await.into_result();
            assert_eq!(read, Ok(records(7..7 + expected)), "{limit:?}");
        }
    });
}

#[test]
fn records_longer_than_a_chunk_are_read_back() {
    run_sound(async |node| {
        let config = WalConfig { segment_bytes: 1 << 20, ..CONFIG };
        let mut writer = WalWriter::create(&node.disk(), &place(), config, 0).await.unwrap();
        let lengths = [10, 70_000, 10, 200_000, 65_500, 10, 500_000, 300_000];
        let written: Vec<_> = (0..)
            .zip(lengths)
            .map(|(offset, length)| {
                let mut record = record(offset);
                record.value = vec![offset as u8; length].into();
                record
            })
            .collect();
        writer.append(&written).await.unwrap();
        assert_eq!(read_all(&node, &writer).await, written);
    });
}

#[test]
fn a_read_outside_of_the_log_is_refused() {
    run_sound(async |node| {
        let mut writer = log_of(&node, 40).await;
        writer.remove_first().await.unwrap();
        let (start, reader) = (writer.start(), WalReader::new(&node.disk(), &place()));
        assert!(start > 0, "{start}");
        for offset in [0, start - 1, 41] {
            let read = reader.read(writer.index(), offset, ReadLimit::NONE).await.into_result();
            assert_eq!(read, Err(WalError::OutOfRange { offset, start, end: 40 }));
        }
        assert_eq!(reader.read(writer.index(), 40, ReadLimit::NONE).await.into_result(), Ok(Vec::new()));
    });
}

#[test]
fn i03_d19_any_flipped_byte_stops_a_read_at_its_record() {
    run_sound(async |node| {
        let writer = log_of(&node, 10).await;
        let reader = WalReader::new(&node.disk(), &place());
        let first = writer.index().segments()[0].clone();
        let file = node.disk().open(&place().segment_path(0), OpenOptions::write()).await.unwrap();
        for at in 32..first.bytes {
            let byte = file.read_at(at, 1).await.unwrap()[0];
            file.write_at(at, [byte ^ 0x10]).await.unwrap();
            let read = reader.read(writer.index(), 0, ReadLimit::NONE).await;
            let Some(WalError::Damaged { path, cause }) = read.error else { panic!("byte {at}: {read:?}") };
            assert_eq!((path.as_str(), read.records), ("data/orders/3/0.wal", records(0..cause.offset)));
            let end = cause.position + record(cause.offset).encoded_length() as u64;
            assert!((cause.position..end).contains(&at) && cause.offset < first.end, "byte {at}: {cause}");
            file.write_at(at, [byte]).await.unwrap();
        }
        assert_eq!(read_all(&node, &writer).await, records(0..10));
    });
}

#[test]
fn a_header_that_rots_is_found_by_each_read() {
    run_sound(async |node| {
        let writer = log_of(&node, 10).await;
        let reader = WalReader::new(&node.disk(), &place());
        let file = node.disk().open(&place().segment_path(0), OpenOptions::write()).await.unwrap();
        file.write_at(1, *b"q").await.unwrap();
        for from in [0, 3] {
            let error = reader.read(writer.index(), from, ReadLimit::NONE).await.error.expect("the magic is bad");
            let text = "data/orders/3/0.wal: the file begins with \"SqWL\", not with \"SQWL\"; it is no segment, move it away";
            assert_eq!(error.to_string(), text);
        }
        let whole = reader.read_whole(&writer.index().segments()[0]).await;
        assert!(matches!(whole, Err(WalError::Header { .. })), "{whole:?}");
    });
}

#[test]
fn a_segment_that_is_shorter_than_known_is_an_error() {
    run_sound(async |node| {
        let writer = log_of(&node, 10).await;
        let reader = WalReader::new(&node.disk(), &place());
        let first = writer.index().segments()[0].clone();
        let file = node.disk().open(&place().segment_path(0), OpenOptions::write()).await.unwrap();
        for length in (32..first.bytes).rev() {
            file.set_len(length).await.unwrap();
            let read = reader.read(writer.index(), 0, ReadLimit::NONE).await;
            let Some(WalError::Damaged { cause, .. }) = read.error else { panic!("{length} bytes: {read:?}") };
            assert!(matches!(cause.cause, BatchDamage::Record(RecordError::Truncated { .. })), "{length} bytes: {cause}");
            assert!(cause.position <= length && read.records.len() as u64 == cause.offset, "{length} bytes: {cause}");
            assert!(reader.read_whole(&first).await.is_err());
        }
    });
}
